import numpy as np
import pytest
import xarray as xr
from numpy.typing import ArrayLike

from lrprism.errors import DataError
from lrprism.spectral.plots.trait_key import TraitKey, get_target_range, note_far_values


def trait(values: ArrayLike) -> xr.DataArray:
    return xr.DataArray(np.atleast_2d(values), dims=("y", "x"), name="N", attrs={"units": "mg/g"})


def test_pixels_outside_the_training_targets_are_counted() -> None:
    # 2 wide: 0.5 and 6 lie outside 1 to 3, 6 by more than 2, 5 by exactly 2
    values = trait([np.nan, 0.5, 1.0, 2.0, 3.0, 5.0, 6.0])
    assert note_far_values(values, (1.0, 3.0)) == [
        "trained on 1 to 3 mg/g",
        "predicted outside that range: 3 of 6 pixels",
        "by more than its width: 1 of them",
    ]
    assert note_far_values(values, (0.0, 9.0))[1] == "predicted outside that range: none of 6 pixels"
    assert note_far_values(values, None) == []


@pytest.mark.parametrize(
    ("trained", "ends", "extend"),
    [
        (None, (5.0, 995.0), "both"),  # percentiles of 0 to 1000
        ((200.0, 700.0), (200.0, 700.0), "both"),
        ((-50.0, 700.0), (5.0, 700.0), "both"),
        ((2000.0, 3000.0), (5.0, 995.0), "both"),  # nothing lies in the range
    ],
)
def test_the_colours_end_inside_the_targets(
    trained: tuple[float, float] | None, ends: tuple[float, float], extend: str
) -> None:
    key = TraitKey.from_map(trait(np.arange(1001.0)), trained)
    assert (key.low, key.high) == pytest.approx(ends)
    assert key.extend == extend
    assert key.notes[0] == "beyond the colours: smallest 0, largest 1000"


def test_one_value_everywhere_and_pixels_without_one() -> None:
    key = TraitKey.from_map(trait([2.0, 2.0, 2.0, np.nan]), None)
    assert (key.low, key.high, key.extend) == (1.5, 2.5, "neither")
    assert key.notes == ("grey: not explained (25 % of the scene)",)
    assert key.label == "predicted N (mg/g)"


def test_an_infinite_prediction_is_refused() -> None:
    with pytest.raises(DataError, match=r"should have finite values\. Found an infinite one\. Look for NaN"):
        TraitKey.from_map(trait([1.0, np.inf]), None)


def test_the_range_is_an_attribute() -> None:
    assert get_target_range(trait([1.0])) is None
    assert get_target_range(trait([1.0]).assign_attrs(target_range=np.array([1, 2]))) == (1.0, 2.0)
