"""Units, stored numbers and notes, as every reader decodes them."""

import dask.array as da
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.decode import convert_to_nm, decode_values, parse_notes


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
    nm_values, notes = convert_to_nm(values, units)
    np.testing.assert_allclose(nm_values, nm)
    assert notes == ()


@pytest.mark.parametrize("units", [None, "", "Unknown"])
def test_unstated_units_are_guessed_and_said(units: str | None) -> None:
    nm_values, notes = convert_to_nm([0.4, 2.5], units)
    assert nm_values.tolist() == [400.0, 2500.0]
    assert notes == (
        "wavelengths are taken to be in µm, since their largest value is 2.5: no unit is stated",
    )
    nm_values, notes = convert_to_nm([400.0, 2500.0], units)
    assert nm_values.tolist() == [400.0, 2500.0]
    assert "taken to be in nm" in notes[0]


def test_nanometres_below_100_are_micrometres() -> None:
    nm_values, notes = convert_to_nm([0.4, 2.5], "Nanometers")
    assert nm_values.tolist() == [400.0, 2500.0]
    assert notes == (
        "wavelengths are taken to be in µm, since their largest value is 2.5: the file says Nanometers",
    )


def test_a_unit_that_is_no_length_is_refused() -> None:
    with pytest.raises(DataError, match=r"wavelength units should be nm.* Found 'GHz'"):
        convert_to_nm([1.0], "GHz")


def test_stored_numbers_become_values_lazily_and_missing_ones_nan() -> None:
    stored = da.from_array(np.array([[-9999, 5000], [10000, 0]], dtype=np.int16))
    values = decode_values(stored, divisor=10000, offset=0.5, nodata=-9999)
    assert isinstance(values, da.Array)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values.compute(), np.array([[np.nan, 1.0], [1.5, 0.5]], dtype=np.float32))


@pytest.mark.parametrize("divisor", [0.0, float("nan")])
def test_an_impossible_scale_is_refused(divisor: float) -> None:
    with pytest.raises(DataError, match="a scale should be a finite number other than 0"):
        decode_values(np.zeros(2), divisor=divisor)


def test_sentences_are_a_list_or_stand_alone() -> None:
    assert parse_notes('["one, two", "three"]') == ["one, two", "three"]
    assert parse_notes("taken at noon, [sic") == ["taken at noon, [sic"]
    assert parse_notes("7") == ["7"]
    assert parse_notes("") == []
