r"""XAI-TRIS: tetrominoes on images of 8 x 8 pixels, in noise that hides them.

.. math:: x = \alpha \frac{s}{\|s\|_F} + (1 - \alpha) \frac{n}{\|n\|_F}

where ``s`` are the images of the tetrominoes, ``n`` those of Gaussian noise, and the norms those over all
images; then all are divided by their largest magnitude. The noise is white, or smoothed, so that pixels
beside a tetromino tell of the noise on it: a network uses them to take the noise away, and attributions go
astray. The truth is where a tetromino stands, or could stand. Source: Clark, Wilming and Haufe 2024,
XAI-TRIS, Machine Learning 113; written from the paper.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks.scores import check_shape
from lrprism.evaluation.benchmarks.training import minimise
from lrprism.evaluation.recovery import roc_auc

Scenario = Literal["linear", "xor", "rigid"]
Background = Literal["white", "correlated"]
SIDE, SMOOTHING = 8, 1.0
ALPHAS: dict[tuple[str, str], float] = {
    ("linear", "white"): 0.18, ("linear", "correlated"): 0.08,
    ("xor", "white"): 0.35, ("xor", "correlated"): 0.20,
    ("rigid", "white"): 0.65, ("rigid", "correlated"): 0.50,
}  # fmt: skip
"""The weight of the signal: hard enough that a network errs, easy enough that it is worth explaining."""
SHAPES = {"T": ((1, 1, 1), (0, 1, 0)), "L": ((1, 0), (1, 0), (1, 1))}


@final
@dataclass(frozen=True)
class Tetrominoes:
    """Images with a tetromino.

    Attributes:
        x: ``[N, 1, 8, 8]``, from -1 to 1.
        y: The class, ``[N]``.
        truth: True where a tetromino stands or could stand, ``[N, 1, 8, 8]``.
    """

    x: Tensor
    y: Tensor
    truth: Tensor

    def split(self, first: int) -> tuple["Tetrominoes", "Tetrominoes"]:
        """Return the first images, and the others."""
        return tuple(  # type: ignore[return-value]
            Tetrominoes(self.x[rows], self.y[rows], self.truth[rows])
            for rows in (slice(None, first), slice(first, None))
        )


def make_data(seed: int, scenario: Scenario, background: Background, samples: int = 10_000) -> Tetrominoes:
    """Return images of one scenario on one background.

    ``linear``: a T at the upper left is class 0, an L at the lower right class 1; both places are the truth.
    ``xor``: both stand there, each bright or dark: alike is class 0, unlike class 1. ``rigid``: a T is class
    0, an L class 1, turned and moved at random; the truth is where it stands.

    Args:
        seed: Of the draws.
        scenario: What stands where.
        background: ``white`` noise, or ``correlated``, smoothed by a Gaussian.
        samples: How many images.

    Raises:
        InputError: If scenario or background are unknown.
    """
    if (scenario, background) not in ALPHAS:
        choices = ", ".join(" on ".join(pair) for pair in ALPHAS)
        raise InputError(
            f"scenario and background should be one of: {choices}. Found {scenario!r} on {background!r}."
        )
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(2, (samples,), generator=generator)
    signal, truth = DRAWS[scenario](y, generator)
    noise = torch.randn(samples, SIDE, SIDE, generator=generator)
    if background == "correlated":
        noise = smooth(noise)
    alpha = ALPHAS[scenario, background]
    x = alpha * signal / signal.norm() + (1 - alpha) * noise / noise.norm()
    return Tetrominoes((x / x.abs().max())[:, None], y, truth[:, None])


def smooth(images: Tensor) -> Tensor:
    """Return images ``[N, 8, 8]`` smoothed by a Gaussian of :data:`SMOOTHING` pixels, edges mirrored."""
    radius = 3
    weights = (-(torch.arange(-radius, radius + 1.0) ** 2) / (2 * SMOOTHING**2)).exp()
    kernel = torch.outer(weights, weights) / weights.sum() ** 2
    padded = nn.functional.pad(images[:, None], (radius,) * 4, mode="reflect")
    return nn.functional.conv2d(padded, kernel[None, None])[:, 0]


def _stamp(shape: str, row: int, column: int, turns: int = 0) -> Tensor:
    """Return an image ``[8, 8]`` with one shape, turned by quarters."""
    image = torch.zeros(SIDE, SIDE)
    pixels = torch.tensor(SHAPES[shape], dtype=torch.float32).rot90(turns)
    image[row : row + pixels.shape[0], column : column + pixels.shape[1]] = pixels
    return image


def _place_both() -> tuple[Tensor, Tensor]:
    return _stamp("T", 1, 1), _stamp("L", 4, 5)


def _draw_linear(y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:  # noqa: ARG001 - nothing drawn
    left, right = _place_both()
    # the absence of one tells as much as the presence of the other
    truth = (left + right).bool().expand(len(y), SIDE, SIDE)
    return torch.stack((left, right))[y], truth


def _draw_xor(y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    left, right = _place_both()
    sign = 2.0 * torch.randint(2, (len(y), 1, 1), generator=generator) - 1
    signal = sign * (left + (1 - 2 * y[:, None, None]) * right)
    return signal, (left + right).bool().expand(len(y), SIDE, SIDE)


def _draw_rigid(y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    images = []
    for label in y.tolist():
        turns, row, column = torch.randint(4, (3,), generator=generator).tolist()
        shape = "TL"[label]
        height, width = torch.tensor(SHAPES[shape]).rot90(turns).shape
        # drawn in quarters of the free rows and columns
        free = SIDE - height, SIDE - width
        extra = torch.randint(2, (2,), generator=generator).tolist()
        images.append(
            _stamp(shape, min(row + extra[0] * 2, free[0]), min(column + extra[1] * 2, free[1]), turns)
        )
    signal = torch.stack(images)
    return signal, signal.bool()


DRAWS: dict[str, Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor]]] = {
    "linear": _draw_linear,
    "xor": _draw_xor,
    "rigid": _draw_rigid,
}


def build_network() -> nn.Sequential:
    """Build a CNN of two convolutions. Shapes: ``[N, 1, 8, 8]`` to ``[N, 2]``."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 2),
    )  # fmt: skip


