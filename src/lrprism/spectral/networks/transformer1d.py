r"""A transformer on single spectra, whose tokens are stretches of neighbouring bands.

Source of the idea, patches as tokens and a class token: Dosovitskiy, A. et al., "An Image is Worth 16x16
Words: Transformers for Image Recognition at Scale", ICLR 2021; the blocks are those of SpectralFormer.
"""

from typing import Final

import torch
from torch import Tensor, nn

from lrprism.spectral.networks.base import AbstractNetwork
from lrprism.spectral.networks.spectralformer import WIDTH, EncoderBlock

DEPTH: Final = 2
"""Encoder blocks."""
HIDDEN: Final = 128
"""Hidden units of a block's two linear layers."""
MOST_TOKENS: Final = 32
"""Most stretches of a spectrum; attention costs the square of their number."""


class Transformer1D(AbstractNetwork):
    r"""A transformer on at most 32 stretches of :math:`k = \lceil n / 32 \rceil` of the :math:`n` bands.

    .. math:: z_t = E\,a_{kt, \ldots, kt + k - 1} + p_t, \qquad
              y = W N\bigl(\mathrm{blocks}(z)_\mathrm{class}\bigr) + b

    with a class token before the stretches, learned positions :math:`p`, layer norm :math:`N`, and zeros
    after the last band where :math:`k` does not divide :math:`n`. It sees one pixel at a time.

    Shapes: ``[N, band]`` to ``[N, classes]`` logits, also with two classes.

    Args:
        bands: Number of bands.
        classes: Number of classes, or of traits, at least 1.
    """

    layout = "spectrum"

    def __init__(self, bands: int, classes: int) -> None:
        """Build the layers."""
        super().__init__(bands, classes)
        self.stretch = -(-bands // MOST_TOKENS)  # rounded up
        tokens = -(-bands // self.stretch)
        self.pad = nn.ConstantPad1d((0, tokens * self.stretch - bands), 0.0)
        self.embed = nn.Linear(self.stretch, WIDTH)
        self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, WIDTH))
        self.position = nn.Parameter(0.02 * torch.randn(1, tokens + 1, WIDTH))
        self.blocks = nn.Sequential(*(EncoderBlock(HIDDEN) for _ in range(DEPTH)))
        self.classify = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, classes))

    def forward(self, spectrum: Tensor) -> Tensor:
        """Return the logits of spectra, ``[N, band]``."""
        self.check_input(spectrum)
        embedded = self.embed(self.pad(spectrum).unflatten(1, (-1, self.stretch)))
        tokens = torch.cat([self.class_token.expand(spectrum.shape[0], -1, -1), embedded], dim=1)
        logits: Tensor = self.classify(self.blocks(tokens + self.position)[:, 0])
        return logits
