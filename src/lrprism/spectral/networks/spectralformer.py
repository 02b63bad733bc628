r"""SpectralFormer: attention among groups of neighbouring bands.

Source: Hong, D., Han, Z., Yao, J., Gao, L., Zhang, B., Plaza, A. and Chanussot, J., "SpectralFormer:
Rethinking Hyperspectral Image Classification with Transformers", IEEE Transactions on Geoscience and Remote
Sensing 60, 2022; the order of the layers and their sizes as in the code its authors published.
"""

from typing import Final

import torch
from torch import Tensor, nn

from lrprism.errors import ModelError
from lrprism.spectral.networks.base import AbstractNetwork, check_sizes

WIDTH: Final = 64
"""Numbers that describe a group of bands."""
DEPTH: Final = 5
"""Encoder blocks."""
HEADS: Final = 4
"""Attention heads of a block."""
HEAD_WIDTH: Final = 16
"""Numbers of a query, a key and a value."""
HIDDEN: Final = 8
"""Hidden units of a block's two linear layers."""
DROPOUT: Final = 0.1
"""Share of numbers dropped while training."""


class EncoderBlock(nn.Module):
    r"""Attention among the tokens, then two linear layers on each; both after a layer norm, both added.

    .. math:: h = z + O\,\mathrm{softmax}\Bigl(\frac{Q K^\top}{\sqrt{16}}\Bigr) V, \qquad
              y = h + W_2\,\mathrm{GELU}(W_1 N(h) + b_1) + b_2

    with :math:`Q, K, V` linear in the normalised tokens :math:`N(z)`, for four heads.

    Shapes: ``[N, token, 64]`` to the same.

    Args:
        hidden: Units between the two linear layers.
    """

    def __init__(self, hidden: int = HIDDEN) -> None:
        """Build the layers."""
        super().__init__()
        self.norm_attention = nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * HEADS * HEAD_WIDTH, bias=False)
        self.out = nn.Sequential(nn.Linear(HEADS * HEAD_WIDTH, WIDTH), nn.Dropout(DROPOUT))
        self.dense = nn.Sequential(
            *(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, hidden), nn.GELU(), nn.Dropout(DROPOUT)),
            *(nn.Linear(hidden, WIDTH), nn.Dropout(DROPOUT)),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Let the tokens attend to each other."""
        split = self.query_key_value(self.norm_attention(tokens)).unflatten(-1, (3, HEADS, HEAD_WIDTH))
        query, key, value = split.permute(2, 0, 3, 1, 4)  # [N, head, token, number]
        attended = nn.functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.out(attended.transpose(1, 2).flatten(2))
        output: Tensor = tokens + self.dense(tokens)
        return output


class SpectralFormer(AbstractNetwork):
    r"""A transformer whose tokens are the bands, each described by itself and its neighbours.

    The token of band :math:`b` is a linear map of the pixels of bands :math:`b - g/2, \ldots, b + g/2` (the
    group of :math:`g` neighbouring bands, counted around the ends as its authors do), plus a learned
    position; a class token goes before them. From the third of the five blocks on, the input of each block is
    fused with the input of the block two before it (cross-layer adaptive fusion):

    .. math:: \hat z^{(l)}_s = \sum_t u^{(l)}_{st} z^{(l)}_t + v^{(l)}_{st} z^{(l-2)}_t + c^{(l)}_s

    which runs over the tokens :math:`t`: the published code mixes them where the paper's formula has two
    scalars. Layer norm and one linear layer on the class token give the logits. With
    ``group=1, window=1`` it sees spectra (pixel-wise), with a larger window patches (patch-wise).

    Shapes: ``[N, band, y, x]`` to ``[N, classes]`` logits, also with two classes.

    Args:
        bands: Number of bands, at least ``group``.
        classes: Number of classes, or of traits, at least 1.
        window: Side of the square patches in pixels, at least 1: 1 is the pixel-wise network.
        group: Number of neighbouring bands in a token, odd: 1, 3 and 7 in the paper.
    """

    layout = "patch"

    def __init__(self, bands: int, classes: int, window: int = 7, *, group: int = 3) -> None:
        """Build the layers."""
        _check_group(group)
        super().__init__(bands, classes, window, least_bands=group)
        self.group = group
        self.embed = nn.Linear(group * window**2, WIDTH)
        self.class_token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.position = nn.Parameter(torch.randn(1, bands + 1, WIDTH))
        self.dropout = nn.Dropout(DROPOUT)
        self.blocks = nn.ModuleList(EncoderBlock() for _ in range(DEPTH))
        self.fusions = nn.ModuleList(nn.Conv2d(bands + 1, bands + 1, (1, 2)) for _ in range(DEPTH - 2))
        self.classify = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, classes))

    def forward(self, patch: Tensor) -> Tensor:
        """Return the logits of patches, ``[N, band, y, x]``, each band scaled to 0..1."""
        self.check_input(patch)
        embedded = self.embed(self._group_bands(patch.flatten(2)))
        tokens = torch.cat([self.class_token.expand(patch.shape[0], -1, -1), embedded], dim=1)
        tokens = self.dropout(tokens + self.position)
        before: list[Tensor] = []
        for index, block in enumerate(self.blocks):
            before.append(tokens)
            if index >= 2:  # cross-layer fusion, from the third block on
                pair = torch.stack([tokens, before[index - 2]], dim=-1)
                tokens = self.fusions[index - 2](pair).squeeze(-1)
            tokens = block(tokens)
        logits: Tensor = self.classify(tokens[:, 0])
        return logits

    def _group_bands(self, pixels: Tensor) -> Tensor:
        # the bands around either end come from the other end
        half = self.group // 2
        around = torch.cat([pixels[:, self.bands - half :], pixels, pixels[:, :half]], dim=1)
        return torch.cat([around[:, shift : shift + self.bands] for shift in range(self.group)], dim=2)


def _check_group(group: int) -> None:
    check_sizes("SpectralFormer", group=(group, 1))
    if group % 2 == 0:
        raise ModelError(
            f"group of SpectralFormer should be odd, with as many bands on either side. Found {group}. "
            f"Give group={group + 1}."
        )
