"""Networks of segmentation_models_pytorch: each decoder, and one decoder on each kind of encoder."""

from functools import partial

import segmentation_models_pytorch as smp
import torch

from zoo.models.entry import Entry, Subject

_DECODERS = (
    "Unet",
    "UnetPlusPlus",
    "MAnet",
    "Linknet",
    "FPN",
    "PSPNet",
    "PAN",
    "DeepLabV3",
    "DeepLabV3Plus",
    "UPerNet",
    "Segformer",
)
_ENCODERS = (
    "resnet18",
    "resnext50_32x4d",
    "dpn68",
    "vgg11",
    "vgg11_bn",
    "senet154",
    "se_resnet50",
    "densenet121",
    "inceptionresnetv2",
    "inceptionv4",
    "efficientnet-b0",
    "mobilenet_v2",
    "xception",
    "timm-skresnet18",
    "mit_b0",
    "mobileone_s0",
)


def _make(decoder: str, encoder: str) -> Subject:
    model = getattr(smp, decoder)(encoder, encoder_weights=None, classes=3)
    side = 128 if decoder == "PAN" else 64
    return Subject(model, (torch.rand(2, 3, side, side),))


def entries() -> list[Entry]:
    """Return the networks of segmentation_models_pytorch."""
    pairs = [(decoder, "resnet18") for decoder in _DECODERS] + [("Unet", name) for name in _ENCODERS[1:]]
    return [
        Entry("segmentation_models_pytorch", f"{decoder} on {encoder}", partial(_make, decoder, encoder))
        for decoder, encoder in pairs
    ]
