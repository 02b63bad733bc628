"""The samples of the data: how they are named, and labels that are none."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from lrprism.errors import DataError
from lrprism.spectral import read_split
from lrprism.spectral.splits.files.sample_set import SampleSet, as_sample_numbers
from split_files import PATCHES, SCENE


def test_pixels_are_told_by_row_and_column() -> None:
    scene, patches = SampleSet.from_labels(SCENE, None), SampleSet.from_labels(PATCHES, ["a", "b", "c"])
    assert (scene.noun, scene.describe(7)) == ("pixel", "pixel 7 (row 1, column 3)")
    assert (patches.noun, patches.describe(6)) == ("sample", "sample 6")
    assert scene.class_names == ["class 0", "class 1", "class 2"]
    assert patches.class_names == ["a", "b", "c"]
    assert scene.classes.tolist() == [0, 0, 1, -1, 1, 0, 0, 1, -1, 2, 2, 0]


def test_members_are_told_by_a_map_a_mask_or_a_list() -> None:
    scene, patches = SampleSet.from_labels(SCENE, None), SampleSet.from_labels(PATCHES, None)
    assert scene.find_members(np.array([[0, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]])).tolist() == [1, 11]
    assert scene.find_members(np.array([11, 1])).tolist() == [11, 1]
    assert patches.find_members(np.array([True, False, False, True, False, False, False])).tolist() == [0, 3]
    # seven numbers are a list, not a mask
    assert patches.find_members(np.array([6, 5, 4, 3, 2, 1, 0])).tolist() == [6, 5, 4, 3, 2, 1, 0]


def test_whole_numbers_of_any_type_are_sample_numbers() -> None:
    for values in (np.array([3.0, 0.0]), np.array([3, 0], dtype=np.uint8)):
        assert as_sample_numbers(values).tolist() == [3, 0]
        assert as_sample_numbers(values).dtype == np.int64


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.zeros((3, 4), dtype=int),
            r"labels should be integers with some labelled: .* Found shape \(3, 4\)",
        ),
        (np.full((3, 4), -1), r"Found shape \(3, 4\) of int64. Give the labels of the data"),
        ([-2, 1], r"Found shape \(2,\)"),
        ([0.0, 1.0], "of float64"),
        (np.ones((2, 2, 2), dtype=int), r"Found shape \(2, 2, 2\)"),
    ],
)
def test_labels_that_cannot_be(tmp_path: Path, labels: npt.ArrayLike, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_split(tmp_path / "split.npz", labels)


def test_too_few_names(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"class_names should name all 3 classes. Found 2 names"):
        read_split(tmp_path / "split.npz", PATCHES, class_names=["a", "b"])
