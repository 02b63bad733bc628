"""Failures to read a file name the file, once, and say what to do."""

import zipfile
import zlib
from pathlib import Path

import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.failures import LIBRARY_ERRORS, naming, reading


def test_a_file_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "x.img"
    with pytest.raises(DataError, match=rf"^wrong\. Found in '{path}'\.$"), naming(path):
        raise DataError("wrong.")
    with pytest.raises(DataError, match=rf"^'{path}' is wrong\.$"), naming(path):
        raise DataError(f"'{path}' is wrong.")


@pytest.mark.parametrize(
    "error", [OSError("cut"), KeyError("cut"), zlib.error("cut"), zipfile.BadZipFile("cut")]
)
def test_an_error_of_a_library_becomes_one_of_ours(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "x.tif"
    path.touch()
    message = (
        rf"^'{path}' should be a GeoTIFF\. Found one that cannot be read: {type(error).__name__} '?cut'?\. "
    )
    with pytest.raises(DataError, match=message) as caught, reading(path, "a GeoTIFF"):
        raise error
    assert caught.value.__cause__ is error


def test_further_errors_of_a_library_are_named_by_its_reader(tmp_path: Path) -> None:
    class GdalError(Exception):
        pass

    assert GdalError not in LIBRARY_ERRORS
    with (
        pytest.raises(DataError, match="GdalError two lines"),
        reading(tmp_path, "x", GdalError, folder=True),
    ):
        raise GdalError("two\n  lines")
    with pytest.raises(GdalError), reading(tmp_path, "x", folder=True):
        raise GdalError


def test_errors_of_ours_pass(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^a setting$"), reading(tmp_path, "x", folder=True):
        raise InputError("a setting")
    with pytest.raises(DataError, match=r"^wrong\. Found in '"), reading(tmp_path, "x", folder=True):
        raise DataError("wrong.")


def test_a_missing_file_or_folder(tmp_path: Path) -> None:
    missing = pytest.raises(DataError, match=r"should be a GeoTIFF. Found no such file. Correct the path")
    with missing, reading(tmp_path, "a GeoTIFF"):  # a folder is no file
        pass
    missing = pytest.raises(
        DataError, match=r"should be a Zarr store. Found no such folder. Correct the path"
    )
    with missing, reading(tmp_path / "none", "a Zarr store", folder=True):
        pass
