from math import sqrt

import numpy as np
import pytest
from scipy.stats import norm, t

from lrprism.errors import DataError
from lrprism.spectral.training import Estimate, score_traits


def column(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(values)[:, None]


def test_scores_by_hand() -> None:
    # errors 1, 0, -1, 2: squares 1 + 0 + 1 + 4 = 6; measured about their mean 5: -3, -1, 1, 3, squares 20
    (scores,) = score_traits(column(3, 4, 5, 10), column(2, 4, 6, 8)).traits
    assert scores.r2.value == pytest.approx(1 - 6 / 20)
    assert scores.rmse.value == pytest.approx(sqrt(6 / 4))
    assert scores.rpd.value == pytest.approx(sqrt(20 / 3) / sqrt(6 / 4))
    assert scores.bias.value == pytest.approx(0.5)


def test_the_interval_is_that_of_a_slow_bootstrap_over_groups() -> None:
    generator = np.random.default_rng(3)
    measured = 1e4 + generator.normal(size=60)  # far from zero, where sums of squares lose digits
    predicted = measured + 0.5 * generator.normal(size=60)
    groups = np.repeat(np.arange(12), 5)
    (scores,) = score_traits(predicted[:, None], measured[:, None], groups).traits
    draws = []
    for _ in range(2000):
        drawn = generator.integers(12, size=12)
        rows = np.concatenate([np.flatnonzero(groups == group) for group in drawn])
        error, true = (predicted - measured)[rows], measured[rows]
        draws.append(1 - (error**2).sum() / ((true - true.mean()) ** 2).sum())
    # twelve groups: t over z, and the variance of draws is by 11 / 12 too small; 1 - R2 is positive
    wider = t.ppf(0.975, 11) / norm.ppf(0.975) * sqrt(12 / 11)
    middle, ends = np.log(1 - scores.r2.value), np.log(1 - np.quantile(draws, [0.025, 0.975]))
    low, high = 1 - np.exp(middle + wider * (ends - middle))
    # two draws of 2000: the ends scatter by a few percent of the width
    assert scores.r2.low == pytest.approx(low, abs=0.1 * (high - low))
    assert scores.r2.high == pytest.approx(high, abs=0.1 * (high - low))


def test_groups_widen_the_interval_and_one_alone_has_none() -> None:
    generator = np.random.default_rng(0)
    error = np.repeat(generator.normal(size=8), 10)  # all samples of a plant are wrong alike
    measured = generator.normal(size=80)
    by_sample, by_plant = (
        score_traits((measured + error)[:, None], measured[:, None], groups)
        for groups in (None, np.repeat([f"plant {n}" for n in range(8)], 10))
    )
    widths = [
        scores.traits[0].bias.high - scores.traits[0].bias.low  # type: ignore[operator]  # both are known
        for scores in (by_sample, by_plant)
    ]
    assert widths[1] > 2 * widths[0]
    assert (by_sample.samples, by_sample.groups) == (80, 80)
    assert (by_plant.samples, by_plant.groups) == (80, 8)
    alone = score_traits(column(1, 2), column(1, 3), ["a", "a"]).traits[0]
    assert alone.bias == Estimate(-0.5)


def test_scores_that_divide_by_nothing_are_not_known() -> None:
    (constant,) = score_traits(column(1, 2), column(3, 3)).traits
    assert constant.r2.value is None
    assert constant.rpd.value is None
    assert constant.rmse.value == pytest.approx(sqrt(5 / 2))
    (perfect,) = score_traits(column(1, 2), column(1, 2)).traits
    assert perfect.r2.value == 1
    assert perfect.rpd.value is None
    (single,) = score_traits(column(2), column(1)).traits
    assert (single.r2.value, single.rmse) == (None, Estimate(1.0))


def test_values_that_cannot_be_scored_are_refused() -> None:
    with pytest.raises(DataError, match=r"Found shapes \(2, 1\) and \(1, 1\)\. Give \[sample, trait\]"):
        score_traits(column(1, 2), column(1))
    with pytest.raises(DataError, match=r"should be finite\. Found 1 that are not\. Leave these samples out"):
        score_traits(column(1, np.nan), column(1, 2))


@pytest.mark.parametrize("groups", [3, 6])
def test_intervals_over_few_groups_hold_the_score_of_all(groups: int) -> None:
    generator = np.random.default_rng(0)
    held = []
    for _ in range(300):
        # errors of a plant are alike: of all plants the bias is 0.3, and the mean square 0.09 + 1 + 0.25
        error = 0.3 + np.repeat(generator.normal(size=groups), 10) + 0.5 * generator.normal(size=10 * groups)
        measured = generator.normal(size=len(error))
        (scores,) = score_traits(
            (measured + error)[:, None], measured[:, None], np.repeat(np.arange(groups), 10)
        ).traits
        truths = (scores.bias, 0.3), (scores.rmse, sqrt(1.34))
        held.append([float(score.low) <= truth <= float(score.high) for score, truth in truths])  # type: ignore[arg-type]
    bias, rmse = np.mean(held, axis=0)
    print(f"{groups} groups: bias {bias:.3f}, RMSE {rmse:.3f}")
    assert bias >= 0.9
    assert rmse >= 0.8  # a mean of few squares is far from normal, also as a logarithm
