"""ENVI files as GDAL and the package spectral read them."""

import math
from pathlib import Path

import numpy as np
import pytest
import spectral.io.envi as spectral_envi
import xarray as xr

from lrprism.errors import ResultsError
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.writers import write_cube

rasterio = pytest.importorskip("rasterio")


def test_spectral_reads_values_and_bands(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube, tmp_path / "cube.hdr")
    image = spectral_envi.open(tmp_path / "cube.hdr", tmp_path / "cube.img")
    np.testing.assert_array_equal(image.open_memmap(interleave="bsq"), placed_cube.values)
    assert image.bands.centers == [400.0, 410.0, 405.0, 430.0, 440.5]
    assert image.bands.band_unit == "Nanometers"
    assert image.bands.bandwidths[:4] == [8.0, 10.0, 12.0, 14.0]
    assert math.isnan(image.bands.bandwidths[4])
    assert image.metadata["bbl"] == [1, 1, 0, 1, 1]
    assert image.metadata["band names"][3] == "vnir:5 (430.0 nm)"


def test_spectral_reads_the_attributes(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube, tmp_path / "cube.dat")
    header = spectral_envi.read_envi_header(tmp_path / "cube.hdr")
    assert header["description"] == "small, (first)"
    assert header["quantity"] == "radiance"
    assert header["attribution"] == "A. Person, 2020"
    assert header["assumed"] == '["made up, all of it", "units guessed"]'


def test_gdal_reads_values_place_and_wavelengths(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube, tmp_path / "cube.bsq")
    with rasterio.open(tmp_path / "cube.bsq") as opened:
        assert opened.driver == "ENVI"
        np.testing.assert_array_equal(opened.read(), placed_cube.values)
        assert opened.crs.to_epsg() == 32616
        assert opened.transform.to_gdal() == (500000.0, 20.0, 0.0, 4400000.0, 0.0, -20.0)
        assert math.isnan(opened.nodata)
        assert opened.tags(4)["wavelength"] == "430.0"


@pytest.mark.parametrize(
    ("crs", "info", "name"),
    [
        ("EPSG:4326", "Geographic Lat/Lon", 'GEOGCS["WGS 84"'),
        ("EPSG:3035", "Arbitrary", 'PROJCS["ETRS89-extended / LAEA Europe"'),
        ("EPSG:32733", "UTM", 'PROJCS["WGS 84 / UTM zone 33S"'),
    ],
)
def test_gdal_reads_other_reference_systems(
    tmp_path: Path, small_cube: xr.DataArray, crs: str, info: str, name: str
) -> None:
    place = Georeference(crs, (10.0, 0.5, 0.0, 50.0, 0.0, -0.5))
    write_cube(assign_georeference(small_cube, place), tmp_path / "cube.hdr")
    assert f"map info = {{{info}, 1, 1, 10.0, 50.0, 0.5, 0.5" in (tmp_path / "cube.hdr").read_text()
    with rasterio.open(tmp_path / "cube.img") as opened:
        assert opened.crs.to_wkt().startswith(name)
        assert opened.transform.to_gdal() == place.transform


def test_labels_become_a_classification(tmp_path: Path, label_map: xr.DataArray) -> None:
    write_cube(label_map, tmp_path / "labels.hdr")
    header = spectral_envi.read_envi_header(tmp_path / "labels.hdr")
    assert header["file type"] == "ENVI Classification"
    assert header["class names"] == ["Unlabelled", "corn", "hay; dry"]
    assert (tmp_path / "labels.img").read_bytes() == bytes(range(3)) * 8


def test_one_band_alone_is_written_with_its_wavelength(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube.isel(band=3), tmp_path / "band.hdr")
    image = spectral_envi.open(tmp_path / "band.hdr", tmp_path / "band.img")
    assert image.shape == (4, 6, 1)
    assert image.bands.centers == [430.0]


def test_the_header_is_the_last_to_be_named(tmp_path: Path, small_cube: xr.DataArray) -> None:
    (tmp_path / "cube.hdr").write_text("old")
    (tmp_path / "cube.img").mkdir()
    (tmp_path / "cube.img" / "in the way").write_text("")
    with pytest.raises(OSError, match="plain file only"):
        write_cube(small_cube, tmp_path / "cube.hdr", overwrite=True)
    assert (tmp_path / "cube.hdr").read_text() == "old"


@pytest.mark.parametrize("older", ["cube", "cube.dat", "cube.bip"])
def test_a_header_describes_one_file_only(tmp_path: Path, small_cube: xr.DataArray, older: str) -> None:
    (tmp_path / older).write_bytes(b"numbers of an older image")
    with pytest.raises(ResultsError, match=f"the only one with its header. Found .*{older}, which cube.hdr"):
        write_cube(small_cube, tmp_path / "cube.hdr", overwrite=True)
