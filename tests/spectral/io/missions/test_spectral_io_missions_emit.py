"""EMIT files in the layout of the L2A product."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.missions.emit import read_emit


def write(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file["reflectance"] = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
        file["reflectance"][1, 2, 1] = -9999
        file["sensor_band_parameters/wavelengths"] = [381.0, 388.5]
        file["sensor_band_parameters/fwhm"] = [8.4, 8.5]
        file["sensor_band_parameters/good_wavelengths"] = [1, 0]
        file["location/glt_x"] = np.array([[0, 3], [1, 2]], dtype=np.int32)
        file["location/glt_y"] = np.array([[0, 2], [1, 1]], dtype=np.int32)
        file.attrs["geotransform"] = [10.0, 0.5, 0.0, 50.0, 0.0, -0.5]
        file.attrs["spatial_ref"] = "EPSG:4326"
    return path


def test_swath_is_read_as_scanned(tmp_path: Path) -> None:
    cube = read_emit(write(tmp_path / "e.nc"))
    assert cube.shape == (2, 2, 3)
    assert cube.values[0].tolist() == [[0, 2, 4], [6, 8, 10]]
    assert np.isnan(cube.values[1, 1, 2])
    assert cube.good.values.tolist() == [True, False]


def test_lookup_table_places_pixels_on_the_map(tmp_path: Path) -> None:
    cube = read_emit(write(tmp_path / "e.nc"), orthorectify=True)
    np.testing.assert_array_equal(cube.values[0], [[np.nan, 10], [0, 2]])
    assert cube.x.values.tolist() == [10.25, 10.75]


def test_truncated_and_incomplete_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "e.nc")
    with h5py.File(path, "a") as file:
        del file["sensor_band_parameters/fwhm"]
    with pytest.raises(DataError, match="Found no 'fwhm' there"):
        read_emit(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(DataError, match="Found one that cannot be read"):
        read_emit(path)


def test_link_to_another_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "e.nc")
    with h5py.File(path, "a") as file:
        del file["reflectance"]
        file["reflectance"] = h5py.ExternalLink("other.h5", "/reflectance")
    with pytest.raises(DataError, match="Found a link"):
        read_emit(path)


def test_cube_is_lazy_and_the_file_is_closed(tmp_path: Path) -> None:
    path = write(tmp_path / "e.nc")
    cube = read_emit(path)
    assert cube.chunks is not None
    path.rename(tmp_path / "moved.nc")
    with pytest.raises(DataError, match="Found no such file"):
        cube[0].compute()


def test_wrong_shapes_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "e.nc")
    with h5py.File(path, "a") as file:
        file["location/glt_y"][0, 0] = 9
    with pytest.raises(DataError, match=r"'glt_y' should lie in 0\.\.2"):
        read_emit(path, orthorectify=True).compute()
    with h5py.File(path, "a") as file:
        del file["location/glt_x"]
        file["location/glt_x"] = [1, 2]
    with pytest.raises(DataError, match="should be two tables of integers"):
        read_emit(path, orthorectify=True)
    with h5py.File(path, "a") as file:
        del file["sensor_band_parameters/good_wavelengths"]
        file["sensor_band_parameters/good_wavelengths"] = [1]
    with pytest.raises(DataError, match="should have a flag per band"):
        read_emit(path)
    with h5py.File(path, "a") as file:
        del file["reflectance"]
        file["reflectance"] = [1.0]
    with pytest.raises(DataError, match="should hold numbers along three axes"):
        read_emit(path)


@pytest.mark.parametrize("orthorectify", [False, True])
def test_radiance_is_read_with_its_units(tmp_path: Path, orthorectify: bool) -> None:
    reflectance = read_emit(write(tmp_path / "e.nc"), orthorectify=orthorectify).compute()
    with h5py.File(tmp_path / "e.nc", "a") as file:
        file.move("reflectance", "radiance")
        file["radiance"].attrs["units"] = "uW/cm^2/SR/nm"
        del file["sensor_band_parameters/good_wavelengths"]
    cube = read_emit(tmp_path / "e.nc", orthorectify=orthorectify)
    np.testing.assert_array_equal(cube.values, reflectance.values)
    assert (cube.attrs["quantity"], cube.attrs["units"]) == ("radiance", "uW/cm^2/SR/nm")
    assert cube.attrs["title"] == "EMIT L1B e.nc"
    assert cube.good.values.all()


@pytest.mark.parametrize("name", ["mask", "reflectance_uncertainty"])
def test_other_products_are_refused_by_their_names(tmp_path: Path, name: str) -> None:
    write(tmp_path / "e.nc")
    with h5py.File(tmp_path / "e.nc", "a") as file:
        file.move("reflectance", name)
    with pytest.raises(DataError, match=rf"reflectance or radiance. Found {name}. Give the file of L2A"):
        read_emit(tmp_path / "e.nc")
