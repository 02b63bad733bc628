r"""HybridSN: convolutions over band and pixels, then over pixels alone.

Source: Roy, S. K., Krishna, G., Dubey, S. R. and Chaudhuri, B. B., "HybridSN: Exploring 3-D-2-D CNN Feature
Hierarchy for Hyperspectral Image Classification", IEEE Geoscience and Remote Sensing Letters 17(2), 2020.
"""

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork


class HybridSN(AbstractNetwork):
    r"""Three 3-D convolutions, one 2-D convolution, three linear layers; each but the last with a ReLU.

    The kernels (band, y, x) are 7 x 3 x 3, 5 x 3 x 3 and 3 x 3 x 3 with 8, 16 and 32 filters, then 3 x 3 with
    64; none is padded, so 12 bands and 8 pixels are lost on the way. Dropout of 0.4 follows the two linear
    layers of 256 and 128 units. The paper feeds 30 principal components of 25-pixel windows; with 16 classes
    the network then has 5,122,176 parameters.

    Shapes: ``[N, 1, band, y, x]`` to ``[N, classes]`` logits, also with two classes.

    Args:
        bands: Number of bands or principal components, at least 13.
        classes: Number of classes, or of traits, at least 1.
        window: Side of the square patches in pixels, at least 9.

    Example:
        >>> model = HybridSN(bands=30, classes=16)
        >>> sum(parameter.numel() for parameter in model.parameters())
        5122176
    """

    layout = "volume"

    def __init__(self, bands: int, classes: int, window: int = 25) -> None:
        """Build the layers."""
        super().__init__(bands, classes, window, least_bands=13, least_window=9)
        self.cube = nn.Sequential(
            *(nn.Conv3d(1, 8, (7, 3, 3)), nn.ReLU()),
            *(nn.Conv3d(8, 16, (5, 3, 3)), nn.ReLU()),
            *(nn.Conv3d(16, 32, 3), nn.ReLU()),
        )
        self.image = nn.Sequential(nn.Conv2d(32 * (bands - 12), 64, 3), nn.ReLU())
        self.dense = nn.Sequential(
            *(nn.Linear(64 * (window - 8) ** 2, 256), nn.ReLU(), nn.Dropout(0.4)),
            *(nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.4)),
            nn.Linear(128, classes),
        )

    def forward(self, patch: Tensor) -> Tensor:
        """Return the logits of patches, ``[N, 1, band, y, x]``."""
        self.check_input(patch)
        # filters x bands become the channels of the 2-D convolution
        image = torch.flatten(self.cube(patch), start_dim=1, end_dim=2)
        logits: Tensor = self.dense(torch.flatten(self.image(image), start_dim=1))
        return logits
