"""Codes of label maps: which are classes, which pixels have none."""

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.labels.codes import read_codes


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32, np.bool_, np.uint64])
def test_whole_numbers_of_any_type_are_codes(kind: type) -> None:
    codes = read_codes(np.array([[0, 1], [1, 0]], dtype=kind))
    assert (codes.numbers.tolist(), codes.codes, codes.notes) == ([[0, 1], [1, 0]], (1,), ())


def test_codes_far_apart_are_as_many_classes_as_occur() -> None:
    codes = read_codes(np.array([[0, 312], [211, 2_000_000_000]], dtype=np.int64))
    assert codes.numbers.tolist() == [[0, 2], [1, 3]]
    assert codes.codes == (211, 312, 2_000_000_000)
    assert codes.restore().tolist() == [[0, 312], [211, 2_000_000_000]]


def test_nan_negative_and_marked_pixels_are_unlabelled_and_counted() -> None:
    values = np.array([[np.nan, -1.0, -9999.0], [1.0, 0.0, 7.0]])
    codes = read_codes(values, missing=values == 7)
    assert (codes.numbers.tolist(), codes.codes) == ([[0, 0, 0], [1, 0, 0]], (1,))
    assert codes.notes == (
        "1 pixels without a number (NaN) are taken for unlabelled",
        "2 pixels with a negative label are taken for unlabelled",
    )


def test_the_user_says_which_codes_are_unlabelled() -> None:
    values = np.array([[0, 1], [255, -1]])
    every = read_codes(values, unlabelled=())
    assert (every.codes, every.numbers.tolist()) == ((0, 1, 255), [[1, 2], [3, 0]])
    assert read_codes(values, unlabelled=(0, 255)).codes == (1,)
    # a pixel without data never makes a class of 0
    assert read_codes(np.array([[1, -1]]), unlabelled=()).codes == (1,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.0, 1.5], [2.5, 1.0]], r"whole numbers.*Found 1\.5 at row 0, column 1 \(2 such pixels\)"),
        ([[np.inf]], r"Found inf at row 0, column 0"),
        ([[2**60]], r"Found 1\.15292e\+18 at row 0"),
        ([0, 1], r"labels should be numbers as \(y, x\)\. Found shape \(2,\)"),
        (np.zeros((0, 3)), r"Found shape \(0, 3\)"),
        ([["a"]], r"Found shape \(1, 1\) of <U1"),
        (np.arange(1100).reshape(11, 100), r"at most 1000 classes\. Found 1099 different numbers, 1 to 1099"),
    ],
)
def test_other_values_are_refused_as_labels(values: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_codes(np.asarray(values))
