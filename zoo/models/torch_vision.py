"""Networks of torchvision: classifiers, segmentation and video."""

from functools import partial

import torch
from torchvision import models
from torchvision.models import segmentation, video

from zoo.models.entry import Entry, Subject

# over 130 million weights: a minute is not enough on one core
_TOO_LARGE = {
    "regnet_y_128gf",
    "vit_h_14",
    "vit_l_16",
    "vit_l_32",
    "regnet_y_32gf",
    "regnet_x_32gf",
    "convnext_large",
}
_SIDES = {"inception_v3": 96, "maxvit_t": 224, "googlenet": 96}
_PATCHES = {"vit_b_16": 32, "vit_b_32": 64}


def _classifier(name: str) -> Subject:
    options = {"num_classes": 10, "weights": None}
    if name in _PATCHES:
        options["image_size"] = _PATCHES[name]
    if name in {"inception_v3", "googlenet"}:
        options |= {"init_weights": False}
    side = _PATCHES.get(name, _SIDES.get(name, 64))
    return Subject(models.get_model(name, **options), (torch.rand(2, 3, side, side),))


def _segmenter(name: str) -> Subject:
    model = models.get_model(name, weights=None, weights_backbone=None, num_classes=5)
    return Subject(model, (torch.rand(2, 3, 48, 48),))


def _video(name: str) -> Subject:
    if name.startswith("mvit"):
        model = models.get_model(name, weights=None, num_classes=10)
        return Subject(model, (torch.rand(1, 3, 16, 224, 224),))
    frames = 16 if name == "s3d" else 4
    side = 224 if name == "s3d" else 32
    return Subject(
        models.get_model(name, weights=None, num_classes=10), (torch.rand(2, 3, frames, side, side),)
    )


def entries() -> list[Entry]:
    """Return the networks of torchvision."""
    makers = {models: _classifier, segmentation: _segmenter, video: _video}
    return [
        Entry("torchvision", name, partial(make, name))
        for module, make in makers.items()
        for name in models.list_models(module)
        if name not in _TOO_LARGE
    ]
