"""HDF5 files that are damaged, or that hold something else than a cube."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.lazy_hdf5 import (
    attribute,
    checked_shape,
    dataset_in,
    numbers_in,
    numbers_of,
    opened,
    stored_cube,
)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[h5py.File]:
    (tmp_path / "raw.bin").write_bytes(bytes(48))
    with h5py.File(tmp_path / "a.h5", "w") as made:
        made["group/cube"] = np.arange(24.0).reshape(2, 3, 4)
        made["words"] = [b"a", b"b"]
        made["soft"] = h5py.SoftLink("/group/cube")
        made["elsewhere"] = h5py.ExternalLink("b.h5", "/cube")
        made.create_dataset("raw", (2, 3), "f8", external=[(str(tmp_path / "raw.bin"), 0, 48)])
        layout = h5py.VirtualLayout((2, 3, 4), "f8")
        layout[:] = h5py.VirtualSource("b.h5", "cube", (2, 3, 4))
        made.create_virtual_dataset("virtual", layout)
        made.create_dataset("chunked", (1, 1, 1), "f8", chunks=(400, 300, 300), maxshape=(None, None, None))
        made.attrs["list"], made.attrs["word"], made.attrs["hole"] = [1.0, 2.0], "one", [1.0, np.nan]
        yield made


def test_a_cube_is_read_in_another_order_of_axes(file: h5py.File) -> None:
    cube = stored_cube(file, "group/cube", (2, 0, 1))
    file.flush()
    assert cube.shape == (4, 2, 3)
    assert cube[3, 1, 2].compute() == 23
    assert numbers_of(file, "list", 2).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("group/other", r"a.h5' should hold 'group/other'. Found no 'other' there"),
        ("group/cube/deeper", r"should hold 'group/cube/deeper'. Found no 'deeper' there"),
        ("group", r"'group' in '.*a.h5' should be a dataset. Found a group"),
        ("soft", r"'soft' in .* should be stored in this file. Found a link"),
        ("elsewhere", r"'elsewhere' in .* should be stored in this file. Found a link"),
        ("virtual", r"'virtual' in .* should be stored in this file. Found a link"),
        ("raw", r"'raw' in .* should be stored in this file. Found a link"),
    ],
)
def test_what_is_no_dataset_of_this_file(file: h5py.File, key: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        dataset_in(file, key)


def test_lists_and_attributes_that_are_none(file: h5py.File) -> None:
    with pytest.raises(
        DataError, match=r"'group/cube' in .* a list of numbers. Found shape \(2, 3, 4\) of float64"
    ):
        numbers_in(file, "group/cube")
    with pytest.raises(DataError, match=r"'words' in .* should be a list of numbers"):
        numbers_in(file, "words")
    with pytest.raises(DataError, match=r"a.h5' should have the attribute 'none'. Found none"):
        attribute(file, "none")
    with pytest.raises(
        DataError, match=r"'list' in .* should be 3 finite numbers. Found \[1. 2.\] \(2 in all\)"
    ):
        numbers_of(file, "list", 3)
    for name in ("word", "hole"):
        with pytest.raises(DataError, match=rf"'{name}' in .* should be a list of finite numbers"):
            numbers_of(file, name)


def test_cubes_that_are_none(file: h5py.File) -> None:
    with pytest.raises(DataError, match=r"'/words' in .* numbers along three axes. Found shape \(2,\) of"):
        checked_shape(file["words"])
    with pytest.raises(
        DataError, match=r"'/chunked' in .* chunks no larger than itself. Found chunks \(400, 300, 300\)"
    ):
        checked_shape(file["chunked"])


def test_files_that_are_missing_or_damaged(tmp_path: Path) -> None:
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(40))
    for name, found in (("none.h5", "no such file"), ("bad.h5", "one that cannot be read: OSError")):
        wrong = pytest.raises(DataError, match=rf"{name}' should be a NEON file. Found {found}")
        with wrong, opened(tmp_path / name, "a NEON file"):
            pass
