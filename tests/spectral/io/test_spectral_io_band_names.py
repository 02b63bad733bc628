"""Wavelengths in the names of bands."""

import pytest

from lrprism.spectral.io.band_names import read_band_names


@pytest.mark.parametrize(
    ("names", "nm"),
    [
        (["550.3 nm", "660nm"], [550.3, 660]),
        (["Band 1 (0.55 Micrometers)", "Band 2 (0.66 Micrometers)"], [550, 660]),
        (["B1: 450.0 (nm)", "B2: 550.0 (nm)"], [450, 550]),
        (["band 3: 700 nanometers"], [700]),
    ],
)
def test_a_number_and_a_unit(names: list[str], nm: list[float]) -> None:
    axis = read_band_names(names)
    assert axis is not None
    assert axis[0].tolist() == pytest.approx(nm)
    assert axis[1] == ("wavelengths are those in the names of the bands",)


@pytest.mark.parametrize(
    "names",
    [[], ["red", "550 nm"], ["450-520 nm", "520-600 nm"], ["500 nm / 600 nm"], ["550 number"], ["450"]],
)
def test_names_that_leave_it_open(names: list[str]) -> None:
    assert read_band_names(names) is None


def test_bare_numbers_count_where_they_are_asked_for() -> None:
    axis = read_band_names(["450 nm", "620.5", "700"], bare_numbers=True)
    assert axis is not None
    assert axis[0].tolist() == [450, 620.5, 700]
    assert axis[1][0] == "wavelengths are the band names, which are all numbers"
    assert read_band_names(["450", "B2"], bare_numbers=True) is None
