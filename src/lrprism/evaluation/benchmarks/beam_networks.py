"""The CNN of BEAM, whose weights are set by hand. Its ReLUs end at 1: gradients die where they are full."""

from typing import final

import torch
from torch import Tensor, nn

from lrprism.evaluation.benchmarks.beam import WEIGHTS

DETECTORS = (
    ("and", (7, 0, 0, 0), (10, 0, 1, 0)),
    ("and", (4, 1, 0, 0), (1, 1, 1, 0)),
    ("and", (6, 0, 0, 0), (9, 0, 1, 0)),
    ("and", (3, 1, 0, 0), (0, 1, 1, 0)),
    ("or", (7, 0, 0, 1), (10, 0, 1, 1)),
    ("and", (8, 0, 0, 1), (11, 0, 1, 1)),
    ("or", (8, 0, 0, 1), (11, 0, 1, 1)),
    ("and", (4, 1, 0, 2), (1, 1, 1, 2)),
)
"""Pairs of parts: number, row, column, colour."""
TERMS = (((0, 1), 0), ((2, 3), -1), ((4, 7), -1), ((5,), 0), ((6, 13), -1))
"""Each concept as a sum of pairs, 8 and more being their negations, with its bias."""
PLACES = (((0,), 0), ((3,), 0), ((1, 2), -1), ((1, 2), 0), ((0, 1), 0), ((2, 3), 0))
"""Statements about the cells of one concept: the cells that are added, and the bias."""
VERDICTS = (((0,), 0), ((1,), 0), ((2,), 0), ((3, 32), -1), ((34, 35), -1))
"""Each class as a sum of statements, 30 and more being their negations, with its bias."""


@final
class FullReLU(nn.Module):
    """A ReLU that ends at 1."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``min(max(x, 0), 1)``."""
        return torch.relu(x).clamp(max=1)


@final
class BeamCNN(nn.Module):
    """The baseline CNN of BEAM: parts, pairs, negations, concepts, places. ``[N, 3, 36, 36]`` to ``[N, 5]``.

    Args:
        concept: The concept that its classes speak of.
    """

    def __init__(self, concept: int) -> None:
        """Build the layers and set their weights."""
        super().__init__()
        layers = (
            _build_parts(),
            _build_pairs(),
            _set(nn.Conv2d(8, 16, 1), [(((i,), 0), 1.0) for i in range(8)] + _negate(8)),
            _set(nn.Conv2d(16, 5, 1), [(term, 1.0) for term in TERMS]),
        )
        self.cells = nn.Sequential(
            nn.MaxPool2d(2), *(each for layer in layers for each in (layer, FullReLU()))
        )
        places = [
            ((tuple(cell * 5 + number for cell in cells), bias), 1.0)
            for number in range(5)
            for cells, bias in PLACES
        ]
        verdicts = [
            ((tuple(statement + concept * 6 for statement in statements), bias), 1.0)
            for statements, bias in VERDICTS
        ]
        self.places = nn.Sequential(
            _set(nn.Linear(45, 30), places),
            FullReLU(),
            _set(nn.Linear(30, 60), [(((i,), 0), 1.0) for i in range(30)] + _negate(30)),
            FullReLU(),
            _set(nn.Linear(60, 5), verdicts),
            FullReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the truth values of the five classes."""
        cells = self.cells(x)  # [N, concept, 3, 3]
        verdicts: Tensor = self.places(cells.permute(0, 2, 3, 1).flatten(1))
        return verdicts


Row = tuple[tuple[tuple[int, ...], int], float]
"""The inputs that an output adds, its bias, and their common weight."""


def _negate(count: int) -> list[Row]:
    return [(((number,), 1), -1.0) for number in range(count)]


def _set(layer: nn.Conv2d | nn.Linear, rows: list[Row]) -> nn.Module:
    """Set the weights of a layer without extent in space, row by row."""
    weight, bias = torch.zeros_like(layer.weight), torch.zeros(len(rows))
    for output, ((inputs, constant), value) in enumerate(rows):
        weight[output, list(inputs)] = value
        bias[output] = constant
    return _load(layer, weight, bias)


def _load(layer: nn.Conv2d | nn.Linear, weight: Tensor, bias: Tensor) -> nn.Module:
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


def _build_parts() -> nn.Module:
    """Build the detectors of the twelve parts in each colour; channel ``part + 12 * colour``."""
    weight = torch.zeros(36, 3, 3, 3)
    for colour in range(3):
        for part, values in WEIGHTS.items():
            weight[part + 12 * colour, colour] = torch.tensor(values)
    return _load(nn.Conv2d(3, 36, 3, stride=3), weight, torch.full((36,), -1.0))


def _build_pairs() -> nn.Module:
    weight, bias = torch.zeros(8, 36, 2, 2), torch.zeros(8)
    for output, (kind, *pair) in enumerate(DETECTORS):
        for part, row, column, colour in pair:
            weight[output, part + 12 * colour, row, column] = 1.0
        bias[output] = -1.0 if kind == "and" else 0.0
    return _load(nn.Conv2d(36, 8, 2, stride=2), weight, bias)
