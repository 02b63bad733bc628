r"""Hyper3DNetLite as its authors published it: with a batch norm after every ReLU.

Source: Morales, G., Sheppard, J. W., Logan, R. D. and Shaw, J. A., "Hyperspectral Dimensionality Reduction
Based on Inter-Band Redundancy Analysis and Greedy Spectral Selection", Remote Sensing 13(18), 2021.
"""

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork
from lrprism.spectral.networks.hyper3dnetlite import FILTERS, LARGEST_SMALL_WINDOW, WIDTHS


class Hyper3DNetLitePublished(AbstractNetwork):
    r"""Two 3-D convolutions, three separable blocks, average pooling, a linear layer; with batch norm.

    Each 3-D convolution, and each pair of a depthwise and a 1 x 1 convolution with a ReLU between (a
    separable block), is followed by its ReLU and then by batch norm,

    .. math:: y = s \max(0, w * a + b) + t, \qquad
              s = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}, \quad t = \beta - s \mu

    so the norm cannot be merged into the convolution before it. Windows of up to 13 pixels keep every pixel
    (stride 1); with larger ones the last two blocks step by 2 pixels. The pooling covers all that remains:
    5 x 5 for windows of 5, 7 x 7 for windows of 25. The number of parameters does not depend on the window;
    with 16 classes it is 244,768 for 14 bands, 338,880 for 31, 1,274,464 for 200 and 1,296,608 for 204.

    Shapes: ``[N, 1, band, y, x]`` to ``[N, classes]`` logits; with two classes to ``[N, 1]``, which is
    positive for class 1.

    Args:
        bands: Number of bands, at least 1.
        classes: Number of classes, or of traits, at least 1.
        window: Side of the square patches in pixels, at least 3.

    Example:
        >>> model = Hyper3DNetLitePublished(bands=200, classes=16, window=5)
        >>> sum(parameter.numel() for parameter in model.parameters())
        1274464
    """

    layout = "volume"

    def __init__(self, bands: int, classes: int, window: int = 25) -> None:
        """Build the layers."""
        super().__init__(bands, classes, window, least_window=3)
        stride = 1 if window <= LARGEST_SMALL_WINDOW else 2
        self.cube = nn.Sequential(
            *(nn.Conv3d(1, FILTERS, 3, padding=1), nn.ReLU(), nn.BatchNorm3d(FILTERS)),
            *(nn.Conv3d(FILTERS, FILTERS, 3, padding=1), nn.ReLU(), nn.BatchNorm3d(FILTERS)),
        )
        self.blocks = nn.Sequential(
            _build_separable_block(FILTERS * bands, WIDTHS[0], kernel=5, stride=1),
            _build_separable_block(WIDTHS[0], WIDTHS[1], kernel=3, stride=stride),
            _build_separable_block(WIDTHS[1], WIDTHS[2], kernel=3, stride=stride),
        )
        self.pool = nn.AvgPool2d(-(-window // stride**2))  # ceil(ceil(window / stride) / stride)
        self.linear = nn.Linear(WIDTHS[2], 1 if classes == 2 else classes)

    def forward(self, patch: Tensor) -> Tensor:
        """Return the logits of patches, ``[N, 1, band, y, x]``, each band z-scored."""
        self.check_input(patch)
        image = torch.flatten(self.cube(patch), start_dim=1, end_dim=2)
        # depthwise convolutions have faster gradients with the channels last
        image = image.contiguous(memory_format=torch.channels_last)
        logits: Tensor = self.linear(torch.flatten(self.pool(self.blocks(image)), start_dim=1))
        return logits


def _build_separable_block(in_channels: int, out_channels: int, *, kernel: int, stride: int) -> nn.Sequential:
    depthwise = nn.Conv2d(
        in_channels, in_channels, kernel, stride=stride, padding=kernel // 2, groups=in_channels
    )
    return nn.Sequential(
        *(depthwise, nn.ReLU()),
        *(nn.Conv2d(in_channels, out_channels, 1), nn.ReLU(), nn.BatchNorm2d(out_channels)),
    )
