r"""A small U-Net that gives every pixel of a patch its class.

Source: Ronneberger, O., Fischer, P. and Brox, T., "U-Net: Convolutional Networks for Biomedical Image
Segmentation", MICCAI 2015, here with padded convolutions, batch norm, two levels and the bands as channels.
"""

from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.sizes import check_shape, check_sizes

WIDTHS: Final = (32, 64, 128)
"""Channels at full, half and quarter resolution."""


class SpectralUNet(nn.Module):
    r"""Two levels down by max pooling, two up by transposed convolution, each joined to its level before.

    Every level has two 3 x 3 convolutions, each with batch norm and ReLU; a 1 x 1 convolution gives
    the logits. Odd sides are rounded down on the way; on the way up the missing last
    row and column are filled by zeros. For 200 bands and 16 classes it has 525,040 parameters, whatever the
    window.

    Shapes: ``[N, band, y, x]`` to ``[N, classes, y, x]`` logits, also with two classes.

    Args:
        bands: Number of bands, at least 1.
        classes: Number of classes, at least 2.
        window: Side of the square patches in pixels, at least 4.

    Raises:
        ModelError: If one of the three is not a whole number or is too small.
    """

    layout: ClassVar[str] = "patch"
    """Layout of the input: ``[N, band, y, x]``."""

    def __init__(self, bands: int, classes: int, window: int = 32) -> None:
        """Build the layers."""
        super().__init__()
        check_sizes("SpectralUNet", bands=(bands, 1), classes=(classes, 2), window=(window, 4))
        self.bands, self.classes, self.window = bands, classes, window
        full, half, quarter = WIDTHS
        self.pool_full, self.pool_half = nn.MaxPool2d(2), nn.MaxPool2d(2)
        self.down_full, self.down_half = _two_convolutions(bands, full), _two_convolutions(full, half)
        self.bottom = _two_convolutions(half, quarter)
        self.lift_half = nn.ConvTranspose2d(quarter, half, 2, stride=2)
        self.lift_full = nn.ConvTranspose2d(half, full, 2, stride=2)
        self.up_half, self.up_full = _two_convolutions(2 * half, half), _two_convolutions(2 * full, full)
        self.classify = nn.Conv2d(full, classes, 1)

    def forward(self, patch: Tensor) -> Tensor:
        """Compute the logits of every pixel.

        Args:
            patch: ``[N, band, y, x]``.

        Returns:
            ``[N, classes, y, x]``.

        Raises:
            InputError: If the patches have another layout, number of bands or window.
        """
        check_shape("Patches", patch, (self.bands, self.window, self.window))
        full = self.down_full(patch)
        half = self.down_half(self.pool_full(full))
        bottom = self.bottom(self.pool_half(half))
        half = self.up_half(_joined(half, self.lift_half(bottom)))
        logits: Tensor = self.classify(self.up_full(_joined(full, self.lift_full(half))))
        return logits


def _two_convolutions(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU()),
        *(nn.Conv2d(out_channels, out_channels, 3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU()),
    )


def _joined(level: Tensor, lifted: Tensor) -> Tensor:
    missing = level.shape[-1] - lifted.shape[-1]
    return torch.cat([level, nn.functional.pad(lifted, (0, missing, 0, missing))], dim=1)
