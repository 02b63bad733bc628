r"""Hyper3DNetLite as its authors published it: with a batch norm after every ReLU.

Source: Morales, G., Sheppard, J. W., Logan, R. D. and Shaw, J. A., "Hyperspectral Dimensionality Reduction
Based on Inter-Band Redundancy Analysis and Greedy Spectral Selection", Remote Sensing 13(18), 2021.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.hyper3dnetlite import FILTERS, LARGEST_SMALL_WINDOW, WIDTHS
from lrprism.spectral.networks.sizes import check_shape, check_sizes


class Hyper3DNetLitePublished(nn.Module):
    r"""Two 3-D convolutions, three separable blocks, average pooling, a linear layer; with batch norm.

    Each 3-D convolution, and each pair of a depthwise and a 1 x 1 convolution with a ReLU between (a
    separable block), is followed by its ReLU and then by batch norm,

    .. math:: y = s \max(0, w * a + b) + t, \qquad
              s = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}, \quad t = \beta - s \mu

    so the norm cannot be merged into the convolution before it. Windows of up to 13 pixels keep every pixel
    (stride 1); with larger ones the last two blocks step by 2 pixels. The pooling covers all that is left:
    5 x 5 for windows of 5, 7 x 7 for windows of 25. The number of parameters does not depend on the window;
    with 16 classes it is 244,768 for 14 bands, 338,880 for 31, 1,274,464 for 200 and 1,296,608 for 204.

    Shapes: ``[N, 1, band, y, x]`` to ``[N, classes]`` logits; with two classes to ``[N, 1]``, which is
    positive for class 1.

    Args:
        bands: Number of bands, at least 1.
        classes: Number of classes, at least 2.
        window: Side of the square patches in pixels, at least 3.

    Raises:
        ModelError: If one of the three is not a whole number or is too small.

    Example:
        >>> model = Hyper3DNetLitePublished(bands=200, classes=16, window=5)
        >>> sum(parameter.numel() for parameter in model.parameters())
        1274464
    """

    layout: ClassVar[str] = "volume"
    """Layout of the input: ``[N, 1, band, y, x]``."""

    def __init__(self, bands: int, classes: int, window: int = 25) -> None:
        """Build the layers."""
        super().__init__()
        check_sizes("Hyper3DNetLitePublished", bands=(bands, 1), classes=(classes, 2), window=(window, 3))
        self.bands, self.classes, self.window = bands, classes, window
        stride = 1 if window <= LARGEST_SMALL_WINDOW else 2
        self.cube = nn.Sequential(
            *(nn.Conv3d(1, FILTERS, 3, padding=1), nn.ReLU(), nn.BatchNorm3d(FILTERS)),
            *(nn.Conv3d(FILTERS, FILTERS, 3, padding=1), nn.ReLU(), nn.BatchNorm3d(FILTERS)),
        )
        self.blocks = nn.Sequential(
            _separable(FILTERS * bands, WIDTHS[0], kernel=5, stride=1),
            _separable(WIDTHS[0], WIDTHS[1], kernel=3, stride=stride),
            _separable(WIDTHS[1], WIDTHS[2], kernel=3, stride=stride),
        )
        self.pool = nn.AvgPool2d(-(-window // stride**2))  # ceil(ceil(window / stride) / stride)
        self.linear = nn.Linear(WIDTHS[2], 1 if classes == 2 else classes)

    def forward(self, patch: Tensor) -> Tensor:
        """Compute the logits of a batch of patches.

        Args:
            patch: ``[N, 1, band, y, x]``, each band z-scored.

        Returns:
            ``[N, classes]``, or ``[N, 1]`` with two classes.

        Raises:
            InputError: If the patches have another layout, number of bands or window.
        """
        check_shape("Patches", patch, (1, self.bands, self.window, self.window))
        image = torch.flatten(self.cube(patch), start_dim=1, end_dim=2)
        image = image.contiguous(memory_format=torch.channels_last)  # its depthwise gradients are faster
        logits: Tensor = self.linear(torch.flatten(self.pool(self.blocks(image)), start_dim=1))
        return logits


def _separable(in_channels: int, out_channels: int, *, kernel: int, stride: int) -> nn.Sequential:
    depthwise = nn.Conv2d(
        in_channels, in_channels, kernel, stride=stride, padding=kernel // 2, groups=in_channels
    )
    return nn.Sequential(
        *(depthwise, nn.ReLU()),
        *(nn.Conv2d(in_channels, out_channels, 1), nn.ReLU(), nn.BatchNorm2d(out_channels)),
    )
