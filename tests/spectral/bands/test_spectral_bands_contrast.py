import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.bands.contrast import contrast_table
from lrprism.spectral.cubes.cube import band_coords


def dataset(values: np.ndarray, first_nm: float = 500.0) -> xr.Dataset:
    bands = values.shape[1]
    return xr.Dataset(
        {
            "relevance": (("sample", "band", "y", "x"), values[:, :, None, None].astype(np.float64)),
            "target": ("sample", [0] * len(values)),
        },
        coords={
            **band_coords(bands, first_nm + 10 * np.arange(bands), fwhm=np.full(bands, 9.0)),
            "class_name": ("class", ["a"]),
        },
    )


def test_differences_by_hand() -> None:
    table = contrast_table(dataset(np.array([[1, 2], [3, 2]])), dataset(np.array([[0, 5], [0, 5]])))
    assert table["first"].tolist() == [2, 2]
    assert table["second"].tolist() == [0, 5]
    assert table["difference"].tolist() == [2, -3]
    # the ends of the first band's mean are 1 and 3 in the draws, all others have no spread; for two samples
    # they are widened t / z * sqrt(2) = 12.7062 / 1.959964 * 1.414214 = 9.16817 times
    assert table["low"].tolist() == pytest.approx([2 - 9.16817, -3], rel=1e-5)
    assert table["high"].tolist() == pytest.approx([2 + 9.16817, -3], rel=1e-5)
    assert table["differs"].tolist() == [False, True]
    assert table["first_share"].tolist() == [0.5, 0.5]
    assert table["second_share"].tolist() == [0, 1]


def test_intervals_cover_the_true_difference() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(1, 1, (80, 200)), rng.normal(0.5, 2, (60, 200))
    table = contrast_table(dataset(first), dataset(second))
    covered = ((table["low"] <= 0.5) & (table["high"] >= 0.5)).mean()
    assert 0.9 <= covered <= 0.98


def test_bands_that_differ_by_chance_are_not_said_to_differ() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(1, 1, (40, 200)), rng.normal(1, 1, (30, 200))
    second[:, 7] += 2
    table = contrast_table(dataset(first), dataset(second))
    # about one in twenty of the intervals does not hold 0
    outside = (table["low"] > 0) | (table["high"] < 0)
    assert 5 <= outside.sum() <= 20
    assert np.flatnonzero(table["differs"]).tolist() == [7]


def test_few_groups_tell_less_than_their_samples() -> None:
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(3), 20)
    sets = [rng.normal(0, 1, (3, 60))[group] + rng.normal(0, 0.1, (60, 60)) for _ in range(2)]
    plants = [dataset(values).assign_coords(group=("sample", group)) for values in sets]
    # plants differ, the sets do not: samples taken one by one would tell a third of the bands apart
    assert contrast_table(*(dataset(values) for values in sets))["differs"].mean() > 0.3
    assert not contrast_table(*plants)["differs"].any()


def test_one_group_has_no_interval() -> None:
    values = np.random.default_rng(3).normal(0, 1, (6, 4))
    one, two = (dataset(values).assign_coords(group=("sample", names)) for names in ([1] * 6, [1, 2] * 3))
    table = contrast_table(one, two)
    assert table["low"].isna().all()
    assert table["high"].isna().all()
    assert not table["differs"].any()


def test_other_bands() -> None:
    one = dataset(np.ones((2, 3)))
    with pytest.raises(lp.DataError, match=r"same bands\. Found 3 bands, 500\.0 to 520\.0 nm and 2 bands"):
        contrast_table(one, dataset(np.ones((2, 2))))
    with pytest.raises(lp.DataError, match=r"and 3 bands, 505\.0 to 525\.0 nm"):
        contrast_table(one, dataset(np.ones((2, 3)), first_nm=505.0))
