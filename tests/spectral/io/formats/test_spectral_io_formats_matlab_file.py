"""The array of a MATLAB file that is meant, in either version."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from lrprism.errors import DataError
from lrprism.spectral.io.formats.matlab_file import MatlabFile, open_matlab

SHAPES = {"Cube": (4, 5, 3), "other": (4, 5, 3), "list": (1, 7), "map": (4, 5), "empty": (0, 5, 3)}
FILE = MatlabFile(Path("a.mat"), SHAPES, is_hdf5=False)


@pytest.mark.parametrize(
    ("key", "known", "axes", "name"),
    [
        ("CUBE", (), 3, "Cube"),
        (None, ("cube",), 3, "Cube"),
        (None, (), 2, "map"),  # a list of MATLAB has two axes as well
        ("list", (), 2, "list"),
    ],
)
def test_the_array_that_is_meant(key: str | None, known: tuple[str, ...], axes: int, name: str) -> None:
    assert FILE.choose(key, frozenset(known), axes) == name


def test_the_case_decides_between_names_that_differ_in_nothing_else() -> None:
    file = MatlabFile(Path("a.mat"), {"x": (2, 2), "X": (2, 2)}, is_hdf5=False)
    assert file.choose("X", frozenset(), 2) == "X"


@pytest.mark.parametrize(
    ("key", "axes", "message"),
    [
        (
            None,
            3,
            r"'a.mat' should hold one array of 3 axes. Found Cube \(4, 5, 3\), other \(4, 5, 3\)",
        ),
        ("empty", 3, r"should hold an array 'empty' of 3 axes. Found Cube"),
        (None, 4, r"should hold one array of 4 axes. Found Cube"),
    ],
)
def test_an_array_that_is_not_certain(key: str | None, axes: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        FILE.choose(key, frozenset(), axes)


def test_both_versions_read_in_the_order_of_matlab(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    scipy.io.savemat(tmp_path / "5.mat", {"a": values, "text": "word"})
    with h5py.File(tmp_path / "7.mat", "w") as file:
        file["a"], file["text"] = values.T, "word"
    for name, is_hdf5 in (("5.mat", False), ("7.mat", True)):
        matlab = open_matlab(tmp_path / name)
        assert (matlab.shapes, matlab.is_hdf5) == ({"a": (2, 3, 4)}, is_hdf5)
        np.testing.assert_array_equal(matlab.read("a"), values)
