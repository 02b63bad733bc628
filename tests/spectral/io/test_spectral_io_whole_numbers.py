"""What may stand in a label map."""

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.whole_numbers import whole_numbers


def test_whole_numbers_of_any_type_become_labels() -> None:
    for kind in (np.uint8, np.int32, np.float32, np.bool_):
        found = whole_numbers(np.array([[0, 1], [1, 0]], dtype=kind))
        assert found.dtype == np.int64
        assert found.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.0, 1.5], [2.5, 1.0]], r"Found 1\.5 at row 0, column 1 \(2 such pixels\)"),
        ([[np.nan]], r"Found nan at row 0, column 0"),
        ([[10001]], r"to 10000\. Found 10001"),
        ([0, 1], r"labels should be numbers as \(y, x\)\. Found shape \(2,\)"),
        (np.zeros((0, 3)), r"Found shape \(0, 3\)"),
        ([["a"]], r"Found shape \(1, 1\) of <U1"),
    ],
)
def test_other_values_are_refused(values: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        whole_numbers(np.asarray(values))
