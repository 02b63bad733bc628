r"""A sum of piecewise linear functions of a field on the sphere: the exact contribution of every cell.

.. math:: y = \sum_i C_i(x_i), \qquad C_i(0) = 0,

where :math:`C_i` is continuous with six pieces, and slopes and breakpoints are as correlated in space as the
field, a Gaussian with variance 1. The contribution :math:`C_i(x_i)` is the truth. Source: Mamalakis,
Ebert-Uphoff and Barnes 2022, Neural network attribution methods for problems in geoscience, Environmental
Data Science 1, e8. Its field has the covariance of sea surface temperatures; ours is stationary.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn

from lrprism.evaluation.benchmarks.scores import check_shape, correlate
from lrprism.evaluation.benchmarks.training import minimise

ROWS, COLUMNS, PIECES = 18, 36, 6
LENGTH = 0.29
"""Correlation length in radians: the first 20 eigenvalues carry 63 % of the variance, as in the source."""
WIDTHS = (512, 256, 128, 64, 32, 16)


@final
@dataclass(frozen=True)
class Field:
    """The function to be learned.

    Attributes:
        factor: ``[cells, cells]``, whose product with white noise is the field.
        edges: Ends of the pieces of each cell, ``[cells, 7]``, from -inf to inf; one of them is 0.
        slopes: ``[cells, 6]``.
        scale: What the answers and contributions are multiplied by, so that answers have variance 1.
    """

    factor: Tensor
    edges: Tensor
    slopes: Tensor
    scale: float

    def draw(self, samples: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return fields, answers and contributions: ``[N, cells]``, ``[N, 1]`` and ``[N, cells]``."""
        x = torch.randn(samples, len(self.factor), generator=generator) @ self.factor.T
        truth = self.scale * find_contributions(x, self.edges, self.slopes)
        return x, truth.sum(1, keepdim=True), truth


def make_field(seed: int) -> Field:
    """Draw the function: one piecewise linear function for each of 18 x 36 cells."""
    generator = torch.Generator().manual_seed(seed)
    factor = torch.linalg.cholesky(build_covariance()).float()
    cells = len(factor)
    slopes = factor @ torch.randn(cells, PIECES, generator=generator)
    # a quantile of a standard normal is a standard normal draw: breakpoints are draws of the field
    breaks = factor @ torch.randn(cells, PIECES - 2, generator=generator)
    ends = torch.full((cells, 1), math.inf)
    edges = torch.cat((-ends, breaks, torch.zeros(cells, 1), ends), 1).sort(1).values
    unscaled = Field(factor, edges, slopes, 1.0)
    _, y, _ = unscaled.draw(10_000, generator)
    return Field(factor, edges, slopes, float(1 / y.std()))


def build_covariance() -> Tensor:
    r"""Return :math:`e^{-d^2 / (2 \ell^2)}` of the distances of cell centres on the unit sphere.

    The distance is that of the chord, so that the matrix is a covariance; 1e-4 is added on its diagonal.
    """
    latitude = (torch.arange(ROWS, dtype=torch.float64) + 0.5) / ROWS * math.pi - math.pi / 2
    longitude = (torch.arange(COLUMNS, dtype=torch.float64) + 0.5) / COLUMNS * 2 * math.pi
    y, x = torch.meshgrid(latitude, longitude, indexing="ij")
    points = torch.stack((y.cos() * x.cos(), y.cos() * x.sin(), y.sin()), -1).view(-1, 3)
    covariance = (-torch.cdist(points, points).square() / (2 * LENGTH**2)).exp()
    ridge = 1e-4
    return (covariance + ridge * torch.eye(len(points), dtype=torch.float64)) / (1 + ridge)


def find_contributions(x: Tensor, edges: Tensor, slopes: Tensor) -> Tensor:
    r"""Return :math:`C_i(x_i) = \int_0^{x_i} C_i'(u) \, du` for fields ``[N, cells]``.

    Args:
        x: The fields.
        edges: Ends of the pieces, ``[cells, pieces + 1]``, from -inf to inf.
        slopes: ``[cells, pieces]``.
    """
    total = torch.zeros_like(x)
    zero = torch.zeros(())
    for piece in range(slopes.shape[1]):
        low, high = edges[:, piece], edges[:, piece + 1]
        # the part of the way from 0 to x that lies in this piece
        way = x.clamp(low, high) - zero.clamp(low, high)
        total += slopes[:, piece] * way
    return total


def build_network() -> nn.Sequential:
    """Build the published network: six hidden layers of 512 to 16 units with ReLU, one output."""
    sizes = (ROWS * COLUMNS, *WIDTHS)
    layers = [layer for before, after in pairwise(sizes) for layer in (nn.Linear(before, after), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 1))


def train(field: Field, seed: int, *, steps: int = 4000, batch: int = 256) -> nn.Sequential:
    """Train on a stream of fields, each seen once.

    Args:
        field: The function.
        seed: Of the weights and of the fields.
        steps: Batches.
        batch: Fields in each batch.
    """
    torch.manual_seed(seed)
    model, generator = build_network(), torch.Generator().manual_seed(seed + 1)

    def loss(step: int) -> Tensor:  # noqa: ARG001 - every batch is new
        x, y, _ = field.draw(batch, generator)
        error: Tensor = (model(x) - y).square().mean()
        return error

    minimise(model, loss, steps=steps, learning_rate=1e-3, decay=0.01)
    return model


def score(relevance: Tensor, truth: Tensor) -> dict[str, float]:
    r"""Compare relevance with the contributions.

    ``correlation`` is the mean over samples of Pearson's correlation; ``sign`` the share of
    :math:`\sum_i |C_i|` at which relevance has the sign of the contribution; ``error`` is
    :math:`\sum (R - C)^2 / \sum C^2`.

    Args:
        relevance: ``[N, cells]``.
        truth: The contributions, ``[N, cells]``.

    Raises:
        InputError: If the shapes differ.
    """
    check_shape(relevance, truth)
    agrees = relevance.sign() == truth.sign()
    return {
        "correlation": float(correlate(relevance, truth).mean()),
        "sign": float((truth.abs() * agrees).sum() / truth.abs().sum()),
        "error": float((relevance - truth).square().sum() / truth.square().sum()),
    }
