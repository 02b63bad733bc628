"""Scores of the predictions, class by class."""

from dataclasses import dataclass
from typing import final

import numpy.typing as npt
import torch
from torch import Tensor

from lrprism.attribution import predicted_class
from lrprism.errors import DataError, ModelError
from lrprism.spectral.bands.intervals import count_independent
from lrprism.spectral.training.tasks.task import AbstractScores


@final
@dataclass(frozen=True)
class Metrics(AbstractScores):
    r"""Agreement of predicted and true classes on one set of samples.

    .. math:: \mathrm{F1}_c = \frac{2 n_{cc}}{\sum_k n_{ck} + \sum_k n_{kc}}, \qquad
              \kappa = \frac{p_o - p_e}{1 - p_e}, \quad
              p_o = \frac{\sum_c n_{cc}}{n}, \quad
              p_e = \sum_c \frac{\sum_k n_{ck} \sum_k n_{kc}}{n^2}

    Args:
        accuracy: Share of samples whose predicted class is the true one, :math:`p_o`, 0 to 1.
        f1: F1 of each class; ``None`` for a class that is neither true nor predicted anywhere.
        macro_f1: Mean of the F1 of the classes that occur in the labels, 0 to 1.
        kappa: Cohen's kappa: agreement beyond chance, at most 1; ``None`` if chance alone agrees everywhere.
        confusion: :math:`n_{ck}`, samples of class c (row) predicted as k (column).
        groups: Number of groups, such as plants, that the samples are of; 0 where none are known.
        units: Number of independent units of each class, see
            :func:`~lrprism.spectral.bands.intervals.count_independent`; empty where no groups are known.

    Source: Cohen, "A coefficient of agreement for nominal scales", 1960.
    """

    accuracy: float
    f1: tuple[float | None, ...]
    macro_f1: float
    kappa: float | None
    confusion: tuple[tuple[int, ...], ...]
    groups: int = 0
    units: tuple[int, ...] = ()

    @property
    def samples(self) -> int:
        """Number of samples."""
        return sum(map(sum, self.confusion))


def check_logits(logits: Tensor) -> None:
    """Check that there is one row of logits per sample.

    Args:
        logits: ``[N, classes]``, or ``[N, 1]`` for two classes.

    Raises:
        ModelError: If the logits are not of rank 2.
    """
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise ModelError(
            f"The model's output should have shape (N, classes). Found {tuple(logits.shape)}. "
            "Give a model that returns one row of logits per patch."
        )


def evaluate(logits: Tensor, labels: Tensor, groups: npt.ArrayLike | None = None) -> Metrics:
    """Compare the logits of a network with the true classes.

    Args:
        logits: ``[N, classes]``, or ``[N, 1]`` for two classes.
        labels: ``[N]``, whole numbers from 0.
        groups: The plant, field or day of each sample, ``[N]``; None where none is known.

    Returns:
        Accuracy, F1 per class, macro F1 over the classes that occur, Cohen's kappa, confusion matrix.

    Raises:
        DataError: If there are no samples, the lengths differ, or a label is not one of the classes.
    """
    from torchmetrics.functional.classification import (  # late: it imports text models too
        multiclass_cohen_kappa,
        multiclass_confusion_matrix,
        multiclass_f1_score,
    )

    check_logits(logits)
    predicted = predicted_class(logits).cpu()
    labels = labels.cpu()
    classes = max(2, logits.shape[1])
    check_labels(labels, classes, samples=len(predicted))
    confusion = multiclass_confusion_matrix(predicted, labels, classes)
    f1 = multiclass_f1_score(predicted, labels, classes, average="none").tolist()
    # a class that is neither true nor predicted anywhere has no F1
    true, seen = confusion.sum(dim=1), confusion.sum(dim=1) + confusion.sum(dim=0)
    by_chance = int((true * confusion.sum(dim=0)).sum()) == len(labels) ** 2  # all samples in one cell: 0 / 0
    count, units = (0, ()) if groups is None else count_independent(labels.numpy(), groups, classes)
    return Metrics(
        accuracy=float(confusion.diagonal().sum() / confusion.sum()),
        f1=tuple(value if count else None for value, count in zip(f1, seen.tolist(), strict=True)),
        macro_f1=float(torch.tensor(f1)[true > 0].mean()),
        kappa=None if by_chance else float(multiclass_cohen_kappa(predicted, labels, classes)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        groups=count,
        units=units,
    )


def check_labels(labels: Tensor, classes: int, *, samples: int) -> None:
    """Check that there is one known class per sample.

    Args:
        labels: ``[N]``, whole numbers from 0.
        classes: Number of classes of the model.
        samples: Number of samples, N.

    Raises:
        DataError: If there are no samples, the lengths differ, or a label is not one of the classes.
    """
    if labels.shape != (samples,) or samples == 0 or labels.is_floating_point():
        raise DataError(
            f"Labels should be whole numbers, one for each of at least 1 sample. Found {labels.dtype} labels "
            f"of shape {tuple(labels.shape)} for {samples} samples. Give one class number per patch."
        )
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise DataError(
            f"Labels should lie in 0..{classes - 1}, the classes of the model. Found {len(wrong)} others, "
            f"{int(wrong[0])} among them. Build the model for all classes of the data."
        )
