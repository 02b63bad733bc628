"""One class for each pixel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self, final

import numpy.typing as npt
from torch import Tensor

from lrprism.errors import DataError, ModelError
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.losses import ClassificationLoss, class_weights
from lrprism.spectral.training.pixel_scores import UNLABELLED, PixelScores, score_pixels, select_labelled
from lrprism.spectral.training.tasks.classification import check_class_count, describe_chance
from lrprism.spectral.training.tasks.task import AbstractTask, EpochRecord, Losses

_OVERALL = ("accuracy", "macro_f1", "mean_iou", "kappa")
_BY_CLASS = ("f1", "iou")


@final
class PixelLoss(ClassificationLoss):
    """The :func:`classification_loss` over the labelled pixels of windows.

    Args:
        weights: ``[classes]``; ``None`` weighs all alike.
    """

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss, a scalar in nats.

        Shapes: ``logits``: ``[N, class, y, x]``; ``labels``: ``[N, y, x]``.
        """
        return super().forward(*select_labelled(logits, labels))


@final
@dataclass(frozen=True)
class Segmentation(AbstractTask):
    """One class for each pixel: cross entropy over the labelled ones, and the best epoch by mean IoU.

    Outputs are logits, ``[N, class, y, x]``; targets whole numbers, ``[N, y, x]``, -1 where a pixel has no
    label. The scores of an epoch count a pixel once for each window that it lies in.

    Args:
        names: Name of each class, class 0 first; empty where nobody has named them.
    """

    name: ClassVar[str] = "segmentation"
    noun: ClassVar[str] = "classes"
    is_spatial: ClassVar[bool] = True
    group: ClassVar[str] = "square"

    def check(self, outputs: Tensor, targets: Tensor, *, samples: int) -> None:
        """Check that there is a map of known classes for each window, and logits for each pixel.

        Args:
            outputs: Logits of one window or more.
            targets: The classes of the pixels of a part.
            samples: Number of windows of the part.

        Raises:
            DataError: If a window has no map of classes, no pixel has a label, or a label is none of the
                classes.
            ModelError: If the logits are not of rank 4, or of other pixels.
        """
        if outputs.ndim != 4 or outputs.shape[1] < 2:
            raise ModelError(
                f"The model's output should have shape (N, classes, y, x). Found {tuple(outputs.shape)}. "
                "Give a model that returns logits for each pixel, or learn one class for each patch."
            )
        if targets.shape != (samples, *outputs.shape[2:]) or targets.is_floating_point():
            raise DataError(
                f"Targets should be whole numbers of shape {(samples, *outputs.shape[2:])}, one class for "
                f"each pixel of the output. Found {targets.dtype} of shape {tuple(targets.shape)}. Cut them "
                "as the patches are cut."
            )
        labels, classes = targets[targets != UNLABELLED], outputs.shape[1]
        if not len(labels) or int(labels.min()) < 0 or int(labels.max()) >= classes:
            found = f"{int(labels.min())} to {int(labels.max())}" if len(labels) else "no label"
            raise DataError(
                f"Labels of pixels should lie in 0..{classes - 1}, or be {UNLABELLED} where there is none. "
                f"Found {found}. Build the model for all classes of the data."
            )

    def build_losses(self, targets: Tensor, outputs: int, config: TrainingConfig) -> Losses:
        """Build the cross entropies: that of training weighs rare classes more where the settings say so.

        Args:
            targets: The classes of the pixels of the training part.
            outputs: Number of classes.
            config: The settings.
        """
        labels = targets[targets != UNLABELLED]
        return Losses(
            PixelLoss(class_weights(labels, outputs) if config.class_weights else None), PixelLoss()
        )

    def evaluate(
        self, outputs: Tensor, targets: Tensor, *, groups: Sequence[Any] | npt.NDArray[Any] | None = None
    ) -> PixelScores:
        """Compare logits with the true classes of the labelled pixels.

        Args:
            outputs: The logits of windows or of single pixels.
            targets: Their classes.
            groups: The square of the scene that each pixel lies in, shaped as the targets.
        """
        return score_pixels(outputs, targets, groups)

    def score_epoch(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return accuracy, macro F1 and mean IoU.

        Args:
            outputs: The logits of the validation part.
            targets: The classes of its pixels.
        """
        scores = score_pixels(outputs, targets)
        return {"accuracy": scores.accuracy, "macro_f1": scores.macro_f1, "mean_iou": scores.mean_iou}

    def rank_epoch(self, epoch: EpochRecord) -> tuple[float, float]:
        """Return mean IoU, and minus the loss.

        Args:
            epoch: The epoch.
        """
        return epoch.scores["mean_iou"], -epoch.validation_loss

    def describe_epoch(self, epoch: EpochRecord) -> str:
        """Name the mean IoU on the validation part.

        Args:
            epoch: The epoch.
        """
        return f"validation mean IoU {epoch.scores['mean_iou']:.3f}"

    def describe_test(self, test: Mapping[str, Any]) -> str:
        """Name accuracy, macro F1, mean IoU and, where it is known, kappa, and the number of pixels.

        Args:
            test: What :meth:`record_scores` returned.
        """
        kappa = "" if test["kappa"] is None else f", kappa {test['kappa']:.3f}"
        return (
            f"Accuracy {100 * test['accuracy']:.1f} %, macro F1 {test['macro_f1']:.3f}, mean IoU "
            f"{test['mean_iou']:.3f}{kappa} over {sum(map(sum, test['confusion']))} labelled pixels"
        )

    def find_doubt(self, test: Mapping[str, Any]) -> str | None:
        """Say that a network predicts no better than chance; None if it does.

        Neighbouring pixels are right or wrong together: luck is that of squares as large as a window.

        Args:
            test: The scores, with the confusion matrix: true classes in rows.
        """
        return describe_chance(test, "test pixels", self.group)

    def list_quantities(self, scores: PixelScores) -> Iterator[tuple[str, str, float | None]]:
        """Yield accuracy, macro F1, mean IoU and kappa, then F1 and IoU of each class.

        Args:
            scores: The scores of a test.

        Raises:
            InputError: If they are of another number of classes than those named.
        """
        check_class_count(self.names, len(scores.iou))
        for quantity in _OVERALL:
            yield quantity, "", getattr(scores, quantity)
        for quantity in _BY_CLASS:
            for name, value in zip(self.names, getattr(scores, quantity), strict=True):
                yield quantity, name, value

    def record_scores(self, scores: PixelScores) -> dict[str, Any]:
        """Return the scores with F1 and IoU by the name of the class.

        Args:
            scores: The scores of a test.
        """
        named = {
            quantity: dict(zip(self.names, getattr(scores, quantity), strict=True)) for quantity in _BY_CLASS
        }
        return {**asdict(scores), **named}

    def read_scores(self, record: Mapping[str, Any]) -> PixelScores:
        """Rebuild scores from plain values.

        Args:
            record: The plain values.
        """
        tuples = {name: tuple(record[name]) for name in (*_BY_CLASS, "units")}
        confusion = tuple(tuple(row) for row in record["confusion"])
        return PixelScores(**{**record, **tuples, "confusion": confusion})

    def describe(self) -> dict[str, Any]:
        """Return name and names of the classes."""
        return {"name": self.name, "names": list(self.names)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild what :meth:`describe` returned.

        Args:
            record: The plain values.
        """
        return cls(tuple(record["names"]))
