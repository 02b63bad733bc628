"""Units, stored numbers and notes, as every reader decodes them."""

import dask.array as da
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.decode import (
    convert_bands_to_nm,
    convert_to_nm,
    decode_values,
    mark_nodata,
    parse_notes,
)


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


@pytest.mark.parametrize(
    ("units", "largest", "unit"),
    [("Micrometers", 850.0, "nm"), ("nm", 8.5e-7, "m"), ("m", 0.85, "µm"), ("mm", 850.0, "nm")],
)
def test_numbers_win_over_a_unit_that_no_sensor_has(units: str, largest: float, unit: str) -> None:
    in_nm, notes = convert_to_nm([largest], units)
    np.testing.assert_allclose(in_nm, [850.0])
    assert notes == (
        f"wavelengths are taken to be in {unit}, since their largest value is {largest:g}: "
        f"the file says {units}",
    )


@pytest.mark.parametrize(
    ("centre", "fwhm", "units", "said"),
    [
        ([450.0, 850.0], [5.8, 6.4], "nm", None),
        ([0.45, 0.85], [0.0058, 0.0064], "um", None),
        ([0.45, 0.85], [5.8, 6.4], "um", "nm"),
        ([0.45, 0.85], [5.8, 6.4], "Unknown", "nm"),
        ([450.0, 850.0], [0.0058, 0.0064], "nm", "µm"),
    ],
)
def test_widths_are_checked_against_their_own_numbers(
    centre: list[float], fwhm: list[float], units: str, said: str | None
) -> None:
    in_nm, width, notes = convert_bands_to_nm(centre, fwhm, units)
    np.testing.assert_allclose(in_nm, [450, 850])
    np.testing.assert_allclose(width, [5.8, 6.4])
    listed = [note for note in notes if note.startswith("widths")]
    assert len(listed) == (said is not None)
    assert said is None or f"are taken to be in {said}, which fits" in listed[0]


def test_a_thermal_camera_keeps_its_unit() -> None:
    assert convert_bands_to_nm([7.5, 12.0], [0.04, 0.04], "Micrometers")[2] == ()


def test_widths_that_fit_no_unit_are_left_out() -> None:
    _, width, notes = convert_bands_to_nm([450.0, 850.0], [1e6, 1e6], "nm")
    assert width is None
    assert notes == ("widths of the bands are left out: 1e+06 to 1e+06 fit no unit of length",)


@pytest.mark.parametrize(
    ("stored", "mark", "expected"),
    [
        (np.float32([-3.4028235e38, 0.5]), -3.40282e38, [True, False]),  # six digits, as ENVI writes it
        (np.float32([-3.4028235e38, 0.5]), -3.4028234663852886e38, [True, False]),
        (np.float64([1e34, 1.1e34]), 1e34, [True, False]),
        (np.float32([-0.1, 0.1]), -0.1, [True, False]),  # as float32 rounds it
        (np.float32([-9999, -9999.5]), -9999.0, [True, False]),
        (np.int16([-9999, 5]), -9999.0, [True, False]),
        (np.float32([np.inf, 1]), np.inf, [True, False]),
        (np.float32([1, 2]), -1.797693e308, [False, False]),
    ],
)
def test_the_mark_of_a_missing_value(stored: np.ndarray, mark: float, expected: list[bool]) -> None:
    assert mark_nodata(da.from_array(stored), mark).compute().tolist() == expected
