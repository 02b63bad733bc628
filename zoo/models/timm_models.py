"""Networks of timm: the smallest of each of its modules."""

from functools import partial

import timm
import torch

from zoo.models.entry import Entry, Subject

# Words for small, the smallest first; a name with an earlier one is preferred.
_SMALL = (
    "zepto test_ atto femto pico nano xxs xxt xt_ xs _n0 _a0 mini tiny _t_ "
    "micro small _s_ _s0 _b0 _b1 18 26 35 50 base"
)
_CHOSEN = {
    "vgg": "vgg11",
    "resnet": "resnet18",
    "senet": "legacy_seresnet18",
    "efficientnet": "efficientnet_b0",
}
_SIDE = 64
# Those whose smallest has tens of millions of weights in blocks that are all alike.
_SHALLOW = {
    "beit_base_patch16_224",
    "deepseek_vit_412m",
    "gemma4_vit_167m",
    "naflexvit_so150m2_patch16_reg1_gap",
    "qwen3_vit_88m",
    "samvit_base_patch16",
}


def _smallest(module: str) -> str:
    names = timm.list_models(module=module)
    words = _SMALL.split()

    def rank(name: str) -> tuple[int, int, str]:
        return next((n for n, word in enumerate(words) if word in f"{name}_"), len(words)), len(name), name

    return _CHOSEN.get(module) or min(names, key=rank)


def _make(name: str) -> Subject:
    settings = timm.get_pretrained_cfg(name)
    side = settings.input_size[-1]
    options = {"depth": 2} if name in _SHALLOW else {}
    if name == "samvit_base_patch16":
        side = options["img_size"] = 128  # 1024 by default
    elif name.startswith("inception_") and "next" not in name:
        side = 128
    elif not settings.fixed_input_size:
        side = max(_SIDE, (settings.min_input_size or (3, 0, 0))[-1])
    model = timm.create_model(name, num_classes=10, **options)
    return Subject(model, (torch.rand(2, 3, side, side),))


def entries() -> list[Entry]:
    """Return the networks of timm."""
    names = [_smallest(module) for module in timm.list_modules() if timm.list_models(module=module)]
    return [Entry("timm", name, partial(_make, name)) for name in names]
