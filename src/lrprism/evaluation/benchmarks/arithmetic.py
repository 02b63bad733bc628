r"""Sums and differences of two numbers in a sequence, by an LSTM of one cell.

A sequence holds numbers: the operands ``a`` and ``b``, each in an entry of its own, and between them others
in a third entry. The network puts out ``a + b`` or ``a - b``. The truth is known by hand: relevance ``a`` at
the step of ``a``, ``b`` or ``-b`` at that of ``b``, 0 at every other. Source: Arras, Osman, Müller and Samek
2019, Evaluating recurrent neural network explanations, BlackboxNLP.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, final

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks.training import minimise, polish

Operation = Literal["sum", "difference"]
LENGTHS = range(4, 11)
SIGNS = {"sum": 1.0, "difference": -1.0}


@final
@dataclass(frozen=True)
class Sequences:
    """Sequences of one length.

    Attributes:
        x: ``[N, T, 3]``: each step holds one number, ``a`` in the second entry, ``b`` in the third, the
        others
            in the first.
        y: The answers, ``[N, 1]``.
        truth: The relevance that each step should get, ``[N, T]``.
    """

    x: Tensor
    y: Tensor
    truth: Tensor


@final
class ArithmeticLSTM(nn.Module):
    """An LSTM of one cell whose last state is scaled. Shapes: ``[N, T, 3]`` to ``[N, 1]``."""

    def __init__(self) -> None:
        """Build the cell and the scale behind it, which has no bias."""
        super().__init__()
        self.lstm = nn.LSTM(3, 1, batch_first=True)
        self.scale = nn.Linear(1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the answers, ``[N, 1]``."""
        states, _ = self.lstm(x)
        answer: Tensor = self.scale(states[:, -1])
        return answer


def make_data(seed: int, operation: Operation = "sum", samples: int = 5000) -> tuple[Sequences, ...]:
    r"""Return sequences of 4 to 10 steps, as many of each length.

    Numbers are drawn from ``[-1, -0.5]`` and ``[0.5, 1]``, the places of ``a`` and ``b`` from all pairs,
    ``a`` first.

    Args:
        seed: Of the draws.
        operation: What the answer is.
        samples: How many sequences, of all lengths together; rounded down to as many of each.

    Raises:
        InputError: If the operation is unknown.
    """
    if operation not in SIGNS:
        raise InputError(f"operation should be one of {', '.join(SIGNS)}. Found {operation!r}.")
    generator = torch.Generator().manual_seed(seed)
    return tuple(_draw(length, samples // len(LENGTHS), SIGNS[operation], generator) for length in LENGTHS)


def _draw(length: int, count: int, sign: float, generator: torch.Generator) -> Sequences:
    numbers = torch.rand(count, length, generator=generator) / 2 + 0.5
    numbers *= torch.randint(2, (count, length), generator=generator) * 2 - 1
    # the two smallest of random keys are a random pair of places
    places = torch.rand(count, length, generator=generator).argsort(1)[:, :2].sort(1).values
    steps = torch.arange(length)
    a, b = (numbers * (steps == place[:, None]) for place in places.T)
    truth = a + sign * b
    x = torch.stack((numbers - a - b, a, b), 2)
    return Sequences(x, truth.sum(1, keepdim=True), truth)


def train(
    data: Sequence[Sequences], seed: int, *, steps: int = 2000, batch: int = 64, wanted: float = 1e-4
) -> ArithmeticLSTM:
    """Train networks from up to ten starts until one has a squared error of ``wanted``; return the best.

    Each start is trained by Adam, then by L-BFGS on all sequences; some end in a poor minimum. As published,
    training ends where the error is reached.

    Args:
        data: What :func:`make_data` returned.
        seed: Of the starts and of the batches.
        steps: Batches of Adam for each start.
        batch: Sequences in each batch, all of one length.
        wanted: The mean squared error, on ``data``, at which no further start is tried.
    """
    best, lowest = ArithmeticLSTM(), math.inf
    for start in range(10):
        torch.manual_seed(10 * seed + start)
        model = ArithmeticLSTM()
        minimise(model, _Loss(model, data, batch), steps=steps, learning_rate=0.05, decay=0.1)
        # trained to the end, the cell works where it is linear, and every method is right
        polish(model, partial(_sum_up, model, data), steps=400, enough=wanted)
        error = measure_error(model, data)
        if error < lowest:
            best, lowest = model, error
        if lowest <= wanted:
            break
    return best


@dataclass
class _Loss:
    model: ArithmeticLSTM
    data: Sequence[Sequences]
    batch: int

    def __call__(self, step: int) -> Tensor:
        sequences = self.data[step % len(self.data)]
        rows = torch.randint(len(sequences.x), (self.batch,))
        error: Tensor = (self.model(sequences.x[rows]) - sequences.y[rows]).square().mean()
        return error


def _sum_up(model: nn.Module, data: Sequence[Sequences]) -> Tensor:
    errors = [(model(sequences.x) - sequences.y).square().mean() for sequences in data]
    return torch.stack(errors).mean()


def measure_error(model: nn.Module, data: Sequence[Sequences]) -> float:
    """Return the mean squared error of the answers, every length weighing alike."""
    with torch.no_grad():
        return float(_sum_up(model, data))


def score(relevance: Sequence[Tensor], data: Sequence[Sequences]) -> dict[str, float]:
    r"""Compare relevance with the truth.

    ``operands`` is the mean of :math:`(R_t - n_t)^2` over the steps of ``a`` and ``b``, ``others`` that of
    :math:`R_t^2` over all other steps, ``all steps`` that over every step; ``correlation`` is that of ``R_t``
    with ``n_t`` over those steps, which saturates.

    Args:
        relevance: For each length, relevance of ``x``, ``[N, T, 3]``; the three entries of a step are added.
        data: The sequences that were explained.

    Raises:
        InputError: If a shape is not that of ``x``.
    """
    errors, others, given, wanted = [], [], [], []
    for map_, sequences in zip(relevance, data, strict=True):
        if map_.shape != sequences.x.shape:
            shapes = f"{tuple(sequences.x.shape)}. Found {tuple(map_.shape)}"
            raise InputError(f"relevance should have the shape of the sequences, {shapes}.")
        steps, marked = map_.sum(2), sequences.truth != 0
        given.append(steps[marked])
        wanted.append(sequences.truth[marked])
        others.append(steps[~marked].square())
        errors.append((steps - sequences.truth).square().flatten())
    at_operands, operands = torch.cat(given), torch.cat(wanted)
    return {
        "operands": float((at_operands - operands).square().mean()),
        "others": float(torch.cat(others).mean()),
        "all steps": float(torch.cat(errors).mean()),
        "correlation": float(torch.corrcoef(torch.stack((at_operands, operands)))[0, 1]),
    }
