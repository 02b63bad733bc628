"""GeoTIFFs as GDAL reads them."""

import json
import math
import sys
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import InputError, ResultsError
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.io.writers.geotiff import geotiff_files

rasterio = pytest.importorskip("rasterio")
shutil = pytest.importorskip("rasterio.shutil")


def read_in_sensor_geometry(path: Path) -> tuple[np.ndarray, dict[str, Any], dict[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path) as opened:
            return opened.read(), opened.profile, opened.tags()


def test_gdal_reads_values_and_place(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube, tmp_path / "cube.tif")
    with rasterio.open(tmp_path / "cube.tif") as opened:
        np.testing.assert_array_equal(opened.read(), placed_cube.values)
        assert opened.crs.to_epsg() == 32616
        assert opened.transform.to_gdal() == (500000.0, 20.0, 0.0, 4400000.0, 0.0, -20.0)
        assert math.isnan(opened.nodata)
        assert opened.profile["compress"] == "deflate"
        assert opened.profile["tiled"]


def test_every_band_says_its_wavelength(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube, tmp_path / "cube.tif")
    with rasterio.open(tmp_path / "cube.tif") as opened:
        assert opened.descriptions == ("400.0 nm", "410.0 nm", "405.0 nm", "430.0 nm", "440.5 nm")
        assert opened.tags(3) == {
            "wavelength": "405.0",
            "wavelength_units": "Nanometers",
            "fwhm": "12.0",
            "original_band": "2",
            "good": "0",
            "bbl": "0",
        }
        assert opened.tags(3, ns="IMAGERY") == {"CENTRAL_WAVELENGTH_UM": "0.405", "FWHM_UM": "0.012"}
        assert "FWHM_UM" not in opened.tags(5, ns="IMAGERY")


def test_the_attributes_are_tags(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube, tmp_path / "cube.tif")
    with rasterio.open(tmp_path / "cube.tif") as opened:
        tags = opened.tags()
    assert tags["title"] == "small, {first}"
    assert tags["attribution"] == "A. Person, 2020"
    assert json.loads(tags["assumed"]) == ["made up, all of it", "units guessed"]


def test_a_large_cube_is_written_tile_by_tile(tmp_path: Path, small_cube: xr.DataArray) -> None:
    values = np.random.default_rng(0).random((5, 300, 200), dtype=np.float32)
    cube = xr.DataArray(values, dims=("band", "y", "x")).chunk({"band": 5, "y": 70, "x": 90})
    write_cube(cube.assign_coords(wavelength=small_cube.wavelength), tmp_path / "cube.tif")
    np.testing.assert_array_equal(read_in_sensor_geometry(tmp_path / "cube.tif")[0], values)


def test_labels_stay_small_integers(tmp_path: Path, label_map: xr.DataArray) -> None:
    write_cube(label_map, tmp_path / "labels.tif")
    values, profile, tags = read_in_sensor_geometry(tmp_path / "labels.tif")
    assert (profile["dtype"], profile["nodata"]) == ("uint8", 0)
    np.testing.assert_array_equal(values[0], label_map.values)
    assert json.loads(tags["class_names"]) == ["corn", "hay, dry"]


def test_gdal_names_and_colours_the_classes(tmp_path: Path, label_map: xr.DataArray) -> None:
    names = ["corn & <oats>", "hay, dry"]
    colours = ["#FF8000", "#0000ff"]
    write_cube(label_map.assign_attrs(class_names=names, class_colours=colours), tmp_path / "labels.tif")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(tmp_path / "labels.tif") as opened:
            assert opened.colorinterp[0] == rasterio.enums.ColorInterp.palette
            table = opened.colormap(1)
        # rasterio hands out no names; GDAL itself copies them into a VRT
        shutil.copy(tmp_path / "labels.tif", tmp_path / "labels.vrt", driver="VRT")
    assert table[1] == (255, 128, 0, 255)
    assert table[2] == (0, 0, 255, 255)
    root = ElementTree.fromstring((tmp_path / "labels.vrt").read_text())
    assert [entry.text for entry in root.iter("Category")] == ["Unlabelled", *names]


def test_more_names_than_colours_in_a_table(tmp_path: Path, label_map: xr.DataArray) -> None:
    names = [f"class {number}" for number in range(1, 301)]
    write_cube(label_map.astype(np.uint8).assign_attrs(class_names=names), tmp_path / "labels.tif")
    values, profile, _ = read_in_sensor_geometry(tmp_path / "labels.tif")
    assert profile["dtype"] == "uint8"
    np.testing.assert_array_equal(values[0], label_map.values)
    many = (label_map * 150).assign_attrs(class_names=names)
    write_cube(many, tmp_path / "many.tif")
    values, profile, _ = read_in_sensor_geometry(tmp_path / "many.tif")
    assert (profile["dtype"], profile["nodata"]) == ("int16", 0)
    np.testing.assert_array_equal(values[0], many.values)


def test_names_of_an_older_map_do_not_stay(tmp_path: Path, label_map: xr.DataArray) -> None:
    file = tmp_path / "map.tif"
    write_cube(label_map, file)
    side = tmp_path / "map.tif.aux.xml"
    assert geotiff_files(file) == (file, side)
    assert side.is_file()
    write_cube(label_map.astype(np.float32), file, overwrite=True)
    assert not side.exists()
    # one that another program left is not written over unasked
    file.unlink()
    side.write_text("<PAMDataset/>")
    with pytest.raises(ResultsError, match=r"new name. Found .*map.tif.aux.xml already there"):
        write_cube(label_map, file)


def test_a_missing_package_is_named(
    tmp_path: Path, small_cube: xr.DataArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(
        InputError, match=r"rasterio. Found it missing. Install it: pip install 'lrprism\[geo\]'"
    ):
        write_cube(small_cube, tmp_path / "cube.tif")
