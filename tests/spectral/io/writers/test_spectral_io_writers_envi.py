"""ENVI files as GDAL and the package spectral read them."""

import math
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import spectral.io.envi as spectral_envi
import xarray as xr

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.io.writers.envi import check_north_up

rasterio = pytest.importorskip("rasterio")
shutil = pytest.importorskip("rasterio.shutil")


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
    assert header["data ignore value"] == "0"
    assert (tmp_path / "labels.img").read_bytes() == bytes(range(3)) * 8


def test_gdal_colours_the_classes(tmp_path: Path, label_map: xr.DataArray) -> None:
    write_cube(label_map.assign_attrs(class_colours=["#FF8000", "#0000ff"]), tmp_path / "labels.hdr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(tmp_path / "labels.img") as opened:
            assert opened.colormap(1)[1] == (255, 128, 0, 255)
            assert opened.nodata == 0
        shutil.copy(tmp_path / "labels.img", tmp_path / "labels.vrt", driver="VRT")
    root = ElementTree.fromstring((tmp_path / "labels.vrt").read_text())
    assert [entry.text for entry in root.iter("Category")] == ["Unlabelled", "corn", "hay; dry"]


def test_relevance_that_names_classes_is_no_classification(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    relevance = placed_cube.assign_attrs(class_names=["corn", "hay"], quantity="relevance")
    for data, name in ((relevance, "cube"), (relevance[:1], "band"), (relevance[0], "map")):
        write_cube(data, tmp_path / f"{name}.hdr")
        header = spectral_envi.read_envi_header(tmp_path / f"{name}.hdr")
        assert header["file type"] == "ENVI Standard"
        assert header["data type"] == "4"
        assert not {"classes", "class names"} & set(header)


def test_rows_from_the_south_are_turned(tmp_path: Path, small_cube: xr.DataArray) -> None:
    risen = assign_georeference(small_cube, Georeference("EPSG:32616", (5e5, 20.0, 0.0, 4.4e6, 0.0, 20.0)))
    write_cube(risen, tmp_path / "cube.hdr")
    with rasterio.open(tmp_path / "cube.img") as opened:
        # four rows of 20 m above the lower edge
        assert opened.transform.to_gdal() == (5e5, 20.0, 0.0, 4.4e6 + 80, 0.0, -20.0)
        np.testing.assert_array_equal(opened.read(), small_cube.values[:, ::-1])


def test_columns_from_east_to_west_are_refused(small_cube: xr.DataArray) -> None:
    mirrored = Georeference("EPSG:32616", (5e5, -20.0, 0.0, 4.4e6, 0.0, -20.0))
    with pytest.raises(DataError, match=r"should be north up. Found the geotransform \(500000.0, -20.0"):
        check_north_up(assign_georeference(small_cube, mirrored))
    check_north_up(small_cube)


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
