"""Formats are recognised by what files hold, and one line of the registry adds one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io import registry
from lrprism.spectral.io.format import Format
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.registry import FORMATS, describe_formats, detect_format
from lrprism.spectral.io.writers import write_cube


def name_format(path: Path) -> str:
    return detect_format(str(path)).name


def hdf5(path: Path, *names: str) -> Path:
    with h5py.File(path, "w") as file:
        for name in names:
            file[name] = np.zeros(3)
    return path


def metadata(path: Path, sensor: str) -> Path:
    path.write_text(f"<?xml version='1.0'?><product><mission>{sensor}</mission></product>")
    return path


@pytest.mark.parametrize(
    ("ending", "name"), [(".nc", "NetCDF 4"), (".zarr", "Zarr"), (".hdr", "ENVI"), (".tif", "GeoTIFF")]
)
def test_what_we_write_is_known_again(
    tmp_path: Path, small_cube: xr.DataArray, ending: str, name: str
) -> None:
    write_cube(small_cube, tmp_path / f"cube{ending}")
    assert name_format(tmp_path / f"cube{ending}") == name


@pytest.mark.parametrize("ending", [".nc", ".tif"])
def test_the_content_counts_more_than_the_name(tmp_path: Path, small_cube: xr.DataArray, ending: str) -> None:
    write_cube(small_cube, tmp_path / f"cube{ending}")
    (tmp_path / f"cube{ending}").rename(tmp_path / "cube")
    assert name_format(tmp_path / "cube") == {".nc": "NetCDF 4", ".tif": "GeoTIFF"}[ending]


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["reflectance", "sensor_band_parameters/wavelengths"], "EMIT"),
        (["radiance", "sensor_band_parameters/wavelengths"], "EMIT"),
        (["geophysical_data/Rrs", "sensor_band_parameters/wavelength_3d"], "PACE OCI"),
        (["observation_data/rhot_blue", "sensor_band_parameters/blue_wavelength"], "PACE OCI"),
        (["HDFEOS/SWATHS/PRS_L2D_HCO/x"], "PRISMA"),
        (["HDFEOS/SWATHS/PRS_L1_HRC/x"], "PRISMA"),
        (["HDFEOS/SWATHS/HYP/x"], "Tanager"),
        (["HDFEOS/GRIDS/HYP/x"], "Tanager"),
        (["reflectance/reflectance", "reflectance/wavelength"], "AVIRIS-3"),
        (["ABBY/Reflectance/Reflectance_Data"], "NEON"),
    ],
)
def test_satellites_are_told_by_their_groups(tmp_path: Path, names: list[str], name: str) -> None:
    assert name_format(hdf5(tmp_path / "file.h5", *names)) == name


@pytest.mark.parametrize("sensor", ["EnMAP", "DESIS"])
def test_satellites_are_told_by_their_metadata(tmp_path: Path, small_cube: xr.DataArray, sensor: str) -> None:
    write_cube(small_cube, tmp_path / "SCENE-SPECTRAL_IMAGE.tif")
    assert name_format(tmp_path / "SCENE-SPECTRAL_IMAGE.tif") == "GeoTIFF"
    xml = metadata(tmp_path / "SCENE-METADATA.XML", sensor)
    assert name_format(tmp_path / "SCENE-SPECTRAL_IMAGE.tif") == sensor
    assert name_format(xml) == sensor
    assert name_format(tmp_path) == sensor


def test_the_numbers_of_an_envi_image_are_known_by_the_header_beside(
    tmp_path: Path, small_cube: xr.DataArray
) -> None:
    write_cube(small_cube, tmp_path / "cube.dat")
    assert name_format(tmp_path / "cube.dat") == "ENVI"
    shutil.move(tmp_path / "cube.hdr", tmp_path / "cube.dat.hdr")
    np.testing.assert_array_equal(read_cube(tmp_path / "cube.dat").values, small_cube.values)


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
            "in a known format. Found none of them. Known are: .*ENVI .*Convert the file to one of these",
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


def test_one_more_line_of_the_registry_is_one_more_format(
    tmp_path: Path, small_cube: xr.DataArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Format("Mine", lambda marks: marks.start == b"mine", lambda _: small_cube, files=".mine")
    assert "Mine (.mine)" not in describe_formats()
    monkeypatch.setattr(registry, "FORMATS", (*FORMATS, new))
    (tmp_path / "cube.mine").write_bytes(b"mine")
    assert read_cube(tmp_path / "cube.mine") is small_cube
    (tmp_path / "cube.mine").write_bytes(b"other")
    with pytest.raises(DataError, match=r"Known are: .*Mine \(\.mine\)"):
        read_cube(tmp_path / "cube.mine")


def test_the_ending_counts_where_the_content_tells_nothing(tmp_path: Path) -> None:
    for file_format in FORMATS:
        for suffix in file_format.suffixes:
            (tmp_path / f"cube{suffix}").write_text("hello")
            assert detect_format(str(tmp_path / f"cube{suffix}")) is file_format


def test_every_format_is_described() -> None:
    for file_format in FORMATS:
        assert str(file_format) in describe_formats()


def test_a_header_beside_makes_no_envi_image_of_hdf5_or_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.hdr").write_text("ENVI\n")
    hdf5(tmp_path / "x.h5", "other")
    (tmp_path / "x").mkdir()
    for name in ("x.h5", "x"):
        with pytest.raises(DataError, match="should hold a cube in a known format"):
            detect_format(str(tmp_path / name))
