"""Arrays that stay in their file."""

import math
from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.spectral.io.hdf5_values import StoredDataset
from lrprism.spectral.io.lazy import AbstractStored, StoredBinary, in_memory, lazy, pieces

VALUES = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


@pytest.fixture(params=["binary", "fortran", "hdf"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractStored:
    """The values with their last axis in front, from each kind of file."""
    path, axes = tmp_path / "a", (2, 0, 1)
    if request.param == "hdf":
        with h5py.File(path, "w") as file:
            file["values"] = VALUES
        return StoredDataset(path, VALUES.shape, VALUES.dtype, axes, "values")
    fortran = request.param == "fortran"
    path.write_bytes(b"skipped" + VALUES.tobytes(order="F" if fortran else "C"))
    return StoredBinary(path, VALUES.shape, VALUES.dtype, axes, skip=7, fortran=fortran)


def test_values_and_every_kind_of_index(stored: AbstractStored) -> None:
    turned = VALUES.transpose(2, 0, 1)
    array = lazy(stored)
    assert array.shape == turned.shape
    assert array.dtype == np.int16
    np.testing.assert_array_equal(array, turned)
    for index in ((1, 0, 2), (slice(1, 3), 1), (slice(None, None, -1),), ([0, 2],), (..., slice(0, 3, 2))):
        np.testing.assert_array_equal(array[index], turned[index])


@pytest.mark.parametrize(
    ("shape", "lengths"),
    [
        ((145, 145, 200), (144, 145, 200)),  # 144 * 145 * 200 * 4 bytes are just under 16 MiB
        ((200, 5000, 5000), (1, 838, 5000)),
        ((3, 10, 10), (3, 10, 10)),
        ((1, 1, 10**8), (1, 1, 2**22)),
    ],
)
def test_pieces_are_at_most_16_mib(shape: tuple[int, ...], lengths: tuple[int, ...]) -> None:
    assert pieces(shape) == lengths
    assert 4 * math.prod(lengths) <= 2**24


def test_an_array_in_memory_is_cut_as_well() -> None:
    array = in_memory(np.zeros((5, 2000, 1000), dtype=np.uint8))
    assert array.chunksize == (2, 2000, 1000)
