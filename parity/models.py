"""The networks that lrprism and its peers explain, with seeded random weights."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision import models

LOW, HIGH = -1.0, 1.0  # every input lies between them, with both signs


@dataclass(frozen=True)
class Subject:
    """A network and the samples to explain.

    Args:
        name: What the page calls it.
        build: Makes the network, before its weights are drawn.
        shape: Shape of the two samples.
        bias: Whether additive constants (biases, shifts of batch norm) are drawn; zeros otherwise.
        resnet: Whether zennit's canonizer for residual networks is needed.
        folded: Whether batch norm is merged into the convolutions before anyone sees the network.
        compare_single: Whether the maps must also agree in float32. Not where a peer merges batch norm into
            many layers: that rounds the activations anew, and a ReLU close to zero may then open or close.
    """

    name: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    bias: bool = True
    resnet: bool = False
    folded: bool = False
    compare_single: bool = True

    def make(self, dtype: torch.dtype) -> tuple[nn.Module, Tensor]:
        """Return the network in eval mode and its samples; the same numbers in every dtype."""
        torch.manual_seed(0)
        model = self.build().eval()
        randomise(model, bias=self.bias)
        # drawn in float32 and converted, so that every dtype gets the same numbers
        x = torch.empty(self.shape).uniform_(LOW, HIGH)
        model = model.to(dtype)
        if self.folded:
            fold_batch_norm(model)
        return model, x.to(dtype)


def randomise(model: nn.Module, *, bias: bool) -> None:
    """Draw weights that keep activations near one, biases of both signs, and scales and shifts."""
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            # libraries treat biases differently
            if not bias:
                module.bias = None
            elif module.bias is not None:
                nn.init.normal_(module.bias, std=0.1)
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1 * bias)
            nn.init.normal_(module.running_mean, std=0.1 * bias)


def _torchvision_model(name: str) -> nn.Module:
    return getattr(models, name)(weights=None, num_classes=10)


def vgg11() -> nn.Module:
    """Torchvision's VGG-11."""
    return _torchvision_model("vgg11")


def vgg11_without_pooling() -> nn.Module:
    """VGG-11 whose 2 x 2 feature map goes to the first linear layer as it is."""
    model = vgg11()
    model.avgpool = nn.Identity()
    model.classifier[0] = nn.Linear(512 * 2 * 2, 4096)
    return model


def resnet18() -> nn.Module:
    """Torchvision's ResNet-18."""
    return _torchvision_model("resnet18")


def fold_batch_norm(model: nn.Module) -> None:
    """Merge every batch norm of a ResNet-18 into the convolution in front of it."""
    blocks = [block for name in ("layer1", "layer2", "layer3", "layer4") for block in getattr(model, name)]
    pairs = [(model, "conv1", "bn1"), *((b, f"conv{i}", f"bn{i}") for b in blocks for i in (1, 2))]
    pairs += [(b.downsample, "0", "1") for b in blocks if b.downsample is not None]
    for parent, conv, norm in pairs:
        setattr(parent, conv, fuse_conv_bn_eval(getattr(parent, conv), getattr(parent, norm)))
        setattr(parent, norm, nn.Identity())


def mlp() -> nn.Module:
    """Three linear layers."""
    return nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 24), nn.ReLU(), nn.Linear(24, 5))


def cnn3d() -> nn.Module:
    """A network for cubes of 20 bands and 9 x 9 pixels."""
    return nn.Sequential(
        nn.Conv3d(1, 8, 3, padding=1),
        nn.BatchNorm3d(8),
        nn.ReLU(),
        nn.MaxPool3d((2, 1, 1)),
        nn.Conv3d(8, 8, 3, padding=1),
        nn.BatchNorm3d(8),
        nn.ReLU(),
        nn.AvgPool3d((2, 3, 3)),
        nn.Flatten(),
        nn.Linear(8 * 5 * 3 * 3, 4),
    )


VGG11 = Subject("VGG-11", vgg11, (2, 3, 64, 64))
RESNET18 = Subject("ResNet-18", resnet18, (2, 3, 64, 64), resnet=True, compare_single=False)
FOLDED_RESNET18 = Subject("ResNet-18, batch norm folded", resnet18, (2, 3, 64, 64), resnet=True, folded=True)
MLP = Subject("MLP of 3 layers", mlp, (2, 20))
CNN3D = Subject("3-D CNN", cnn3d, (2, 1, 20, 9, 9))
PLAIN_VGG11 = Subject(
    "VGG-11, no biases, no average pooling", vgg11_without_pooling, (2, 3, 64, 64), bias=False
)
PLAIN_MLP = Subject("MLP of 3 layers, no biases", mlp, (2, 20), bias=False)
PLAIN_RESNET18 = Subject("ResNet-18, no additive constants", resnet18, (2, 3, 64, 64), bias=False)
PLAIN_CNN3D = Subject("3-D CNN, no additive constants", cnn3d, (2, 1, 20, 9, 9), bias=False)
