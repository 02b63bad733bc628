"""MATLAB files of version 5, against scipy as the second opinion."""

import struct
import zlib
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from lrprism.spectral.io.formats.matlab5 import find_arrays, read_numeric_array

HEAD = b"MATLAB 5.0 MAT-file".ljust(124)


def element(order: str, kind: int, content: bytes) -> bytes:
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(order: str = "<", *, flags: int = 6, numbers: bytes = bytes(range(6)), stored: int = 2) -> bytes:
    """A 2 x 3 matrix of doubles, stored as bytes, whose short name sits in its tag, as MATLAB writes it."""
    return element(
        order,
        14,
        element(order, 6, struct.pack(f"{order}II", flags, 0))
        + element(order, 5, struct.pack(f"{order}ii", 2, 3))
        + struct.pack(f"{order}I", (1 << 16) + 1)
        + b"m\0\0\0"
        + element(order, stored, numbers),
    )


def file(tmp_path: Path, order: str, content: bytes) -> Path:
    path = tmp_path / "a.mat"
    path.write_bytes(HEAD + struct.pack(f"{order}HH", 0x0100, 0x4D49) + content)
    return path


@pytest.mark.parametrize(
    ("dtype", "packed"),
    list(product(["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"], [False, True])),
)
def test_every_type_as_scipy_writes_it(tmp_path: Path, dtype: str, packed: bool) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"first": values, "second": values[0], "text": "word"}, do_compression=packed)
    arrays = find_arrays(path)
    assert {name: array.shape for name, array in arrays.items()} == {"first": (2, 3, 4), "second": (3, 4)}
    for name, array in arrays.items():
        read = read_numeric_array(path, array)
        np.testing.assert_array_equal(read, scipy.io.loadmat(path)[name])
        assert read.dtype == np.dtype(dtype)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
def test_matlab_packs_whole_doubles_into_bytes(tmp_path: Path, order: str, packed: bool) -> None:
    content = element(order, 15, zlib.compress(matrix(order)))[: 8 + len(zlib.compress(matrix(order)))]
    path = file(tmp_path, order, content if packed else matrix(order))
    array = find_arrays(path)["m"]
    assert read_numeric_array(path, array).tolist() == [[0, 2, 4], [1, 3, 5]]  # the first axis runs fastest
    np.testing.assert_array_equal(read_numeric_array(path, array), scipy.io.loadmat(path)["m"])


def test_numbers_inside_their_tag(tmp_path: Path) -> None:
    content = element(
        "<",
        14,
        element("<", 6, struct.pack("<II", 9, 0))
        + element("<", 5, struct.pack("<ii", 1, 3))
        + element("<", 1, b"m")
        + struct.pack("<I", (3 << 16) + 2)
        + b"\x05\x06\x07\0",
    )
    path = file(tmp_path, "<", content)
    assert read_numeric_array(path, find_arrays(path)["m"]).tolist() == [[5, 6, 7]]


def test_complex_arrays_are_left_out(tmp_path: Path) -> None:
    assert find_arrays(file(tmp_path, "<", matrix(flags=0x0800 + 6))) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (matrix(stored=99), "numbers of the unknown type 99 in 'm'"),
        (matrix(numbers=bytes(5)), r"'m' declares \(2, 3\) but has 5 bytes"),
        (matrix()[:-8], "the file ends within an array"),
        (matrix() + b"abc", "the file ends within a header"),
        (element("<", 14, b""), "an array ends before its numbers do|no array"),
        (element("<", 14, element("<", 6, bytes(16))), "a part of 16 bytes where at most 8 make sense"),
        (element("<", 15, zlib.compress(element("<", 9, bytes(8)) * 3)), "a part of|no array where one"),
        (element("<", 15, zlib.compress(matrix()[:40])), "an array ends before its numbers do"),
    ],
)
def test_damage_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_arrays(file(tmp_path, "<", content))


def test_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(bytes(200))
    with pytest.raises(ValueError, match="no mark of the byte order"):
        find_arrays(tmp_path / "a.mat")
