"""Scores of the classes of pixels."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lrprism.errors import DataError
from lrprism.spectral.training.metrics import evaluate
from lrprism.spectral.training.tasks.task import AbstractScores

UNLABELLED = -1
"""The target of a pixel without a label, which counts in no loss and no score."""


@final
@dataclass(frozen=True)
class PixelScores(AbstractScores):
    r"""Agreement of predicted and true classes over labelled pixels.

    .. math:: \mathrm{IoU}_c = \frac{n_{cc}}{\sum_k n_{ck} + \sum_k n_{kc} - n_{cc}}

    the pixels that are true and predicted, over those that are either. The other scores are those of
    :class:`~lrprism.spectral.training.metrics.Metrics`, with pixels for samples.

    Args:
        accuracy: Share of pixels whose predicted class is the true one, 0 to 1.
        f1: F1 of each class; ``None`` for a class that is neither true nor predicted anywhere.
        macro_f1: Mean of the F1 of the classes that occur in the labels, 0 to 1.
        kappa: Cohen's kappa; ``None`` if chance alone agrees everywhere.
        confusion: :math:`n_{ck}`, pixels of class c (row) predicted as k (column).
        iou: Intersection over union of each class, 0 to 1; ``None`` as for ``f1``.
        mean_iou: Mean of the IoU of the classes that occur in the labels, 0 to 1.
        groups: Number of squares that the pixels lie in; 0 where that is not known.
        units: Number of independent squares of each class, as in
            :class:`~lrprism.spectral.training.metrics.Metrics`.

    Source: Everingham et al., "The Pascal visual object classes (VOC) challenge", 2010 (IoU).
    """

    accuracy: float
    f1: tuple[float | None, ...]
    macro_f1: float
    kappa: float | None
    confusion: tuple[tuple[int, ...], ...]
    iou: tuple[float | None, ...]
    mean_iou: float
    groups: int = 0
    units: tuple[int, ...] = ()

    @property
    def samples(self) -> int:
        """Number of labelled pixels."""
        return sum(map(sum, self.confusion))


def select_labelled(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits and class of each labelled pixel, ``[pixel, class]`` and ``[pixel]``.

    Args:
        outputs: Logits, ``[N, class, ...]``.
        targets: Classes, ``[N, ...]``, :data:`UNLABELLED` where there is none.
    """
    labelled = targets != UNLABELLED
    return outputs.movedim(1, -1)[labelled], targets[labelled]


def score_pixels(
    outputs: Tensor, targets: Tensor, groups: Sequence[Any] | npt.NDArray[Any] | None = None
) -> PixelScores:
    """Compare logits with the true classes of the labelled pixels.

    Args:
        outputs: Logits of windows, ``[N, class, y, x]``, or of single pixels, ``[N, class]``.
        targets: Classes, ``[N, y, x]`` or ``[N]``, :data:`UNLABELLED` where there is none.
        groups: The square of each pixel, shaped as the targets; None where it is not known.

    Raises:
        DataError: If no pixel has a label, or a label is not one of the classes.
    """
    logits, labels = select_labelled(outputs, targets)
    if not len(labels):
        raise DataError(
            f"windows should hold labelled pixels to score. Found none in {len(targets)}. Check the labels."
        )
    squares = None if groups is None else np.asarray(groups)[(targets != UNLABELLED).cpu().numpy()]
    metrics = asdict(evaluate(logits, labels, squares))
    confusion = torch.tensor(metrics["confusion"])
    true, both = confusion.sum(dim=1), confusion.diagonal()
    either = true + confusion.sum(dim=0) - both
    iou = (both.double() / either.clamp(min=1)).tolist()
    return PixelScores(
        **metrics,
        iou=tuple(value if count else None for value, count in zip(iou, either.tolist(), strict=True)),
        mean_iou=float((both.double() / either.clamp(min=1))[true > 0].mean()),
    )
