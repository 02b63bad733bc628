import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.bands.intervals import (
    bootstrap_mean,
    count_independent,
    count_units,
    widen_for_choice,
)


def test_intervals_have_the_width_of_theory() -> None:
    values = np.random.default_rng(0).normal(3, 2, (400, 5))
    low, high = bootstrap_mean(values)
    # 1.96 standard errors to both sides of the mean
    error = values.std(axis=0) / 20
    np.testing.assert_allclose(low, values.mean(axis=0) - 1.96 * error, atol=0.25 * error.max())
    np.testing.assert_allclose(high, values.mean(axis=0) + 1.96 * error, atol=0.25 * error.max())


def test_the_mean_is_covered_as_often_as_stated() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.normal(1.0, 1.0, (60, 200))  # 200 data sets of 60 samples
    low, high = bootstrap_mean(drawn)
    assert 0.9 <= ((low <= 1.0) & (high >= 1.0)).mean() <= 0.98


def test_groups_are_drawn_whole() -> None:
    rng = np.random.default_rng(2)
    plants = np.repeat(rng.normal(0, 1, 12), 25)
    group = np.repeat(np.arange(12), 25)
    one_by_one, whole = bootstrap_mean(plants), bootstrap_mean(plants, group)
    # 25 copies of a plant say no more than one
    alone = bootstrap_mean(plants[::25])
    assert whole[1] - whole[0] == pytest.approx(alone[1] - alone[0], rel=0.15)
    assert whole[1] - whole[0] > 3 * (one_by_one[1] - one_by_one[0])


def test_groups_of_different_size_by_hand() -> None:
    # two groups: both drawn once gives 2, one of them twice 0 or 3; 2.5 % lies in the outer ones. Their
    # distances from the mean, 2, are widened by t / z * sqrt(2 / 1) = 12.7062 / 1.959964 * 1.414214 = 9.16817
    low, high = bootstrap_mean([0.0, 3.0, 3.0], ["a", "b", "b"])
    assert float(low) == pytest.approx(2 - 2 * 9.16817, rel=1e-5)
    assert float(high) == pytest.approx(2 + 1 * 9.16817, rel=1e-5)


@pytest.mark.parametrize("count", [2, 3, 6, 10])
def test_the_mean_of_few_groups_is_covered_as_often_as_stated(count: int) -> None:
    rng = np.random.default_rng(count)
    group = np.repeat(np.arange(count), 10)
    # 2000 data sets: plants differ more than the samples of one do
    samples = rng.normal(0, 1, (count, 2000))[group] + rng.normal(0, 0.3, (10 * count, 2000))
    low, high = bootstrap_mean(samples, group)
    assert 0.92 <= ((low <= 0) & (high >= 0)).mean() <= 0.97


def test_the_mean_of_five_samples_is_covered_as_often_as_stated() -> None:
    low, high = bootstrap_mean(np.random.default_rng(5).normal(0, 1, (5, 2000)))
    assert 0.92 <= ((low <= 0) & (high >= 0)).mean() <= 0.97


def test_the_best_of_many_places_takes_a_wider_interval() -> None:
    # four groups and ten places: t of 0.9975 over t of 0.975 with 3 degrees of freedom, 7.45332 / 3.18245
    assert widen_for_choice(10, 4) == pytest.approx(7.45332 / 3.18245, rel=1e-5)
    # of many samples as of a normal mean, 2.80703 / 1.95996
    assert widen_for_choice(10, 10**6) == pytest.approx(2.80703 / 1.95996, rel=1e-5)
    assert widen_for_choice(0.3, 4) == 1
    assert np.isnan(widen_for_choice(10, 1))


def test_groups_are_what_is_drawn_where_they_are_known() -> None:
    assert count_units(5, None) == 5
    assert count_units(5, ["a", "b", "a", "b", "b"]) == 2


def test_one_sample_has_no_interval() -> None:
    low, high = bootstrap_mean([[1.0, 2.0]])
    assert np.isnan(low).all()
    assert np.isnan(high).all()
    assert np.isnan(bootstrap_mean([1.0, 2.0], ["a", "a"])[0])


@pytest.mark.parametrize(("values", "groups"), [([], None), ([1.0, 2.0], ["a"])])
def test_samples_without_groups(values: list[float], groups: list[str] | None) -> None:
    with pytest.raises(lp.InputError, match=r"at least one sample, and a group for each or none"):
        bootstrap_mean(values, groups)


def test_units_by_hand() -> None:
    # plants a and b are of one class each; in field c 3 samples of class 0 lie beside 2 of class 1 and 1 of 2
    labels = np.array([0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 2])
    groups = list("aaabbcccccc")
    # class 0: 1 of a and min(3, 3) of c; class 1: 1 of b and min(2, 4) of c; class 2: min(1, 5)
    assert count_independent(labels, groups, 4) == (3, (4, 3, 1, 0))


def test_samples_that_are_groups_of_their_own_are_units() -> None:
    assert count_independent(np.array([0, 1, 1]), [7, 8, 9], 2) == (3, (1, 2))
