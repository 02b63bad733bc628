r"""BEAM: images of concepts, with the exact truth of networks whose weights are set by hand.

An image is a grid of 3 x 3 cells, and each cell holds one of five concepts: logical combinations of twelve
parts of 3 x 3 pixels. A class is a statement about where one concept stands. A part is there if
``sum(w * x) - 1`` is 1, so that each pixel's share is known: that of a part that should be there is

.. math:: t_i = x_i w_i - |w_i| / \sum_k |w_k|, \qquad \sum_i t_i = 1

and of one that should be missing, scaled to a sum of 1, :math:`-x_i w_i + 2 |w_i| / \sum_k |w_k|`. Parts
share their concept's truth equally, and so do the cells of a class. Source: rbrandt1/BEAM (MIT), "BEAM: exact
benchmarking of explainable AI attribution methods", rebuilt here in torch from its description.
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks.scores import cosine

PATTERNS = {
    0: ((1, 0, 0), (0, 0, 0), (0.5, 1, 0.5)),
    1: ((1, 1, 0), (1, 0, 0), (0.5, 1, 0.5)),
    3: ((0, 0, 1), (0, 0, 0), (0.5, 1, 0.5)),
    4: ((0, 1, 1), (0, 0, 1), (0.5, 1, 0.5)),
    6: ((0.5, 1, 0.5), (0, 0, 0), (0, 0, 1)),
    7: ((0.5, 1, 0.5), (0, 0, 1), (0, 1, 1)),
    8: ((0.5, 1, 0.5), (0, 1, 1), (0, 1, 1)),
    9: ((0.5, 1, 0.5), (0, 0, 0), (1, 0, 0)),
    10: ((0.5, 1, 0.5), (1, 0, 0), (1, 1, 0)),
    11: ((0.5, 1, 0.5), (1, 1, 0), (1, 1, 0)),
}
"""The pixels of each part that a concept uses, by its published number."""
WEIGHTS = {
    0: ((2, -0.5, 1), (-0.5, 0, -1), (1, 0, -1)),
    1: ((0, 1, 1), (1, -1, -1), (1, 0, -1)),
    2: ((0, 0, 1), (0, 2, -1), (1, 0, -1)),
    3: ((1, -0.5, 2), (-1, 0, -0.5), (1, 0, -1)),
    4: ((1, 1, 0), (-1, -1, 1), (1, 0, -1)),
    5: ((1, 0, 0), (-1, 2, 0), (1, 0, -1)),
    6: ((1, 0, -1), (1, 0, -0.5), (-1, -0.5, 2)),
    7: ((1, 0, -1), (1, -1, 1), (-1, 1, 0)),
    8: ((1, 0, -1), (1, 2, 0), (-1, 0, 0)),
    9: ((1, 0, -1), (-0.5, 0, 1), (2, -0.5, -1)),
    10: ((1, 0, -1), (1, -1, 1), (0, 1, -1)),
    11: ((1, 0, -1), (0, 2, 1), (0, 0, -1)),
}
"""The weights of the detector of each part; its bias is -1."""
Part = tuple[int, int, int, int]
CONCEPTS: tuple[tuple[Part, ...], ...] = (
    ((7, 0, 0, 0), (10, 0, 1, 0), (4, 1, 0, 0), (1, 1, 1, 0)),
    ((6, 0, 0, 0), (9, 0, 1, 0), (3, 1, 0, 0), (0, 1, 1, 0)),
    ((4, 1, 0, 2), (1, 1, 1, 2), (7, 0, 0, 1), (10, 0, 1, 1)),
    ((8, 0, 0, 1), (11, 0, 1, 1)),
    ((8, 0, 0, 1), (11, 0, 1, 1)),
)
"""The parts of each concept: number, row and column in the cell, colour.

0 is the first two or the last two; 1 is all four; 2 is the first two with at least one of the others; 3 is
both; 4 is one without the other.
"""
CELLS = ((0, 0), (0, 1), (0, 2), (1, 0))
"""The cells that a class speaks of, by their number; what the other five hold does not matter."""
CLASSES = (0, 1, 2, 3, 4)
AMBIGUOUS = {(concept, label) for concept in (0, 2, 4) for label in (3, 4)}
"""Pairs of concept and class that the source leaves out: several truths would do."""


@final
@dataclass(frozen=True)
class Images:
    """Images about one concept.

    Attributes:
        x: ``[N, 3, H, W]``, from 0 to 1.
        target: The class of each, ``[N]``.
        truth: The relevance that each pixel should get, ``[N, 3, H, W]``.
        concept: The concept that the classes speak of.
    """

    x: Tensor
    target: Tensor
    truth: Tensor
    concept: int


def make_data(seed: int, concept: int, each: int = 16) -> Images:
    """Return images of 36 x 36 pixels for the CNN, ``each`` of every class that is not ambiguous.

    Each pixel of an image of 18 x 18 goes to one of the four places of a square of 2 x 2, the others are 0.

    Args:
        seed: Of the draws.
        concept: 0 to 4.
        each: How many images of each class.

    Raises:
        InputError: If there is no such concept.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = [label for label in list_classes(concept) for _ in range(each)]
    images = []
    for label in labels:
        cells = draw_cells(concept, label, generator)
        small = torch.stack([join_cells(cells[kind]) for kind in (0, 1)])
        images.append(_scatter_pixels(small, generator))
    x, truth = torch.stack(images, 1)
    return Images(x, torch.tensor(labels), truth, concept)