def train(data: Tetrominoes, seed: int, *, epochs: int = 20) -> nn.Sequential:
    """Train by Adam on batches of 128.

    Args:
        data: The training part.
        seed: Of weights and batches.
        epochs: How often the images are seen.
    """
    torch.manual_seed(seed)
    model = build_network()

    def loss(step: int) -> Tensor:  # noqa: ARG001 - every batch is drawn
        rows = torch.randint(len(data.x), (128,))
        return nn.functional.cross_entropy(model(data.x[rows]), data.y[rows])

    steps = epochs * len(data.x) // 128
    minimise(model, loss, steps=steps, learning_rate=2e-3, weight_decay=1e-4, decay=0.05)
    return model


def score(relevance: Tensor, truth: Tensor) -> dict[str, float]:
    r"""Compare ``|R|`` with the places of the tetrominoes.

    ``precision`` is the share of the truth's ``k`` pixels among the ``k`` largest of an image, averaged over
    images, as published; ``AUROC`` counts all pixels of all images, each image scaled to a sum of 1; ``mass``
    is :math:`\sum_{i \in G} |R_i| / \sum_i |R_i|`, averaged over images.

    Args:
        relevance: ``[N, 1, 8, 8]``.
        truth: Of the same shape.

    Raises:
        InputError: If the shapes differ.
    """
    check_shape(relevance, truth)
    size, mask = relevance.abs().flatten(1).double(), truth.flatten(1)
    size = size / size.sum(1, keepdim=True).clamp(min=1e-30)
    ranks = size.argsort(1, descending=True).argsort(1)
    hits = (mask & (ranks < mask.sum(1, keepdim=True))).sum(1) / mask.sum(1)
    return {
        "precision": float(hits.double().mean()),
        "AUROC": float(roc_auc(size.flatten(), mask.flatten())),
        "mass": float((size * mask).sum(1).mean()),
    }
