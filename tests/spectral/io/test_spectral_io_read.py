"""The door tells formats by what files hold, and says what is wrong in our words."""

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral import Scene, load_indian_pines
from lrprism.spectral.io.bad_bands import mark_bad_bands
from lrprism.spectral.io.detect import format_of
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.writers import write_cube

NM = [400.0, 410.0, 420.0, 430.0, 440.0]


@pytest.fixture(scope="module")
def indian_pines_scene() -> Scene:
    return load_indian_pines()


def hdf5(path: Path, *names: str) -> Path:
    with h5py.File(path, "w") as file:
        for name in names:
            file[name] = np.zeros(3)
    return path


def metadata(path: Path, sensor: str) -> Path:
    path.write_text(f"<?xml version='1.0'?><product><mission>{sensor}</mission></product>")
    return path


@pytest.mark.parametrize(
    ("ending", "found"), [(".nc", "netcdf"), (".zarr", "zarr"), (".hdr", "envi"), (".tif", "geotiff")]
)
def test_what_we_write_is_known_again(
    tmp_path: Path, small_cube: xr.DataArray, ending: str, found: str
) -> None:
    write_cube(small_cube, tmp_path / f"cube{ending}")
    assert format_of(tmp_path / f"cube{ending}") == found


@pytest.mark.parametrize("ending", [".nc", ".tif"])
def test_the_content_counts_more_than_the_name(tmp_path: Path, small_cube: xr.DataArray, ending: str) -> None:
    write_cube(small_cube, tmp_path / f"cube{ending}")
    (tmp_path / f"cube{ending}").rename(tmp_path / "cube")
    assert format_of(tmp_path / "cube") == {".nc": "netcdf", ".tif": "geotiff"}[ending]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["reflectance", "sensor_band_parameters/wavelengths"], "emit"),
        (["HDFEOS/SWATHS/x"], "prisma"),
        (["ABBY/Reflectance/Reflectance_Data"], "neon"),
    ],
)
def test_satellites_are_told_by_their_groups(tmp_path: Path, names: list[str], found: str) -> None:
    assert format_of(hdf5(tmp_path / "file.h5", *names)) == found


@pytest.mark.parametrize("sensor", ["EnMAP", "DESIS"])
def test_satellites_are_told_by_their_metadata(tmp_path: Path, small_cube: xr.DataArray, sensor: str) -> None:
    write_cube(small_cube, tmp_path / "SCENE-SPECTRAL_IMAGE.tif")
    assert format_of(tmp_path / "SCENE-SPECTRAL_IMAGE.tif") == "geotiff"
    xml = metadata(tmp_path / "SCENE-METADATA.XML", sensor)
    assert format_of(tmp_path / "SCENE-SPECTRAL_IMAGE.tif") == sensor.lower()
    assert format_of(xml) == sensor.lower()
    assert format_of(tmp_path) == sensor.lower()


def test_the_numbers_of_an_envi_image_are_known_by_the_header_beside(
    tmp_path: Path, small_cube: xr.DataArray
) -> None:
    write_cube(small_cube, tmp_path / "cube.dat")
    assert format_of(tmp_path / "cube.dat") == "envi"
    shutil.move(tmp_path / "cube.hdr", tmp_path / "cube.dat.hdr")
    np.testing.assert_array_equal(read_cube(tmp_path / "cube.dat").values, small_cube.values)


def test_matlab_and_numpy_take_wavelengths_and_a_key(tmp_path: Path, small_cube: xr.DataArray) -> None:
    values = small_cube.values.transpose(1, 2, 0)
    scipy.io.savemat(tmp_path / "cubes.mat", {"one": values, "two": values + 1})
    np.save(tmp_path / "cube.npy", values)
    two = read_cube(tmp_path / "cubes.mat", wavelengths="400:440", key="two")
    np.testing.assert_array_equal(two.values, small_cube.values + 1)
    np.testing.assert_array_equal(read_cube(tmp_path / "cube.npy", wavelengths=NM).values, small_cube.values)


