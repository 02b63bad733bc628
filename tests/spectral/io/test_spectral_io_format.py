"""The marks by which a format is recognised, and how a format is described."""

from pathlib import Path

import h5py
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.format import FileMarks, Format, Writer


def test_the_marks_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"II*\0" + bytes(1000))
    marks = FileMarks(str(tmp_path / "a"))
    assert marks.start == b"II*\0" + bytes(508)
    assert marks.is_tiff
    assert marks.hdf5 is None
    assert marks.members == {}


def test_the_marks_of_a_folder_and_of_hdf5(tmp_path: Path) -> None:
    assert FileMarks(str(tmp_path)).start == b""
    assert not FileMarks(str(tmp_path)).is_tiff
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["site/data"] = [1.0]
        file.attrs["title"] = "x"
    marks = FileMarks(str(tmp_path / "a.h5"))
    assert marks.members == {"site": {"data"}}
    assert marks.hdf5 is not None
    assert marks.hdf5.attributes == {"title"}


def test_a_missing_file_has_no_marks(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"should be a file with a cube. Found no such file. Correct the path"
    ):
        FileMarks(str(tmp_path / "none")).is_tiff  # noqa: B018  # the property raises


def test_a_format_is_described_with_its_endings(small_cube: xr.DataArray) -> None:
    assert str(Format("GeoTIFF", lambda _: True, lambda _: small_cube)) == "GeoTIFF"
    assert str(Format("NumPy", lambda _: True, lambda _: small_cube, files=".npy")) == "NumPy (.npy)"


def test_a_writer_writes_one_file_unless_it_says_otherwise() -> None:
    writer = Writer("NetCDF 4", (".nc",), lambda _, path: path.touch())
    assert writer.files(Path("a.nc")) == (Path("a.nc"),)
    assert writer.is_own_folder is None
