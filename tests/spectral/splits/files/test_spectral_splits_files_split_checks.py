"""Parts that overlap, are empty, or name samples that the data does not hold."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral import read_split
from lrprism.spectral.splits.files.sample_set import SampleSet
from lrprism.spectral.splits.files.split_checks import check_split_parts
from split_files import PATCHES, SCENE, write

PARTS = [
    ([], [1], "the train part should have samples. Found none. Give both parts"),
    ([1], [], "the test part should have samples"),
    ([0, 1], [1, 2, 0], "in one part. Found 2 in two, the first is sample 0 in train and test. Remove it"),
    ([0, 0, 1, 1], [2], "in the train part once. Found 2 more than once, the first is sample 0. Remove"),
    ([0], [2, 2], "in the test part once. Found 1 more than once, the first is sample 2"),
    ([0], [7], r"lie in 0..6, the samples of the data. Found 1 outside, the first is 7. Give the split of"),
    ([-1], [3], "Found 1 outside, the first is -1"),
    (
        [1, 3],
        [2, 7],
        "the first is 7. They look like MATLAB's, which count from 1: number the samples from 0.",
    ),
    ([0.5], [3], r"whole numbers. Found 0.5 \(1 such\). Number the samples from 0"),
    ([np.nan], [3], r"whole numbers. Found nan"),
    ([1e300], [3], r"whole numbers. Found 1e\+300"),
    (["a"], [3], "told in numbers. Found <U1"),
    ([True, False], [3], r"map or mask of shape \(7,\) like the labels. Found shape \(2,\) of bool. Give"),
    ([[0, 1], [2, 3]], [4], r"Found shape \(2, 2\) of int64"),
]


@pytest.mark.parametrize(("train", "test", "message"), PARTS)
def test_parts_that_cannot_be(tmp_path: Path, train: list[int], test: list[int], message: str) -> None:
    path = write(tmp_path / "split.npz", {"train": train, "test": test})
    with pytest.raises(DataError, match=message) as caught:
        read_split(path, PATCHES)
    assert "split.npz" in str(caught.value)


def test_pixels_that_cannot_be(tmp_path: Path) -> None:
    matlab = write(tmp_path / "split.mat", {"train": [1, 2], "test": [5, 12]})
    with pytest.raises(
        DataError, match=r"from 1 and go down the columns: number the pixels from 0, row \* width"
    ):
        read_split(matlab, SCENE)
    unlabelled = write(tmp_path / "split.npz", {"train": [0, 3, 8], "test": [1]})
    message = r"the train part should have a label. Found 2 without, the first is pixel 3 \(row 0, column 3\)"
    with pytest.raises(DataError, match=message):
        read_split(unlabelled, SCENE)


def test_an_unlabelled_sample(tmp_path: Path) -> None:
    path = write(tmp_path / "split.npz", {"train": [0], "test": [1, 2]})
    with pytest.raises(
        DataError, match=r"the test part should have a label. Found 1 without, .* sample 2\. Rem"
    ):
        read_split(path, [0, 1, -1])


def test_parts_that_are_right_pass() -> None:
    samples = SampleSet.from_labels(PATCHES, None)
    check_split_parts(
        {"train": np.array([0, 6]), "validation": np.array([], dtype=int), "test": np.array([3])}, samples
    )
