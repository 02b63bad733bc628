r"""The 1-D convolutional network for single spectra.

Source: Hu, W., Huang, Y., Wei, L., Zhang, F. and Li, H., "Deep Convolutional Neural Networks for
Hyperspectral Image Classification", Journal of Sensors 2015, 258619.
"""

from typing import Final

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork

FILTERS: Final = 20
"""Filters of the convolution."""
UNITS: Final = 100
"""Units of the hidden linear layer."""


class CNN1D(AbstractNetwork):
    r"""One convolution along the bands, max pooling, two linear layers; tanh between them.

    With :math:`n` bands the kernel covers :math:`k_1 = \lfloor n / 9 \rfloor` bands and the pooling
    :math:`k_2 = \lceil k_1 / 5 \rceil`, the last pool of a row being allowed to be shorter:

    .. math:: h = \tanh\bigl(V \max_{k_2}\tanh(w * a + b) + c\bigr), \qquad y = U h + d

    For the 220 bands of Indian Pines this gives 24 and 5, and with 8 classes
    :math:`(24 \cdot 20 + 20) + (40 \cdot 20 \cdot 100 + 100) + (100 \cdot 8 + 8) = 81{,}408` parameters.

    The network sees one pixel at a time: it takes no window.

    Shapes: ``[N, band]`` to ``[N, classes]`` logits, also with two classes.

    Args:
        bands: Number of bands, at least 9.
        classes: Number of classes, or of traits, at least 1.

    Example:
        >>> sum(parameter.numel() for parameter in CNN1D(bands=220, classes=8).parameters())
        81408
    """

    layout = "spectrum"

    def __init__(self, bands: int, classes: int) -> None:
        """Build the layers."""
        super().__init__(bands, classes, least_bands=9)
        kernel = bands // 9
        pooled = -(-kernel // 5)  # rounded up
        self.convolution = nn.Conv1d(1, FILTERS, kernel)
        self.tanh_convolution = nn.Tanh()
        self.pool = nn.MaxPool1d(pooled, ceil_mode=True)
        positions = -(-(bands - kernel + 1) // pooled)  # a shorter last pool counts
        self.hidden = nn.Linear(FILTERS * positions, UNITS)
        self.tanh_hidden = nn.Tanh()
        self.linear = nn.Linear(UNITS, classes)

    def forward(self, spectrum: Tensor) -> Tensor:
        """Return the logits of spectra, ``[N, band]``."""
        self.check_input(spectrum)
        features = self.pool(self.tanh_convolution(self.convolution(spectrum[:, None])))
        hidden = self.tanh_hidden(self.hidden(torch.flatten(features, start_dim=1)))
        logits: Tensor = self.linear(hidden)
        return logits
