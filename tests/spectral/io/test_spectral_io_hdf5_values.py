"""Lists, attributes and cubes of HDF5 files, and what is refused as none."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.hdf5_values import (
    check_cube,
    decode_hdf5_cube,
    open_hdf5_cube,
    read_attribute,
    read_list,
    read_number_attribute,
    read_text_attribute,
)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[h5py.File]:
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        opened["group/cube"] = np.arange(24.0).reshape(2, 3, 4)
        opened["words"] = [b"a", b"b"]
        opened.create_dataset("chunked", (1, 1, 1), "f8", chunks=(400, 300, 300), maxshape=(None, None, None))
        opened.attrs["list"], opened.attrs["word"], opened.attrs["hole"] = [1.0, 2.0], "one", [1.0, np.nan]
        yield opened


def test_a_cube_is_read_in_another_order_of_axes(file: h5py.File) -> None:
    cube = open_hdf5_cube(file, "group/cube", (2, 0, 1))
    file.flush()
    assert cube.shape == (4, 2, 3)
    assert cube[3, 1, 2].compute() == 23
    assert read_number_attribute(file, "list", 2).tolist() == [1, 2]


def test_lists_and_attributes_that_are_none(file: h5py.File) -> None:
    with pytest.raises(
        DataError, match=r"'group/cube' in .* a list of numbers. Found shape \(2, 3, 4\) of float64"
    ):
        read_list(file, "group/cube")
    with pytest.raises(DataError, match=r"'words' in .* should be a list of numbers"):
        read_list(file, "words")
    with pytest.raises(DataError, match=r"a.h5' should have the attribute 'none'. Found none"):
        read_attribute(file, "none")
    with pytest.raises(
        DataError, match=r"'list' in .* should be 3 finite numbers. Found \[1. 2.\] \(2 in all\)"
    ):
        read_number_attribute(file, "list", 3)
    for name in ("word", "hole"):
        with pytest.raises(DataError, match=rf"'{name}' in .* should be a list of finite numbers"):
            read_number_attribute(file, name)


def test_cubes_that_are_none(file: h5py.File) -> None:
    with pytest.raises(DataError, match=r"'/words' in .* numbers along three axes. Found shape \(2,\) of"):
        check_cube(file["words"])
    with pytest.raises(
        DataError, match=r"'/chunked' in .* chunks no larger than itself. Found chunks \(400, 300, 300\)"
    ):
        check_cube(file["chunked"])


def test_packed_numbers_become_values(file: h5py.File) -> None:
    packed = file.create_dataset("packed", data=np.array([[[0, 10, -1]]], dtype=np.int16))
    values, divisor = decode_hdf5_cube(file, "packed", (0, 1, 2), nodata=10)
    np.testing.assert_array_equal(values, [[[0, np.nan, -1]]])
    assert divisor == 1
    packed.attrs.update({"scale_factor": 0.5, "add_offset": 2.0, "_FillValue": np.int16(-1)})
    values, divisor = decode_hdf5_cube(file, "packed", (0, 1, 2), nodata=10)
    np.testing.assert_array_equal(values, [[[2, 7, np.nan]]])  # 10 * 0.5 + 2
    assert divisor == 2
    packed.attrs["scale_factor"] = 0.0
    with pytest.raises(DataError, match=r"'scale_factor' of 'packed' in .* should not be 0"):
        decode_hdf5_cube(file, "packed", (0, 1, 2), nodata=10)


def test_texts_have_a_default(file: h5py.File) -> None:
    file.attrs["bytes"], file.attrs["empty"] = np.bytes_(b"sr-1"), ""
    assert read_text_attribute(file, "word") == "one"
    assert read_text_attribute(file, "bytes") == "sr-1"
    assert read_text_attribute(file, "empty", "unknown") == "unknown"
    assert read_text_attribute(file, "none", "unknown") == "unknown"
