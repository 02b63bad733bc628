r"""SSRN: residual blocks over the bands, then residual blocks over the pixels.

Source: Zhong, Z., Li, J., Luo, Z. and Chapman, M., "Spectral-Spatial Residual Network for Hyperspectral Image
Classification: A 3-D Deep Learning Framework", IEEE Transactions on Geoscience and Remote Sensing 56(2),
2018.
"""

from typing import Final

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork

FILTERS: Final = 24
"""Filters of every convolution but the one that ends the spectral part."""
SPECTRAL_FEATURES: Final = 128
"""Filters of the convolution that ends the spectral part; the spatial part reads them as its bands."""


class ResidualBlock(nn.Module):
    r"""Two convolutions that keep the shape, and the input added to their output.

    .. math:: y = \max\bigl(0,\; a + N_2(w_2 * \max(0, N_1(w_1 * a + b_1)) + b_2)\bigr)

    with the batch norms :math:`N_1, N_2`.

    Shapes: ``[N, filters, band, y, x]`` to the same.

    Args:
        filters: Channels of the input and of the output.
        kernel: Size of both kernels in bands and pixels (band, y, x), each odd.
    """

    def __init__(self, filters: int, kernel: tuple[int, int, int]) -> None:
        """Build the layers."""
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
        self.branch = nn.Sequential(
            *(nn.Conv3d(filters, filters, kernel, padding=padding), nn.BatchNorm3d(filters), nn.ReLU()),
            *(nn.Conv3d(filters, filters, kernel, padding=padding), nn.BatchNorm3d(filters)),
        )
        self.relu = nn.ReLU()

    def forward(self, a: Tensor) -> Tensor:
        """Add the two convolutions to their input."""
        output: Tensor = self.relu(a + self.branch(a))
        return output


class SSRN(AbstractNetwork):
    r"""Two residual blocks over the bands, two over the pixels, average pooling, one linear layer.

    The first convolution covers 7 bands in steps of 2 and leaves :math:`\lfloor (bands - 7) / 2 \rfloor + 1`
    bands; the last of the spectral part covers all of these with 128 filters, which become the bands of the
    spatial part. Its first kernel covers them and 3 x 3 pixels, without padding. Each convolution is followed
    by batch norm and ReLU. Dropout of 0.5 precedes the linear layer. The number of parameters does not depend
    on the window: 364,168 for 200 bands and 16 classes (worked by hand in the tests).

    Shapes: ``[N, 1, band, y, x]`` to ``[N, classes]`` logits, also with two classes.

    Args:
        bands: Number of bands, at least 7.
        classes: Number of classes, or of traits, at least 1.
        window: Side of the square patches in pixels, at least 3.

    Example:
        >>> model = SSRN(bands=200, classes=16)
        >>> sum(parameter.numel() for parameter in model.parameters())
        364168
    """

    layout = "volume"

    def __init__(self, bands: int, classes: int, window: int = 7) -> None:
        """Build the layers."""
        super().__init__(bands, classes, window, least_bands=7, least_window=3)
        remaining = (bands - 7) // 2 + 1  # bands behind the first convolution
        self.spectral = nn.Sequential(
            *(nn.Conv3d(1, FILTERS, (7, 1, 1), stride=(2, 1, 1)), nn.BatchNorm3d(FILTERS), nn.ReLU()),
            *(ResidualBlock(FILTERS, (7, 1, 1)) for _ in range(2)),
            *(nn.Conv3d(FILTERS, SPECTRAL_FEATURES, (remaining, 1, 1)), nn.BatchNorm3d(SPECTRAL_FEATURES)),
            nn.ReLU(),
        )
        self.spatial = nn.Sequential(
            *(nn.Conv3d(1, FILTERS, (SPECTRAL_FEATURES, 3, 3)), nn.BatchNorm3d(FILTERS), nn.ReLU()),
            *(ResidualBlock(FILTERS, (1, 3, 3)) for _ in range(2)),
            nn.AvgPool3d((1, window - 2, window - 2)),
        )
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(FILTERS, classes)

    def forward(self, patch: Tensor) -> Tensor:
        """Return the logits of patches, ``[N, 1, band, y, x]``."""
        self.check_input(patch)
        # the 128 filters of the spectral part become the bands of the spatial part
        features = self.spectral(patch).transpose(1, 2)
        logits: Tensor = self.linear(self.dropout(torch.flatten(self.spatial(features), start_dim=1)))
        return logits
