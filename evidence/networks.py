"""The networks: two of the workbench's for patches, and three small ones for spectra."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn

from lrprism.spectral.networks import HybridSN, Hyper3DNetLite

TOKEN: Final = 5
"""Bands of a token."""
WIDTH: Final = 32
"""Numbers that describe a token."""
HEADS: Final = 4


def build_mlp(bands: int, classes: int) -> nn.Module:
    """Return a multilayer perceptron of two hidden layers. Shapes: ``[N, band]`` to ``[N, classes]``."""
    return nn.Sequential(
        *(nn.Linear(bands, 128), nn.ReLU()),
        *(nn.Linear(128, 64), nn.ReLU()),
        nn.Linear(64, classes),
    )


def build_cnn(bands: int, classes: int) -> nn.Module:
    """Return three convolutions along the bands and two linear layers. Shapes: as :func:`build_mlp`."""
    return nn.Sequential(
        nn.Unflatten(1, (1, bands)),
        *(nn.Conv1d(1, 16, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2)),
        *(nn.Conv1d(16, 32, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2)),
        *(nn.Conv1d(32, 32, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2)),
        *(nn.Flatten(), nn.Linear(32 * (bands // 8), 64), nn.ReLU()),
        nn.Linear(64, classes),
    )


class Transformer(nn.Module):
    """Two encoder blocks over groups of neighbouring bands, their mean, one linear layer.

    Shapes: ``[N, band]`` to ``[N, classes]`` logits; the bands are a multiple of 5.
    """

    def __init__(self, bands: int, classes: int) -> None:
        """Build the layers."""
        super().__init__()
        self.embed = nn.Linear(TOKEN, WIDTH)
        self.position = nn.Parameter(0.1 * torch.randn(bands // TOKEN, WIDTH))
        block = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 2 * WIDTH, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(WIDTH)
        self.classify = nn.Linear(WIDTH, classes)

    def forward(self, spectrum: Tensor) -> Tensor:
        """Return the logits of spectra, ``[N, band]``."""
        tokens = self.embed(spectrum.unflatten(1, (-1, TOKEN))) + self.position
        logits: Tensor = self.classify(self.norm(self.blocks(tokens)).mean(1))
        return logits


class Volume(nn.Module):
    """A network of the workbench for volumes, given patches. Shapes: ``[N, band, y, x]`` to logits."""

    def __init__(self, network: nn.Module) -> None:
        """Keep the network."""
        super().__init__()
        self.network = network

    def forward(self, patch: Tensor) -> Tensor:
        """Return the logits of patches."""
        logits: Tensor = self.network(patch[:, None])
        return logits


BUILD: Final[dict[str, Callable[[int, int, int], nn.Module]]] = {
    "hyper3dnetlite": lambda bands, classes, window: Volume(Hyper3DNetLite(bands, classes, window)),
    "hybridsn": lambda bands, classes, window: Volume(HybridSN(bands, classes, window)),
    "cnn": lambda bands, classes, _: build_cnn(bands, classes),
    "mlp": lambda bands, classes, _: build_mlp(bands, classes),
    "transformer": lambda bands, classes, _: Transformer(bands, classes),
}
"""What builds each network, from the numbers of bands and classes and the window."""
TITLES: Final = {
    "hyper3dnetlite": "Hyper3DNetLite, the tutorial's network",
    "hybridsn": "HybridSN",
    "cnn": "1-D CNN",
    "mlp": "MLP",
    "transformer": "transformer",
}
