"""The samples that are explained for a judgement: those that the model gets right."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.errors import InputError, ModelError
from lrprism.evaluation.predict import Model, check_samples, check_targets, read_logits

_MARGIN = 2.0
"""Standard errors above chance that an accuracy has to lie."""
_NAMED = 10


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


def compare_with_chance(right: Tensor, counts: Tensor) -> tuple[float, float, float]:
    r"""Return the balanced accuracy, that of chance, and the highest that chance reaches by luck.

    The formulas are those of :func:`choose_samples`.

    Args:
        right: Number of samples of each class that are predicted right, ``[classes]``.
        counts: Number of samples of each class, ``[classes]``; one at least is above 0.
    """
    sizes = counts[counts > 0].double()
    accuracy = (right[counts > 0].double() / sizes).mean().item()
    chance = 1 / len(sizes) if len(sizes) > 1 else 1 / len(counts)
    error = ((chance * (1 - chance) / sizes).sum().sqrt() / len(sizes)).item()
    return accuracy, chance, chance + _MARGIN * error


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
