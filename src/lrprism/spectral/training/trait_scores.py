"""Scores of predicted traits, each with an interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.bands.intervals import draw_sums, widen_for_few
from lrprism.spectral.training.tasks.task import AbstractScores

DRAWS: Final = 2000
"""Draws of the bootstrap."""
CONFIDENCE: Final = 0.95
"""Share of the draws between the ends of an interval."""
QUANTITIES: Final = ("r2", "rmse", "rpd", "bias")
"""The scores of a trait."""
_SEED: Final = 0
_Scale: TypeAlias = Callable[[Any], Any]
_SCALES: Final[dict[str, tuple[_Scale, _Scale]]] = {
    "r2": (lambda r2: np.log(1 - r2), lambda x: 1 - np.exp(x)),
    "rmse": (np.log, np.exp),
    "rpd": (np.log, np.exp),
    "bias": (lambda bias: bias, lambda bias: bias),
}
"""The scale on which the draws of a score are widened, and the way back."""
Floats = npt.NDArray[np.float64]


@final
@dataclass(frozen=True)
class Estimate:
    """A score with its interval.

    Args:
        value: The score; ``None`` where the targets do not vary, or all errors are zero and it divides by
            them.
        low: Lower end of the interval; ``None`` where it is not known.
        high: Upper end.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@final
@dataclass(frozen=True)
class TraitScores:
    r"""Agreement of predicted and measured values of one trait.

    .. math:: R^2 = 1 - \frac{\sum_n e_n^2}{\sum_n (t_n - \bar t)^2}, \qquad
              \mathrm{RMSE}^2 = \frac1N \sum_n e_n^2, \qquad
              \mathrm{RPD} = \frac{s_t}{\mathrm{RMSE}}, \qquad
              \mathrm{bias} = \frac1N \sum_n e_n, \qquad e_n = y_n - t_n

    with :math:`s_t^2 = \sum_n (t_n - \bar t)^2 / (N - 1)`.

    Args:
        r2: Share of the variance of the measured values that is predicted; negative where their mean would
            be nearer.
        rmse: Root of the mean squared error, in the unit of the trait.
        rpd: Standard deviation of the measured values over the RMSE.
        bias: Mean error, predicted less measured, in the unit of the trait.

    Source: Williams, "Variables affecting near-infrared reflectance spectroscopic analysis", 1987 (RPD).
    """

    r2: Estimate
    rmse: Estimate
    rpd: Estimate
    bias: Estimate


@final
@dataclass(frozen=True)
class RegressionScores(AbstractScores):
    """Scores of each trait on one set of samples.

    Args:
        traits: Of each trait.
        samples: Number of samples.
        groups: Number of groups, such as plants, that the intervals are over; as many as samples where none
            are known.
    """

    traits: tuple[TraitScores, ...]
    samples: int = 0
    groups: int = 0


def score_traits(
    predicted: Floats, measured: Floats, groups: Sequence[object] | npt.NDArray[np.generic] | None = None
) -> RegressionScores:
    r"""Score predicted traits, with intervals of a bootstrap over groups.

    Whole groups are drawn with replacement, as many as there are. The ends are the quantiles of 2000 draws,
    their distances from the score widened for few groups, see
    :func:`lrprism.spectral.bands.intervals.bootstrap_mean`: of RMSE, RPD and 1 - R2 as logarithms, as they
    are positive. On six groups such an interval holds a bias in 95 and an RMSE in 85 of 100 cases. Samples
    of one plant or field are no independent evidence: without groups each sample is one. Of a single group
    no interval is known.

    Shapes: ``predicted``, ``measured``: ``[sample, trait]``; ``groups``: ``[sample]``.

    Args:
        predicted: The predicted values.
        measured: The measured ones, in the same unit.
        groups: Plant, field or day of each sample; None where none are known.

    Raises:
        DataError: If the shapes differ, there is no sample, or a value is not finite.

    Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993.
    """
    if predicted.shape != measured.shape or predicted.ndim != 2 or not predicted.size:
        raise DataError(
            f"predicted and measured values should be one of each trait and sample. Found shapes "
            f"{predicted.shape} and {measured.shape}. Give [sample, trait] of at least 1 sample."
        )
    wrong = int((~np.isfinite(predicted)).sum() + (~np.isfinite(measured)).sum())
    if wrong:
        raise DataError(
            f"predicted and measured values should be finite. Found {wrong} that are not. Leave these "
            "samples out."
        )
    listed = np.arange(len(measured)) if groups is None else np.asarray(groups)
    different, group = np.unique(listed, return_inverse=True)
    traits = tuple(
        _score_trait(predicted[:, trait], measured[:, trait], group.ravel(), len(different))
        for trait in range(measured.shape[1])
    )
    return RegressionScores(traits, len(measured), len(different))


def _score_trait(
    predicted: Floats, measured: Floats, group: npt.NDArray[np.int64], count: int
) -> TraitScores:
    error = predicted - measured
    # centred: a sum of squares of values far from zero would lose the digits of their spread
    centred = measured - measured.mean()
    moments = np.stack([np.ones_like(error), error, error**2, centred, centred**2], axis=1)
    sums = np.zeros((count, moments.shape[1]))
    np.add.at(sums, group, moments)
    values = _compute(sums.sum(axis=0, keepdims=True))
    if count == 1:
        return TraitScores(*(Estimate(_to_number(value[0])) for value in values))
    drawn = _compute(draw_sums(sums, draws=DRAWS, seed=_SEED))
    return TraitScores(*(
        _estimate(name, float(value[0]), draws, count)
        for name, value, draws in zip(QUANTITIES, values, drawn, strict=True)
    ))  # fmt: skip


def _estimate(name: str, value: float, draws: Floats, count: int) -> Estimate:
    """Return a score with the interval that its draws over so many groups give."""
    finite = draws[np.isfinite(draws)]
    if not finite.size or not np.isfinite(value):
        return Estimate(_to_number(value))
    scale, back = _SCALES[name]
    tail = (1 - CONFIDENCE) / 2
    # without an error a logarithm is minus infinity, and both ends are the score itself
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, ends = scale(value), scale(np.quantile(finite, [tail, 1 - tail]))
        wide = middle + widen_for_few(count) * (ends - middle)
    ends = back(np.where(np.isfinite(middle), wide, ends))
    return Estimate(value, _to_number(ends.min()), _to_number(ends.max()))


def _compute(sums: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return R2, RMSE, RPD and bias of sums over samples, ``[set, 5]``; NaN where one has no value."""
    n, error, squared_error, value, squared_value = sums.T
    spread = np.maximum(squared_value - value**2 / n, 0)
    rmse = np.sqrt(squared_error / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        varies = spread > 0
        r2 = np.where(varies, 1 - squared_error / spread, np.nan)
        rpd = np.where(varies & (rmse > 0), np.sqrt(spread / (n - 1)) / rmse, np.nan)
    return r2, rmse, rpd, error / n


def _to_number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
