r"""A small U-Net that gives every pixel of a patch its class.

Source: Ronneberger, O., Fischer, P. and Brox, T., "U-Net: Convolutional Networks for Biomedical Image
Segmentation", MICCAI 2015, here with padded convolutions, batch norm, two levels and the bands as channels.
"""

from typing import Final

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork

WIDTHS: Final = (32, 64, 128)
"""Channels at full, half and quarter resolution."""


class SpectralUNet(AbstractNetwork):
    r"""Two levels down by max pooling, two up by transposed convolution, each joined to its level before.

    Every level has two 3 x 3 convolutions, each with batch norm and ReLU; a 1 x 1 convolution gives the
    logits. Odd sides are rounded down on the way; on the way up the missing last row and column are filled by
    zeros. For 200 bands and 16 classes it has 525,040 parameters, whatever the window.

    Shapes: ``[N, band, y, x]`` to ``[N, classes, y, x]`` logits, also with two classes.

    Args:
        bands: Number of bands, at least 1.
        classes: Number of classes, or of traits, at least 1.
        window: Side of the square patches in pixels, at least 4.
    """

    layout = "patch"
    classes_pixels = True

    def __init__(self, bands: int, classes: int, window: int = 32) -> None:
        """Build the layers."""
        super().__init__(bands, classes, window, least_window=4)
        full, half, quarter = WIDTHS
        self.pool_full, self.pool_half = nn.MaxPool2d(2), nn.MaxPool2d(2)
        self.down_full, self.down_half = _build_level(bands, full), _build_level(full, half)
        self.bottom = _build_level(half, quarter)
        self.lift_half = nn.ConvTranspose2d(quarter, half, 2, stride=2)
        self.lift_full = nn.ConvTranspose2d(half, full, 2, stride=2)
        self.up_half, self.up_full = _build_level(2 * half, half), _build_level(2 * full, full)
        self.classify = nn.Conv2d(full, classes, 1)

    def forward(self, patch: Tensor) -> Tensor:
        """Return the logits of every pixel of patches, ``[N, band, y, x]``."""
        self.check_input(patch)
        full = self.down_full(patch)
        half = self.down_half(self.pool_full(full))
        bottom = self.bottom(self.pool_half(half))
        half = self.up_half(_join_levels(half, self.lift_half(bottom)))
        logits: Tensor = self.classify(self.up_full(_join_levels(full, self.lift_full(half))))
        return logits


def _build_level(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU()),
        *(nn.Conv2d(out_channels, out_channels, 3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU()),
    )


def _join_levels(level: Tensor, lifted: Tensor) -> Tensor:
    # an odd side lost a row and a column when it was pooled
    missing = level.shape[-1] - lifted.shape[-1]
    return torch.cat([level, nn.functional.pad(lifted, (0, missing, 0, missing))], dim=1)
