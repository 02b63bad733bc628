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
    # the ends of the first band's mean are 1 and 3, all others have no spread
    assert (table["low"].tolist(), table["high"].tolist()) == ([1, -3], [3, -3])
    assert table["first_share"].tolist() == [0.5, 0.5]
    assert table["second_share"].tolist() == [0, 1]


def test_intervals_cover_the_true_difference() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(1, 1, (80, 200)), rng.normal(0.5, 2, (60, 200))
    table = contrast_table(dataset(first), dataset(second))
    covered = ((table["low"] <= 0.5) & (table["high"] >= 0.5)).mean()
    assert 0.9 <= covered <= 0.98


def test_other_bands() -> None:
    one = dataset(np.ones((2, 3)))
    with pytest.raises(lp.DataError, match=r"same bands\. Found 3 bands, 500\.0 to 520\.0 nm and 2 bands"):
        contrast_table(one, dataset(np.ones((2, 2))))
    with pytest.raises(lp.DataError, match=r"and 3 bands, 505\.0 to 525\.0 nm"):
        contrast_table(one, dataset(np.ones((2, 3)), first_nm=505.0))
