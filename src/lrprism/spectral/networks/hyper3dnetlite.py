r"""Hyper3DNetLite, the small network of the weed-leaf tutorial, for any number of bands and any window.

Source: Morales, G., Sheppard, J. W., Logan, R. D. and Shaw, J. A., "Hyperspectral Dimensionality Reduction
Based on Inter-Band Redundancy Analysis and Greedy Spectral Selection", Remote Sensing 13(18), 2021.
"""

from typing import Final

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork

FILTERS: Final = 16
"""Filters of each of the two 3-D convolutions."""
WIDTHS: Final = (320, 256, 256)
"""Output channels of the three separable blocks."""
LARGEST_SMALL_WINDOW: Final = 13
"""Up to this window (pixels) the blocks keep every pixel: two strides of 2 would leave fewer than 4 x 4."""


class SeparableBlock(nn.Module):
    r"""A depthwise convolution over the pixels, then a 1 x 1 convolution over the channels, each with a ReLU.

    .. math:: h_c = \max(0, w_c * a_c + b_c), \qquad
              y_d = \max\Bigl(0, \sum_c v_{dc} h_c + b_d\Bigr)

    Shapes: ``[N, in_channels, y, x]`` to ``[N, out_channels, ceil(y / stride), ceil(x / stride)]``.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel: Side of the depthwise kernel in pixels, odd; the input is padded by ``kernel // 2``.
        stride: Step of the depthwise kernel in pixels.
    """

    def __init__(self, in_channels: int, out_channels: int, *, kernel: int = 3, stride: int = 1) -> None:
        """Build the layers."""
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel, stride=stride, padding=kernel // 2, groups=in_channels
        )
        self.relu_depthwise = nn.ReLU()
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)
        self.relu_pointwise = nn.ReLU()

    def forward(self, a: Tensor) -> Tensor:
        """Apply the depthwise and the pointwise convolution."""
        hidden: Tensor = self.relu_depthwise(self.depthwise(a))
        output: Tensor = self.relu_pointwise(self.pointwise(hidden))
        return output


class Hyper3DNetLite(AbstractNetwork):
    r"""Two 3-D convolutions over band and pixels, three separable blocks, average pooling, one linear layer.

    With 25-pixel windows the last two blocks step by 2 pixels and the pooling covers 7 x 7 pixels, as in the
    tutorial. Windows of up to 13 pixels would shrink to next to nothing: there every block keeps all pixels
    (stride 1) and the pooling covers the whole window, as the network's author later did for 5 pixels. Every
    layer has a bias; there is no batch norm. The number of parameters does not depend on the window:
    195,411 for 6 bands and 3 classes, 261,843 for 18 bands and 3 classes.

    Shapes: ``[N, 1, band, y, x]`` to ``[N, classes]`` logits; with two classes to ``[N, 1]``, which is
    positive for class 1.

    Args:
        bands: Number of bands, at least 1.
        classes: Number of classes, or of traits, at least 1.
        window: Side of the square patches in pixels, at least 3.

    Example:
        >>> model = Hyper3DNetLite(bands=6, classes=3)
        >>> sum(parameter.numel() for parameter in model.parameters())
        195411
    """

    layout = "volume"

    def __init__(self, bands: int, classes: int, window: int = 25) -> None:
        """Build the layers."""
        super().__init__(bands, classes, window, least_window=3)
        # two strides of 2 would shrink a small window to next to nothing
        stride = 1 if window <= LARGEST_SMALL_WINDOW else 2
        remaining = -(-window // stride**2)  # ceil(ceil(window / stride) / stride)
        self.conv3d_1 = nn.Conv3d(1, FILTERS, 3, padding=1)
        self.relu_1 = nn.ReLU()
        self.conv3d_2 = nn.Conv3d(FILTERS, FILTERS, 3, padding=1)
        self.relu_2 = nn.ReLU()
        self.block_1 = SeparableBlock(FILTERS * bands, WIDTHS[0], kernel=5)
        self.block_2 = SeparableBlock(WIDTHS[0], WIDTHS[1], stride=stride)
        self.block_3 = SeparableBlock(WIDTHS[1], WIDTHS[2], stride=stride)
        self.pool = nn.AvgPool2d(remaining)
        self.linear = nn.Linear(WIDTHS[2], 1 if classes == 2 else classes)

    def forward(self, patch: Tensor) -> Tensor:
        """Return the logits of patches, ``[N, 1, band, y, x]``, in standard deviations of each band."""
        self.check_input(patch)
        hidden = self.relu_2(self.conv3d_2(self.relu_1(self.conv3d_1(patch))))
        hidden = torch.flatten(hidden, start_dim=1, end_dim=2)  # filters x bands become channels
        # depthwise convolutions have faster gradients with the channels last
        hidden = hidden.contiguous(memory_format=torch.channels_last)
        hidden = self.pool(self.block_3(self.block_2(self.block_1(hidden))))
        logits: Tensor = self.linear(torch.flatten(hidden, start_dim=1))
        return logits
