"""Numbers of each sample, such as nitrogen and water."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self, final

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from lrprism.errors import DataError, InputError, ModelError
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.tasks.task import AbstractTask, EpochRecord, Losses
from lrprism.spectral.training.trait_scores import (
    QUANTITIES,
    Estimate,
    RegressionScores,
    TraitScores,
    score_traits,
)


@final
class TraitLoss(nn.Module):
    r"""Mean squared error of standardised traits.

    .. math:: L = \frac{1}{N K} \sum_{n,k} \left(\frac{y_{nk} - t_{nk}}{s_k}\right)^2

    so that traits of large numbers do not drown the others. With constant errors of measurement it is the
    likelihood of the data.

    Args:
        scale: Standard deviation of each trait in the training part, ``[trait]``.
    """

    def __init__(self, scale: Tensor) -> None:
        """Store the scale, which moves to the device of the network."""
        super().__init__()
        self.scale: Tensor
        self.register_buffer("scale", scale)

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss, a scalar without unit."""
        return ((outputs - targets.to(outputs)) / self.scale.to(outputs)).square().mean()


@final
@dataclass(frozen=True)
class Regression(AbstractTask):
    """Numbers of each sample: mean squared error, and the best epoch by the loss.

    Outputs and targets are in the traits' own units, ``[N, traits]``.

    Args:
        names: Name of each trait.
        units: Unit of each, empty where it is not known; none where nobody has named any.
    """

    name: ClassVar[str] = "regression"
    noun: ClassVar[str] = "traits"

    units: tuple[str, ...] = ()

    def check(self, outputs: Tensor, targets: Tensor, *, samples: int) -> None:
        """Check that there is a finite number of each trait for each sample.

        Args:
            outputs: Outputs of one sample or more.
            targets: The traits of a part.
            samples: Number of samples of the part.

        Raises:
            DataError: If targets are missing or not finite.
            ModelError: If the network has another number of outputs.
        """
        if outputs.ndim != 2 or targets.ndim != 2 or outputs.shape[1] != targets.shape[1]:
            raise ModelError(
                f"The model's output should have shape (N, {targets.shape[-1]}), one number for each trait. "
                f"Found {tuple(outputs.shape)} for targets {tuple(targets.shape)}. Build it for as many "
                "outputs."
            )
        if len(targets) != samples or not targets.is_floating_point() or not targets.isfinite().all():
            raise DataError(
                f"Targets should be finite numbers, one row for each of {samples} samples. Found "
                f"{len(targets)} rows of {targets.dtype}. Leave samples without a value out."
            )

    def build_losses(self, targets: Tensor, outputs: int, config: TrainingConfig) -> Losses:
        """Build the loss in units of the traits' spread in the training part.

        Args:
            targets: The traits of the training part.
            outputs: Number of outputs.
            config: The settings.
        """
        del outputs, config
        _, scale = measure_traits(targets)
        return Losses(TraitLoss(scale), TraitLoss(scale))

    def evaluate(
        self, outputs: Tensor, targets: Tensor, *, groups: Sequence[Any] | npt.NDArray[Any] | None = None
    ) -> RegressionScores:
        """Compare predicted with measured traits.

        Args:
            outputs: The outputs of a part.
            targets: Its traits.
            groups: Plant, field or day of each sample; None where none are known.
        """
        return score_traits(_to_numpy(outputs), _to_numpy(targets), groups)

    def score_epoch(self, outputs: Tensor, targets: Tensor) -> dict[str, float]:
        """Return the RMSE of each trait, in its unit.

        Args:
            outputs: The outputs of the validation part.
            targets: Its traits.
        """
        errors = (outputs.double() - targets.double()).square().mean(0).sqrt()
        names = self.names or [f"trait {number}" for number in range(len(errors))]
        return {f"rmse of {name}": float(error) for name, error in zip(names, errors, strict=True)}

    def rank_epoch(self, epoch: EpochRecord) -> tuple[float, float]:
        """Return minus the loss.

        Args:
            epoch: The epoch.
        """
        return -epoch.validation_loss, 0.0

    def describe_epoch(self, epoch: EpochRecord) -> str:
        """Name the validation RMSE of each trait.

        Args:
            epoch: The epoch.
        """
        return "validation " + ", ".join(f"{name} {value:.4g}" for name, value in epoch.scores.items())

    def describe_test(self, test: Mapping[str, Any]) -> str:
        """Name R2, RMSE, RPD and bias of each trait with their intervals.

        Args:
            test: What :meth:`record_scores` returned.
        """
        return "; ".join(
            f"{name}: R2 {_format(scores['r2'])}, RMSE {_format(scores['rmse'], scores['unit'])}, "
            f"RPD {_format(scores['rpd'])}, bias {_format(scores['bias'], scores['unit'])}"
            for name, scores in test["traits"].items()
        )

    def find_doubt(self, test: Mapping[str, Any]) -> str | None:
        """Say that a network may predict no better than the mean of the trait; None if it surely does.

        Args:
            test: What :meth:`record_scores` returned.
        """
        doubtful = []
        for name, scores in test["traits"].items():
            low, value = scores["r2"]["low"], scores["r2"]["value"]
            if value is None or value <= 0 or (low is not None and low <= 0):
                doubtful.append(f"{name} with R2 {_format(scores['r2'])}")
        if not doubtful:
            return None
        return (
            f"it is not sure that the network predicts better than the mean, which has R2 0: "
            f"{', '.join(doubtful)} on {test['samples']} test samples"
        )

    def list_quantities(self, scores: RegressionScores) -> Iterator[tuple[str, str, float | None]]:
        """Yield R2, RMSE, RPD and bias of each trait.

        Args:
            scores: The scores of a test.

        Raises:
            InputError: If they are of another number of traits than those named.
        """
        if len(scores.traits) != len(self.names):
            raise InputError(
                f"Every result should be of the {len(self.names)} traits named. Found one of "
                f"{len(scores.traits)}. Give the names of the traits that the networks were trained for."
            )
        for name, trait in zip(self.names, scores.traits, strict=True):
            for quantity in QUANTITIES:
                yield quantity, name, getattr(trait, quantity).value

    def record_scores(self, scores: RegressionScores) -> dict[str, Any]:
        """Return the scores by the name of the trait, with its unit.

        Args:
            scores: The scores of a test.
        """
        traits = zip(self.names, self.units, scores.traits, strict=True)
        return {
            "samples": scores.samples,
            "groups": scores.groups,
            "traits": {name: {"unit": unit, **asdict(trait)} for name, unit, trait in traits},
        }

    def read_scores(self, record: Mapping[str, Any]) -> RegressionScores:
        """Rebuild scores from plain values.

        Args:
            record: The plain values.
        """
        traits = tuple(
            TraitScores(**{quantity: Estimate(**trait[quantity]) for quantity in QUANTITIES})
            for trait in record["traits"]
        )
        return RegressionScores(traits, record["samples"], record["groups"])

    def describe(self) -> dict[str, Any]:
        """Return name, and names and units of the traits."""
        return {"name": self.name, "names": list(self.names), "units": list(self.units)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild what :meth:`describe` returned.

        Args:
            record: The plain values.
        """
        return cls(tuple(record["names"]), tuple(record["units"]))

    def name_unit(self, output: int) -> str:
        """Return the unit of a trait in print, "unit of nitrogen" where it is not known.

        Args:
            output: Number of the trait.
        """
        return self.units[output] or f"unit of {self.names[output]}"


def measure_traits(targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of traits, ``[trait]``; 1 for one that does not vary.

    Args:
        targets: The traits, ``[N, trait]``.
    """
    values = targets.double()
    scale = values.std(0, correction=0)
    return values.mean(0), scale.masked_fill(scale == 0, 1)


def _to_numpy(values: Tensor) -> npt.NDArray[np.float64]:
    return values.detach().cpu().numpy().astype(np.float64)


def _format(estimate: Mapping[str, float | None], unit: str = "") -> str:
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return "not known"
    ends = "" if low is None or high is None else f" [{low:.3g}, {high:.3g}]"
    return f"{value:.3g}{' ' if unit else ''}{unit}{ends}"
