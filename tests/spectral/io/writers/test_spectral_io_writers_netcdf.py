"""NetCDF files and Zarr stores as xarray, h5py and GDAL read them."""

import math
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from lrprism.spectral import make_cube
from lrprism.spectral.io.formats.netcdf import read_netcdf
from lrprism.spectral.io.writers import write_cube


def test_the_file_follows_the_conventions(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    write_cube(placed_cube, tmp_path / "cube.nc")
    with h5py.File(tmp_path / "cube.nc") as opened:
        assert opened.attrs["Conventions"] == "CF-1.10"
        assert opened["radiance"].attrs["grid_mapping"] == "spatial_ref"
        assert opened["radiance"].compression == "gzip"
        assert opened["good"].dtype == np.int8
        assert opened["wavelength"].attrs["units"] == "nm"
        assert list(opened["radiance"].attrs["assumed"]) == ["made up, all of it", "units guessed"]
        assert "_FillValue" not in opened["wavelength"].attrs
        assert opened["x"].attrs["standard_name"] == "projection_x_coordinate"


def test_gdal_places_the_file(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    rasterio = pytest.importorskip("rasterio")
    write_cube(placed_cube, tmp_path / "cube.nc")
    with rasterio.open(tmp_path / "cube.nc") as opened:
        assert opened.driver == "netCDF"
        assert opened.crs.to_epsg() == 32616
        assert opened.transform.to_gdal() == (500000.0, 20.0, 0.0, 4400000.0, 0.0, -20.0)
        assert math.isnan(opened.nodata)
        np.testing.assert_array_equal(opened.read(), placed_cube.values)


@pytest.mark.parametrize("shape", [(5, 4, 6), (1, 4, 6), (5, 1, 6)])
def test_gdal_shows_a_cube_on_no_map_as_it_is(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    rasterio = pytest.importorskip("rasterio")
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    wavelengths = np.linspace(400, 900, shape[0])
    cube = make_cube(values, wavelengths, title="t", quantity="reflectance", units="1")
    write_cube(cube, tmp_path / "cube.nc")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(f'NETCDF:"{tmp_path / "cube.nc"}":reflectance') as opened:
            np.testing.assert_array_equal(opened.read(), values)
            assert opened.crs is None
    # the numbers of pixels say nothing of a map
    back = read_netcdf(tmp_path / "cube.nc")
    assert not {"x", "y"} & set(back.coords)
    assert back.attrs["assumed"] == []


def test_coordinates_of_pixels_that_are_there_stay(tmp_path: Path, small_cube: xr.DataArray) -> None:
    write_cube(small_cube.assign_coords(y=[3.0, 2.0, 1.0, 0.0]), tmp_path / "cube.nc")
    assert read_netcdf(tmp_path / "cube.nc")["y"].values.tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_the_conventions_name_the_classes(tmp_path: Path, label_map: xr.DataArray, ending: str) -> None:
    write_cube(label_map.astype(np.int16).rename("labels"), tmp_path / f"labels{ending}")
    engine = {".nc": "h5netcdf", ".zarr": "zarr"}[ending]
    with xr.open_dataset(tmp_path / f"labels{ending}", engine=engine) as opened:
        assert opened.labels.attrs["flag_meanings"] == "Unlabelled corn hay__dry"
        assert list(opened.labels.attrs["flag_values"]) == [0, 1, 2]


def test_flags_of_a_small_type_do_not_wrap(tmp_path: Path, label_map: xr.DataArray) -> None:
    names = [f"class {number}" for number in range(1, 301)]
    labels = label_map.astype(np.uint8).assign_attrs(class_names=names).rename("labels")
    write_cube(labels, tmp_path / "labels.nc")
    with h5py.File(tmp_path / "labels.nc") as opened:
        assert opened["labels"].dtype == np.uint8
        assert opened["labels"].attrs["flag_values"].tolist() == list(range(301))


def test_degrees_are_named_as_such(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    reference = placed_cube.spatial_ref.assign_attrs(crs_wkt="EPSG:4326")
    write_cube(placed_cube.assign_coords(spatial_ref=reference), tmp_path / "cube.nc")
    with h5py.File(tmp_path / "cube.nc") as opened:
        assert opened["y"].attrs["units"] == "degrees_north"
        assert opened["x"].attrs["standard_name"] == "longitude"


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_xarray_alone_opens_the_cube(tmp_path: Path, placed_cube: xr.DataArray, ending: str) -> None:
    write_cube(placed_cube, tmp_path / f"cube{ending}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        engine = {".nc": "h5netcdf", ".zarr": "zarr"}[ending]
        with xr.open_dataset(tmp_path / f"cube{ending}", engine=engine) as opened:
            assert set(opened.data_vars) == {"radiance"}
            assert opened.good.dtype == bool
            np.testing.assert_array_equal(opened.radiance.values, placed_cube.values)


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_a_map_without_bands_is_kept(tmp_path: Path, label_map: xr.DataArray, ending: str) -> None:
    write_cube(label_map.rename("labels"), tmp_path / f"labels{ending}")
    engine = {".nc": "h5netcdf", ".zarr": "zarr"}[ending]
    with xr.open_dataset(tmp_path / f"labels{ending}", engine=engine) as opened:
        np.testing.assert_array_equal(opened.labels.values, label_map.values)
        assert opened.labels.dtype == np.int64
        assert list(opened.labels.attrs["class_names"]) == ["corn", "hay, dry"]


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_pieces_of_uneven_length_are_written(tmp_path: Path, small_cube: xr.DataArray, ending: str) -> None:
    uneven = small_cube.chunk({"y": (1, 2, 1), "x": (1, 5)})
    write_cube(uneven, tmp_path / f"cube{ending}")
    engine = {".nc": "h5netcdf", ".zarr": "zarr"}[ending]
    with xr.open_dataset(tmp_path / f"cube{ending}", engine=engine) as opened:
        np.testing.assert_array_equal(opened.radiance.values, small_cube.values)


def test_the_given_array_is_left_as_it_was(tmp_path: Path, placed_cube: xr.DataArray) -> None:
    before = placed_cube.copy(deep=True)
    write_cube(placed_cube, tmp_path / "cube.nc")
    xr.testing.assert_identical(placed_cube, before)
    assert all("_FillValue" not in coord.encoding for coord in placed_cube.coords.values())
