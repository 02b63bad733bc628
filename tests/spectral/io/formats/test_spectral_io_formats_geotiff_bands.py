"""Wavelengths and flags of the bands of a GeoTIFF, wherever programs put them."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.spectral.cubes.wavelengths import MissingWavelengthsError
from lrprism.spectral.io.formats.geotiff_bands import read_band_tags, settle_axis, states_wavelength
from lrprism.spectral.io.raster import open_quietly, open_raster

BANDS = (1, 2)
HEADER = """ENVI
samples = 3
lines = {lines}
bands = 2
data type = 2
wavelength units = Nanometers
wavelength = {{ 500, 600 }}
bbl = {{ 1, 0 }}
"""


def write(path: Path, file_tags: dict[str, str] | None = None, *tags: dict[str, str]) -> Path:
    with open_quietly(path, "w", count=2, height=2, width=3, dtype="int16") as file:
        file.write(np.ones((2, 2, 3), dtype=np.int16))
        file.update_tags(**file_tags or {})
        for band, tag in enumerate(tags, start=1):
            file.update_tags(band, **tag)
    return path


def test_a_header_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").write_text(HEADER.format(lines=2))
    with open_raster(write(tmp_path / "a.tif")) as dataset:
        centre, _, notes = settle_axis(dataset, BANDS, None)
        assert centre.tolist() == [500, 600]
        assert notes == ("wavelengths are those of the header beside it, a.hdr",)
        assert read_band_tags(dataset, BANDS) == {"good": [True, False]}


@pytest.mark.parametrize("text", [HEADER.format(lines=9), "BYTEORDER I\n", "ENVI\nbands = x\n"])
def test_a_header_of_something_else_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.hdr").write_text(text)
    with open_raster(write(tmp_path / "a.tif")) as dataset:
        assert read_band_tags(dataset, BANDS) == {}
        with pytest.raises(MissingWavelengthsError, match=r"2 bands. Found none in tags or band names. Pass"):
            settle_axis(dataset, BANDS, None)


def test_lists_in_the_tags_of_the_file(tmp_path: Path) -> None:
    tags = {"wavelength": "{0.5, 0.6}", "wavelength_units": "Micrometers", "fwhm": "{7, 8}", "bbl": "{0,1}"}
    with open_raster(write(tmp_path / "a.tif", tags)) as dataset:
        centre, fwhm, notes = settle_axis(dataset, BANDS, None)
        np.testing.assert_allclose(centre, [500, 600])
        assert fwhm is not None
        assert fwhm.tolist() == [7, 8]
        assert notes == ("widths of the bands, 7 to 8, are taken to be in nm, which fits their wavelengths",)
        assert read_band_tags(dataset, BANDS) == {"good": [False, True]}


def test_flags_in_the_tags_of_the_bands(tmp_path: Path) -> None:
    tags = [{"wavelength": "500", "bbl": "1"}, {"wavelength": "600", "bbl": "0"}]
    with open_raster(write(tmp_path / "a.tif", None, *tags)) as dataset:
        assert read_band_tags(dataset, BANDS) == {"good": [True, False]}
        assert states_wavelength(dataset, 1)


def test_a_plain_band_states_no_wavelength(tmp_path: Path) -> None:
    with open_raster(write(tmp_path / "a.tif")) as dataset:
        assert not states_wavelength(dataset, 1)