def list_classes(concept: int) -> list[int]:
    """Return the classes of a concept that have one truth.

    Raises:
        InputError: If there is no such concept.
    """
    if concept not in range(len(CONCEPTS)):
        raise InputError(f"concept should be 0 to {len(CONCEPTS) - 1}. Found {concept!r}.")
    return [label for label in CLASSES if (concept, label) not in AMBIGUOUS]


def draw_cells(concept: int, label: int, generator: torch.Generator) -> Tensor:
    """Return the nine cells of one image and their truth, ``[2, 9, 3, 6, 6]``, row by row."""
    others = [number for number in range(len(CONCEPTS)) if number != concept]
    cells = torch.zeros(2, 9, 3, 6, 6)
    for place in range(9):
        # what the class does not speak of may hold any concept
        choice = others if place < 4 else list(range(len(CONCEPTS)))
        cells[0, place] = draw_concept(choice[_draw(len(choice), generator)], generator)[0]
    present, missing = _read_class(label, generator)
    share = 1 / (len(present) + len(missing))
    for cell in present:
        cells[:, cell] = draw_concept(concept, generator)
        cells[1, cell] *= share
    for cell in missing:
        cells[1, cell] = share * find_absence(concept, cells[0, cell])
    return cells


def _read_class(label: int, generator: torch.Generator) -> tuple[list[int], list[int]]:
    """Return the cells that hold the concept and those that must not, of what the class speaks of."""
    if label == 3:  # one of the two, which is drawn
        first = _draw(2, generator)
        return [1 + first], [2 - first]
    return {0: ([0], []), 1: ([3], []), 2: ([1, 2], []), 4: ([], [0, 1, 2, 3])}[label]


def draw_concept(concept: int, generator: torch.Generator) -> Tensor:
    """Return a cell with a concept and its truth of sum 1, ``[2, 3, 6, 6]``."""
    parts = CONCEPTS[concept]
    cell = torch.zeros(2, 3, 6, 6)
    absent: tuple[Part, ...] = ()
    # two independent draws: both alternatives hold half of the time
    options = {_draw(2, generator), _draw(2, generator)}
    if concept == 0:
        shares = {part: 1 / (2 * len(options)) for side in options for part in parts[2 * side : 2 * side + 2]}
    elif concept == 2:
        shares = dict.fromkeys(parts[:2], 1 / 3)
        shares |= {parts[2 + side]: 1 / (3 * len(options)) for side in options}
    elif concept == 4:
        first = _draw(2, generator)
        shares, absent = {parts[first]: 1 / 2}, (parts[1 - first],)
    else:
        shares = dict.fromkeys(parts, 1 / len(parts))
    for part, share in shares.items():
        pixels, weights = torch.tensor(PATTERNS[part[0]]), torch.tensor(WEIGHTS[part[0]])
        truth = pixels * weights - weights.abs() / weights.abs().sum()
        _view(cell[0], part)[:] = pixels
        _view(cell[1], part)[:] = share * truth / truth.sum()
    for part in absent:
        _view(cell[1], part)[:] = _share_absence(part, cell[0]) / 2
    return cell


def find_absence(concept: int, cell: Tensor) -> Tensor:
    """Return the truth, of sum 1, that a concept of which all parts are needed is not in ``cell``."""
    truth = torch.zeros_like(cell)
    for part in CONCEPTS[concept]:
        _view(truth, part)[:] = _share_absence(part, cell) / len(CONCEPTS[concept])
    return truth


def _share_absence(part: Part, cell: Tensor) -> Tensor:
    weights = torch.tensor(WEIGHTS[part[0]])
    truth = 2 * weights.abs() / weights.abs().sum() - _view(cell, part) * weights
    total = truth.sum()
    return truth / total if total.abs() > 1e-6 else truth


def _view(cell: Tensor, part: Part) -> Tensor:
    """Return the 3 x 3 pixels of a part in a cell ``[3, 6, 6]``, to read and to write."""
    _, row, column, colour = part
    return cell[colour, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3]


def join_cells(cells: Tensor) -> Tensor:
    """Return the picture of nine cells: ``[9, 3, h, w]`` to ``[3, 3 h, 3 w]``."""
    rows = [torch.cat(list(cells[3 * row : 3 * row + 3]), 2) for row in range(3)]
    return torch.cat(rows, 1)


def _scatter_pixels(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return images twice as high and wide, each pixel at one of its four places, all colours at the same."""
    height, width = images.shape[-2:]
    places = torch.randint(4, (height, width), generator=generator)
    squares = images[..., None] * nn.functional.one_hot(places, 4)
    return nn.functional.pixel_shuffle(squares.movedim(-1, -3).flatten(-4, -3), 2)


def _draw(below: int, generator: torch.Generator) -> int:
    return int(torch.randint(below, (), generator=generator))


def score(relevance: Tensor, data: Images) -> dict[str, float]:
    r"""Return the mean cosine of relevance and truth, and that of its size.

    ``cosine`` is :math:`|R \cdot t| / (\|R\| \|t\|)`, as published, ``signed cosine`` keeps the sign.
    ``present`` and ``absent`` are the signed cosine of the classes that ask for a concept, and of those that
    ask that it is missing somewhere.

    Args:
        relevance: Of ``data.x``.
        data: The images that were explained.

    Raises:
        InputError: If the shape is not that of the truth.
    """
    signed, asks_absence = cosine(relevance, data.truth), data.target >= 3
    scores = {"cosine": signed.abs(), "signed cosine": signed, "present": signed[~asks_absence]}
    if asks_absence.any():
        scores["absent"] = signed[asks_absence]
    return {name: float(values.mean()) for name, values in scores.items()}
