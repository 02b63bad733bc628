"""Units, stored numbers and bad bands, as every reader settles them."""

import dask.array as da
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.facts import decoded, in_water_vapour, sentences, to_nm


@pytest.mark.parametrize(
    ("values", "units", "nm"),
    [
        ([0.4, 2.5], "Micrometers", [400.0, 2500.0]),
        ([400.0, 2500.0], "nm", [400.0, 2500.0]),
        ([4000.0], "Angstroms", [400.0]),
        ([4e-7], "m", [400.0]),
    ],
)
def test_stated_units_are_converted_without_a_word(values: list[float], units: str, nm: list[float]) -> None:
    found, notes = to_nm(values, units)
    np.testing.assert_allclose(found, nm)
    assert notes == ()


@pytest.mark.parametrize("units", [None, "", "Unknown"])
def test_unstated_units_are_guessed_and_said(units: str | None) -> None:
    found, notes = to_nm([0.4, 2.5], units)
    assert found.tolist() == [400.0, 2500.0]
    assert notes == (
        "wavelengths are taken to be in µm, since their largest value is 2.5: no unit is stated",
    )
    found, notes = to_nm([400.0, 2500.0], units)
    assert found.tolist() == [400.0, 2500.0]
    assert "taken to be in nm" in notes[0]


def test_nanometres_below_100_are_micrometres() -> None:
    found, notes = to_nm([0.4, 2.5], "Nanometers")
    assert found.tolist() == [400.0, 2500.0]
    assert notes == (
        "wavelengths are taken to be in µm, since their largest value is 2.5: the file says Nanometers",
    )


def test_a_unit_that_is_no_length_is_refused() -> None:
    with pytest.raises(DataError, match=r"wavelength units should be nm.* Found 'GHz'"):
        to_nm([1.0], "GHz")


def test_stored_numbers_become_values_lazily_and_missing_ones_nan() -> None:
    stored = da.from_array(np.array([[-9999, 5000], [10000, 0]], dtype=np.int16))
    values = decoded(stored, divisor=10000, offset=0.5, nodata=-9999)
    assert isinstance(values, da.Array)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values.compute(), np.array([[np.nan, 1.0], [1.5, 0.5]], dtype=np.float32))


@pytest.mark.parametrize("divisor", [0.0, float("nan")])
def test_an_impossible_scale_is_refused(divisor: float) -> None:
    with pytest.raises(DataError, match="a scale should be a finite number other than 0"):
        decoded(np.zeros(2), divisor=divisor)


def test_water_vapour_takes_the_bands_that_indian_pines_leaves_out() -> None:
    assert in_water_vapour([1352.7, 1400.0, 1850.0, 2500.0]).all()
    assert not in_water_vapour([550.0, 1300.0, 1700.0, 2200.0]).any()


def test_sentences_are_a_list_or_stand_alone() -> None:
    assert sentences('["one, two", "three"]') == ["one, two", "three"]
    assert sentences("taken at noon, [sic") == ["taken at noon, [sic"]
    assert sentences("7") == ["7"]
    assert sentences("") == []
