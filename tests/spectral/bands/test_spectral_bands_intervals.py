import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.bands.intervals import bootstrap_mean


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
    # two groups: both drawn once gives 2, one of them twice 0 or 3; 2.5 % lies in the outer ones
    low, high = bootstrap_mean([0.0, 3.0, 3.0], ["a", "b", "b"])
    assert (float(low), float(high)) == (0.0, 3.0)


def test_one_sample_has_no_interval() -> None:
    low, high = bootstrap_mean([[1.0, 2.0]])
    assert np.isnan(low).all()
    assert np.isnan(high).all()
    assert np.isnan(bootstrap_mean([1.0, 2.0], ["a", "a"])[0])


@pytest.mark.parametrize(("values", "groups"), [([], None), ([1.0, 2.0], ["a"])])
def test_samples_without_groups(values: list[float], groups: list[str] | None) -> None:
    with pytest.raises(lp.InputError, match=r"at least one sample, and a group for each or none"):
        bootstrap_mean(values, groups)
