"""The parts in one file or in two, and files that do not tell them."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral import read_split
from lrprism.spectral.splits.files.sample_set import SampleSet
from lrprism.spectral.splits.files.split_parts import read_parts
from split_files import MAP, PATCHES, SCENE, TEST, TRAIN, Arrays, write


def test_parts_are_sorted(tmp_path: Path) -> None:
    path = write(tmp_path / "split.npz", {"train": [4, 0], "test": [6, 2, 3], "val": [1]})
    parts = read_parts(path, None, SampleSet.from_labels(PATCHES, None))
    assert {part: numbers.tolist() for part, numbers in parts.items()} == {
        "train": [0, 4],
        "validation": [1],
        "test": [2, 3, 6],
    }


def test_parts_of_two_files_are_named_in_errors(tmp_path: Path) -> None:
    a, b, c = (
        write(tmp_path / f"{name}.npy", {name: [0, number]})
        for name, number in (("a", 1), ("b", 2), ("c", 99))
    )
    with pytest.raises(DataError, match=r"sample 0 in train and test.* Found in '.*a.npy' and '.*b.npy'"):
        read_split(a, PATCHES, test_path=b)
    np.save(c, np.zeros((2, 2)))
    with pytest.raises(DataError, match=r"Found shape \(2, 2\) .* Found in '[^']*c.npy'\.$"):
        read_split(a, PATCHES, test_path=c)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"split": MAP.T},
            r"a map of the scene, of shape \(3, 4\) like the labels. Found shape \(4, 3\). Give",
        ),
        ({"split": TRAIN}, r"Found shape \(3,\)"),
        ({"split": MAP * 3}, r"0 \(neither\), 1 \(train\) and 2 \(test\). Found 3 \(7 pixels above"),
        ({"a": MAP, "b": MAP}, r"one array or arrays named te, .* Found a \(3, 4\), b \(3, 4\). Rename them"),
        ({"cube": np.zeros((3, 4, 5))}, r"Found cube \(3, 4, 5\)"),
        ({"Train": [0], "train": [1], "test": [2]}, r"Found Train \(1,\), train \(1,\), test"),
        ({"test": TEST}, "hold one array of the train part. Found none. Name it train"),
        ({"train": TRAIN, "TR": TRAIN, "test": TEST}, "of the train part. Found train, tr. Name it train"),
        (
            {"split": np.array([{"a": 1}])},
            "a file of a split. Found one that cannot be read: ValueError Object arrays",
        ),
    ],
)
def test_files_that_do_not_tell(tmp_path: Path, arrays: Arrays, message: str) -> None:
    path = write(tmp_path / "split.npz", arrays)
    with pytest.raises(DataError, match=message):
        read_split(path, SCENE)
