"""Wavelengths in ENVI headers, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.cubes.wavelengths import MissingWavelengthsError
from lrprism.spectral.io.formats.envi_bands import read_band_facts
from lrprism.spectral.io.formats.envi_header import EnviHeader

NM = {"wavelength": "400, 500, 600", "fwhm": "8, 0, 9"}


def header(**fields: str) -> EnviHeader:
    return EnviHeader(Path("a.hdr"), Path("a.img"), {k.replace("_", " "): v for k, v in fields.items()})


def test_a_width_of_0_is_unknown() -> None:
    centre, fwhm, notes = read_band_facts(header(**NM, wavelength_units="nm"), 3, None)
    assert centre.tolist() == [400, 500, 600]
    np.testing.assert_array_equal(fwhm, [8, np.nan, 9])
    assert notes == ()


def test_widths_in_another_unit_than_the_wavelengths() -> None:
    fields = {"wavelength": "0.4, 0.5, 0.6", "fwhm": "8, 8, 9", "wavelength_units": "Micrometers"}
    centre, fwhm, notes = read_band_facts(header(**fields), 3, None)
    np.testing.assert_allclose(centre, [400, 500, 600])
    assert fwhm is not None
    assert fwhm.tolist() == [8, 8, 9]
    assert notes == ("widths of the bands, 8 to 9, are taken to be in nm, which fits their wavelengths",)


def test_the_user_overrules_the_header() -> None:
    centre, fwhm, notes = read_band_facts(header(**NM), 3, [410, 510, 610])
    assert centre.tolist() == [410, 510, 610]
    assert fwhm is None
    assert notes == ("wavelengths are those given on reading: in place of those in the header",)


def test_names_with_a_unit() -> None:
    names = "Band 1 (400.5 Nanometers), Band 2 (500 Nanometers), Band 3 (600 Nanometers)"
    centre, fwhm, notes = read_band_facts(header(band_names=names, fwhm="8, 8, 9"), 3, None)
    assert centre.tolist() == [400.5, 500, 600]
    assert fwhm is not None
    assert fwhm.tolist() == [8, 8, 9]
    assert notes == ("wavelengths are those in the names of the bands",)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"wavelength": "400, 500"}, r"'wavelength' in .* one entry per band, 3 in all. Found 2. Correct"),
        ({"wavelength": "400, 5oo, 600"}, r"'wavelength' in .* should be a number. Found '5oo'. Correct"),
    ],
)
def test_lists_that_do_not_fit(fields: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_band_facts(header(**fields), 3, None)


def test_bands_without_a_wavelength_each() -> None:
    with pytest.raises(
        MissingWavelengthsError,
        match=r"wavelength of its 3 bands. Found none. Pass wavelengths=.* on the command line --wavelengths",
    ):
        read_band_facts(header(band_names="red, green, blue"), 3, None)
