"""Linear layers on single spectra: the plainest network that is not a line."""

from typing import Final

from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork

UNITS: Final = (128, 64)
"""Units of the two hidden layers."""
DROPOUT: Final = 0.2
"""Share of hidden units dropped while training."""


class MLP(AbstractNetwork):
    r"""Three linear layers, ReLU and dropout between them.

    .. math:: y = W_3 \max(0, W_2 \max(0, W_1 a + b_1) + b_2) + b_3

    With :math:`n` bands and :math:`c` classes it has :math:`128 n + 128 + 8256 + 65 c` parameters. It sees
    one pixel at a time and takes any number of bands, in any order.

    Shapes: ``[N, band]`` to ``[N, classes]`` logits, also with two classes.

    Args:
        bands: Number of bands.
        classes: Number of classes, or of traits, at least 1.

    Example:
        >>> sum(parameter.numel() for parameter in MLP(bands=100, classes=3).parameters())
        21379
    """

    layout = "spectrum"

    def __init__(self, bands: int, classes: int) -> None:
        """Build the layers."""
        super().__init__(bands, classes)
        first, second = UNITS
        self.layers = nn.Sequential(
            *(nn.Linear(bands, first), nn.ReLU(), nn.Dropout(DROPOUT)),
            *(nn.Linear(first, second), nn.ReLU(), nn.Dropout(DROPOUT)),
            nn.Linear(second, classes),
        )

    def forward(self, spectrum: Tensor) -> Tensor:
        """Return the logits of spectra, ``[N, band]``."""
        self.check_input(spectrum)
        logits: Tensor = self.layers(spectrum)
        return logits