def test_netcdf_takes_the_name_of_a_variable_as_key(tmp_path: Path, small_cube: xr.DataArray) -> None:
    both = xr.Dataset({"one": small_cube, "two": small_cube + 1})
    for variable in both.data_vars.values():
        variable.attrs = {}
    both.wavelength.attrs["units"] = "nm"
    both.to_netcdf(tmp_path / "cubes.nc", engine="h5netcdf")
    np.testing.assert_array_equal(read_cube(tmp_path / "cubes.nc", key="two").values, small_cube.values + 1)


def test_the_packaged_scene_is_opened_by_its_name(indian_pines_scene: Scene) -> None:
    xr.testing.assert_identical(read_cube("indian-pines"), indian_pines_scene.cube)
    with pytest.raises(InputError, match=r"key should be given only for a format that leaves it open"):
        read_cube("indian-pines", key="cube")


def test_bands_in_water_vapour_are_flagged(indian_pines_scene: Scene) -> None:
    cube = read_cube("indian-pines", bad_bands="water-vapour")
    nm = indian_pines_scene.cube.wavelength.values
    wet = ((nm >= 1340) & (nm <= 1445)) | ((nm >= 1790) & (nm <= 1960)) | (nm >= 2480)
    np.testing.assert_array_equal(cube.good.values, ~wet)
    assert cube.attrs["assumed"][-1].startswith(f"{wet.sum()} bands in water vapour (1340-1445, ")
    assert indian_pines_scene.cube.good.all()


def test_named_bands_are_flagged_besides_those_of_the_file(tmp_path: Path, small_cube: xr.DataArray) -> None:
    flagged = small_cube.assign_coords(good=("band", [False, True, True, True, True]))
    write_cube(flagged, tmp_path / "cube.hdr")
    cube = read_cube(tmp_path / "cube.hdr", bad_bands=[2, 4])
    assert cube.good.values.tolist() == [False, True, False, True, False]
    assert cube.attrs["assumed"][-1] == "2 bands are taken for bad as given: 2, 4"


def test_impossible_bands_are_refused(small_cube: xr.DataArray) -> None:
    with pytest.raises(InputError, match=r"bad_bands should be positions from 0 to 4. Found 5"):
        mark_bad_bands(small_cube, [1, 5])
    with pytest.raises(InputError, match=r"'water-vapour' or a list of band positions from 0. Found 'noisy'"):
        mark_bad_bands(small_cube, "noisy")  # type: ignore[arg-type]  # what a user may type


def test_arguments_that_a_format_settles_are_refused(tmp_path: Path, small_cube: xr.DataArray) -> None:
    write_cube(small_cube, tmp_path / "cube.hdr")
    with pytest.raises(InputError, match=r"key should be given only .* Found 'a' for '.*cube.hdr'"):
        read_cube(tmp_path / "cube.hdr", key="a")
    file = hdf5(tmp_path / "file.h5", "HDFEOS/x")
    with pytest.raises(InputError, match=r"wavelengths should be given only"):
        read_cube(file, wavelengths=NM)


def bad_envi_library(folder: Path) -> Path:
    (folder / "x.hdr").write_text("ENVI\nfile type = ENVI Spectral Library\n")
    return folder / "x.hdr"


def text(content: bytes, name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "none.nc", "should be a file with a cube. Found no such file"),
        (
            lambda folder: folder,
            "in a known format. Found none of them. Known are: ENVI .*NEON, and the word",
        ),
        (text(b"hello", "x.txt"), "should hold a cube in a known format"),
        (text(b"", "x"), "should hold a cube in a known format"),
        (text(b"CDF\x01", "x.nc"), "should be a NetCDF 4 file. Found the classic format. Convert it: nccopy"),
        (
            text(b"\x89HDF\r\n\x1a\n" + bytes(40), "x.h5"),
            "should be an HDF5 file. Found one that cannot",
        ),
        (bad_envi_library, "Found a spectral library. Use read_spectral_library"),
        (
            lambda folder: hdf5(folder / "x.hdf5", "train_img", "train_labels"),
            "Found labelled patches, train_img. Give it as patch data, with read_patch_file",
        ),
        (lambda folder: hdf5(folder / "x.h5", "other"), "should hold a cube in a known format"),
        (lambda folder: metadata(folder / "x.xml", "Landsat"), "should hold a cube in a known format"),
    ],
)
def test_what_is_no_cube_is_named(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_cube(make(tmp_path))
