"""Networks of torchvision: classifiers, segmentation and video."""

from functools import partial

import torch
from torchvision import models

from zoo.models.entry import Entry, Subject

# one of each family; "50" is built of other blocks than "18"
_CLASSIFIERS = """
    alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 maxvit_t
    mnasnet0_5 mobilenet_v2 mobilenet_v3_small regnet_x_400mf regnet_y_400mf resnet18 resnet50
    resnext50_32x4d shufflenet_v2_x0_5 squeezenet1_0 squeezenet1_1 swin_t swin_v2_t vgg11 vgg11_bn vit_b_32
    wide_resnet50_2
"""
_SEGMENTERS = "deeplabv3_mobilenet_v3_large deeplabv3_resnet50 fcn_resnet50 lraspp_mobilenet_v3_large"
_VIDEO = "mc3_18 mvit_v1_b mvit_v2_s r2plus1d_18 r3d_18 s3d swin3d_t"
_SIDES = {"inception_v3": 96, "maxvit_t": 224, "googlenet": 96}
_PATCHES = {"vit_b_32": 64}


def _classifier(name: str) -> Subject:
    options = {"num_classes": 10, "weights": None}
    if name in _PATCHES:
        options["image_size"] = _PATCHES[name]
    if name in {"inception_v3", "googlenet"}:
        # drawing from a truncated normal takes seconds
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
    makers = {_CLASSIFIERS: _classifier, _SEGMENTERS: _segmenter, _VIDEO: _video}
    return [
        Entry("torchvision", name, partial(make, name))
        for names, make in makers.items()
        for name in names.split()
    ]
