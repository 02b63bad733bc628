"""One class for each sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self, final

import numpy.typing as npt
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.samples import compare_with_chance
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.losses import ClassificationLoss, class_weights
from lrprism.spectral.training.metrics import Metrics, check_labels, check_logits, evaluate
from lrprism.spectral.training.tasks.task import AbstractTask, EpochRecord, Losses

_OVERALL = ("accuracy", "macro_f1", "kappa")


@final
@dataclass(frozen=True)
class Classification(AbstractTask):
    """One class for each sample: cross entropy, and the best epoch by macro F1.

    Outputs are logits, ``[N, classes]``, or ``[N, 1]`` for two classes; targets whole numbers, ``[N]``.

    Args:
        names: Name of each class, class 0 first; empty where nobody has named them.
    """

    name: ClassVar[str] = "classification"
    noun: ClassVar[str] = "classes"

    def check(self, outputs: Tensor, targets: Tensor, *, samples: int) -> None:
        """Check that there is a known class for each sample, and a row of logits.

        Args:
            outputs: Logits of one sample or more.
            targets: The classes of a part.
            samples: Number of samples of the part.

        Raises:
            DataError: If there are no samples, the lengths differ, or a label is not one of the classes.
            ModelError: If the logits are not of rank 2.
        """
        check_logits(outputs)
        check_labels(targets, max(2, outputs.shape[1]), samples=samples)

    def build_losses(self, targets: Tensor, outputs: int, config: TrainingConfig) -> Losses:
        """Build the cross entropies: that of training weighs rare classes more where the settings say so.

        Args:
            targets: The classes of the training part.
            outputs: Number of logits.
            config: The settings.
        """
        # one logit tells two classes apart
        weights = class_weights(targets, max(2, outputs)) if config.class_weights else None
        return Losses(ClassificationLoss(weights), ClassificationLoss())

    def evaluate(
        self, outputs: Tensor, targets: Tensor, *, groups: Sequence[Any] | npt.NDArray[Any] | None = None
    ) -> Metrics:
        """Compare logits with the true classes.

        Args:
            outputs: The logits of a part.
            targets: Its classes.
            groups: Plant, field or day of each sample, which luck is judged by; None where none are known.
        """
        return evaluate(outputs, targets, groups)

    def score_epoch(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return accuracy and macro F1.

        Args:
            outputs: The logits of the validation part.
            targets: Its classes.
        """
        metrics = evaluate(outputs, targets)
        return {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1}

    def rank_epoch(self, epoch: EpochRecord) -> tuple[float, float]:
        """Return macro F1, and minus the loss.

        Args:
            epoch: The epoch.
        """
        return epoch.scores["macro_f1"], -epoch.validation_loss

    def describe_epoch(self, epoch: EpochRecord) -> str:
        """Name the macro F1 on the validation part.

        Args:
            epoch: The epoch.
        """
        return f"validation macro F1 {epoch.scores['macro_f1']:.3f}"

    def describe_test(self, test: Mapping[str, Any]) -> str:
        """Name accuracy, macro F1 and, where it is known, kappa.

        Args:
            test: What :meth:`record_scores` returned.
        """
        kappa = "" if test["kappa"] is None else f", kappa {test['kappa']:.3f}"
        return f"Accuracy {100 * test['accuracy']:.1f} %, macro F1 {test['macro_f1']:.3f}{kappa}"

    def find_doubt(self, test: Mapping[str, Any]) -> str | None:
        """Say that a network predicts no better than chance; None if it does.

        Args:
            test: The scores, with the confusion matrix: true classes in rows.
        """
        return describe_chance(test, "test samples")

    def list_quantities(self, scores: Metrics) -> Iterator[tuple[str, str, float | None]]:
        """Yield accuracy, macro F1 and kappa, then the F1 of each class.

        Args:
            scores: The scores of a test.

        Raises:
            InputError: If they are of another number of classes than those named.
        """
        check_class_count(self.names, len(scores.f1))
        for quantity in _OVERALL:
            yield quantity, "", getattr(scores, quantity)
        for name, f1 in zip(self.names, scores.f1, strict=True):
            yield "f1", name, f1

    def record_scores(self, scores: Metrics) -> dict[str, Any]:
        """Return the scores with F1 by the name of the class.

        Args:
            scores: The scores of a test.
        """
        return {**asdict(scores), "f1": dict(zip(self.names, scores.f1, strict=True))}

    def read_scores(self, record: Mapping[str, Any]) -> Metrics:
        """Rebuild scores from plain values.

        Args:
            record: The plain values.
        """
        confusion = tuple(tuple(row) for row in record["confusion"])
        tuples = {"f1": tuple(record["f1"]), "units": tuple(record["units"]), "confusion": confusion}
        return Metrics(**{**record, **tuples})

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


def describe_chance(test: Mapping[str, Any], noun: str, group: str = "group") -> str | None:
    """Say that predicted classes are no better than chance; None if they are.

    Args:
        test: The scores, with the confusion matrix: true classes in rows; where groups are known with their
            number and the independent units of each class.
        noun: What is counted in it, such as "test samples".
        group: What a group is called.
    """
    confusion = torch.tensor(test["confusion"])
    right, counts = confusion.diagonal(), confusion.sum(1)
    units = torch.tensor(test["units"]) if test.get("groups") else None
    accuracy, chance, limit = compare_with_chance(right, counts, units)
    if accuracy > limit:
        return None
    by_samples = compare_with_chance(right, counts)[2]
    what = "is not told from chance" if accuracy > by_samples else "predicts no better than chance"
    return (
        f"the network {what}, with a balanced accuracy of {accuracy:.3f} on {int(confusion.sum())} {noun}"
        f"{name_groups(test, group)}, where {chance:.3f} is chance and up to {limit:.3f} is luck"
    )


def name_groups(test: Mapping[str, Any], group: str = "group") -> str:
    """Return the number of groups of the samples of a test, such as " of 4 groups".

    Args:
        test: The scores.
        group: What a group is called.

    Returns:
        The words; empty where no group is known, or each sample is one.
    """
    count = test.get("groups")
    if not count or count == test.get("samples"):
        return ""
    return f" of {count} {group}{'s' if count > 1 else ''}"


def check_class_count(names: Sequence[str], count: int) -> None:
    """Refuse scores of another number of classes than those named.

    Args:
        names: Name of each class.
        count: Number of classes that are scored.

    Raises:
        InputError: If the numbers differ.
    """
    if count != len(names):
        raise InputError(
            f"Every result should be of the {len(names)} classes named. Found one of {count}. Give the names "
            "of the classes that the networks were trained for."
        )
