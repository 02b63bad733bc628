"""The samples that are explained for a judgement: those that the model gets right."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.errors import InputError, ModelError
from lrprism.evaluation.predict import Model, check_samples, check_targets, read_logits

_MARGIN = 2.0
"""Standard errors above chance that an accuracy has to lie."""
_NAMED = 10
_ROUNDING = 1e-9
_CELLS = 5040
"""Steps from no unit to all units of a class: exact for up to ten, rounded up for others."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of which the model predicts the true class.

    Args:
        x: The samples, ``[N, ...]``.
        target: Their classes, ``[N]``.
        rows: Their numbers among all samples, ``[N]``.
        total: How many samples there were.
        balanced_accuracy: Mean over the classes of the share that is predicted right.
        classes: Number of classes of the model.
        notes: What a reader of the results has to know of them, one line each.
    """

    x: Tensor
    target: Tensor
    rows: Tensor
    total: int
    balanced_accuracy: float
    classes: int
    notes: tuple[str, ...]


def choose_samples(model: Model, x: Tensor, target: Tensor, *, at_least: int = 200) -> Samples:
    r"""Choose the samples that the model gets right.

    The model is at chance level where its balanced accuracy :math:`a = \frac1K \sum_k a_k` over the K classes
    with samples is not above :math:`c + 2 \sqrt{\sum_k c(1-c)/n_k} / K`, with :math:`c = 1/K`, or one by the
    number of the model's classes if all samples are of one class.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples, ``[N, ...]``.
        target: True classes, ``[N]``.
        at_least: Fewer correct samples than this are named in the notes.

    Raises:
        InputError: If the samples or the classes are not what they should be.
        ModelError: If the model is at chance level: it has nothing to explain.
    """
    check_samples(x, target)
    logits = read_logits(model, x)
    classes = logits.shape[1]
    check_targets(x, target, classes)
    target = target.long()
    correct = logits.argmax(1) == target
    counts = target.bincount(minlength=classes)
    present = counts > 0
    accuracy = _check_above_chance(correct, target, counts)
    rows = correct.nonzero()[:, 0]
    never_right = present & (target[rows].bincount(minlength=classes) == 0)
    notes = []
    if not present.all():
        notes.append(_name_classes("classes without samples, of which nothing is said", ~present))
    if never_right.any():
        notes.append(_name_classes("classes of which no sample is predicted right", never_right))
    if len(rows) < at_least:
        notes.append(
            f"{len(rows)} correct samples where at least {at_least} are asked for: intervals are wide"
        )
    return Samples(x[rows], target[rows], rows, len(x), accuracy, classes, tuple(notes))


def _check_above_chance(correct: Tensor, target: Tensor, counts: Tensor) -> float:
    """Return the balanced accuracy.

    Raises:
        ModelError: If it cannot be told from chance.
    """
    accuracy, chance, limit = compare_with_chance(target[correct].bincount(minlength=len(counts)), counts)
    if accuracy <= limit:
        raise ModelError(
            f"the model should predict better than chance: its explanations are not worth reading. Found a "
            f"balanced accuracy of {accuracy:.3f} on {len(correct)} samples, {chance:.3f} is chance, up to "
            f"{limit:.3f} by luck. Train it, check the order of the classes, or give more "
            "samples."
        )
    return accuracy


def compare_with_chance(
    right: Tensor, counts: Tensor, units: Tensor | None = None
) -> tuple[float, float, float]:
    r"""Return the balanced accuracy, that of chance, and the highest that chance reaches by luck.

    The formulas are those of :func:`choose_samples`. Samples of one plant are right or wrong together: with
    :math:`u_k` independent units in class k luck reaches at least the smallest q with

    .. math:: P\Bigl(\frac1K \sum_k \frac{B_k}{u_k} > q\Bigr) \le 1 - \Phi(2),
              \qquad B_k \sim \mathrm{Bin}(u_k, c)

    which chance surpasses as seldom as two standard errors. Four plants, two of each class, are all right by
    luck in one of 16 cases: they tell nothing.

    Args:
        right: Number of samples of each class that are predicted right, ``[classes]``.
        counts: Number of samples of each class, ``[classes]``; one at least is above 0.
        units: Number of independent units of each class, such as plants, above 0 where samples are; None
            where each sample is one.
    """
    sizes = counts[counts > 0].double()
    accuracy = (right[counts > 0].double() / sizes).mean().item()
    chance = 1 / len(sizes) if len(sizes) > 1 else 1 / len(counts)
    error = ((chance * (1 - chance) / sizes).sum().sqrt() / len(sizes)).item()
    limit = chance + _MARGIN * error
    if units is not None:
        limit = max(limit, _find_luck(units[counts > 0].tolist(), chance))
    return accuracy, chance, limit


def _find_luck(units: list[int], chance: float) -> float:
    """Return the highest balanced accuracy of units that luck reaches, a hair above for rounding."""
    size = _CELLS * len(units) + 1
    # the chances of a sum of independent shares: a product of Fourier transforms
    length = 1 << size.bit_length()  # transforms of a power of 2 are fast
    product = torch.ones(length // 2 + 1, dtype=torch.complex128)
    for count in units:
        right = torch.arange(count + 1, dtype=torch.float64)
        ways = math.lgamma(count + 1) - (right + 1).lgamma() - (count - right + 1).lgamma()
        chances = (ways + right * math.log(chance) + (count - right) * math.log1p(-chance)).exp()
        cells = (right * _CELLS / count - _ROUNDING).ceil().long()
        product = product * torch.fft.rfft(torch.zeros(length).double().index_add_(0, cells, chances))
    probability = torch.fft.irfft(product, n=length)[:size]
    # surpassed[q]: the chance of more than q cells, summed from its smallest terms on
    surpassed = probability.flip(0).cumsum(0).flip(0) - probability
    seldom = torch.special.ndtr(torch.tensor(-_MARGIN, dtype=torch.float64))
    return int((surpassed <= seldom).nonzero()[0, 0]) / (size - 1) + _ROUNDING


def _name_classes(what: str, chosen: Tensor) -> str:
    numbers = chosen.nonzero()[:, 0].tolist()
    listed = ", ".join(map(str, numbers[:_NAMED])) + (", ..." if len(numbers) > _NAMED else "")
    return f"{len(numbers)} {what}: {listed}"


def check_training(x: Tensor, training: tuple[Tensor, Tensor]) -> None:
    """Check that training samples are like the samples that are judged.

    Raises:
        InputError: If they have another shape, or not one class for each.
    """
    samples, classes = training
    if samples.shape[1:] != x.shape[1:] or classes.shape != (len(samples),):
        raise InputError(
            f"training should be samples of shape {tuple(x.shape[1:])} and one class for each. "
            f"Found {tuple(samples.shape)} and {tuple(classes.shape)}."
        )


def draw_other_classes(target: Tensor, classes: int, seed: int) -> Tensor:
    """Return for each sample one of the other classes, drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    steps = torch.randint(1, classes, target.shape, generator=generator).to(target)
    return (target + steps) % classes
