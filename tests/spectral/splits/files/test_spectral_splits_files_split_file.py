"""Splits of other people in every format, read as a whole."""

from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral import Split, read_split
from split_files import MAP, PATCHES, SCENE, TEST, TEST_MAP, TRAIN, TRAIN_MAP, write


def assert_read(split: Split) -> None:
    assert (split.train.tolist(), split.test.tolist()) == (TRAIN, TEST)
    # class 0: pixels 0, 1, 5, 6, 11; class 1: 2, 4, 7; class 2: 9, 10
    assert split.coverage["labelled"].tolist() == [5, 3, 2]
    assert split.coverage["train"].tolist() == [2, 1, 0]
    assert split.coverage["test"].tolist() == [1, 1, 2]
    assert split.notes[0].endswith(": 3 labelled pixels are in no part")
    assert split.notes[1] == "not in both parts: class 2"


@pytest.mark.parametrize("name", ["split.npy", "split.mat", "v73.mat", "split.tif", "split.txt", "split.npz"])
def test_a_map_of_a_scene(tmp_path: Path, name: str) -> None:
    split = read_split(write(tmp_path / name, {"split": MAP}), SCENE)
    assert_read(split)
    assert split.notes[0].startswith(f"split of {name}: ")


@pytest.mark.parametrize("names", [("train", "test"), ("Train_Indices", "TEST_indices"), ("TR", "TE")])
@pytest.mark.parametrize("name", ["split.npz", "split.mat", "v73.mat"])
def test_two_lists_in_one_file(tmp_path: Path, name: str, names: tuple[str, str]) -> None:
    lists = dict(zip(names, [TRAIN[::-1], TEST[::-1]], strict=True))
    assert_read(read_split(write(tmp_path / name, {**lists, "input": np.zeros((3, 4, 5))}), SCENE))


@pytest.mark.parametrize("name", ["split.npz", "split.mat"])
def test_two_label_maps_in_one_file(tmp_path: Path, name: str) -> None:
    assert_read(read_split(write(tmp_path / name, {"TR": TRAIN_MAP, "TE": TEST_MAP, "label": MAP}), SCENE))


@pytest.mark.parametrize("name", [".npy", ".mat", "v73.mat", ".tif", ".csv", ".txt", ".npz"])
def test_two_files_of_label_maps(tmp_path: Path, name: str) -> None:
    train = write(tmp_path / f"TR{name}", {"mask_TR": TRAIN_MAP})
    test = write(tmp_path / f"TE{name}", {"mask_TE": TEST_MAP})
    assert_read(read_split(train, SCENE, test_path=test))


@pytest.mark.parametrize("name", [".npy", ".mat", ".csv", ".txt", ".npz"])
def test_two_files_of_lists(tmp_path: Path, name: str) -> None:
    paths = [
        write(tmp_path / f"{part}{name}", {part: numbers}) for part, numbers in (("a", TRAIN), ("b", TEST))
    ]
    assert_read(read_split(paths[0], SCENE, test_path=paths[1]))


def test_masks_of_a_patch_set(tmp_path: Path) -> None:
    train = np.array([True, True, False, False, True, False, False])
    path = write(tmp_path / "split.npz", {"train_mask": train, "test_mask": ~train, "val": [], "x": [1]})
    split = read_split(path, PATCHES, class_names=["a", "b", "c"])
    assert (split.train.tolist(), split.test.tolist()) == ([0, 1, 4], [2, 3, 5, 6])
    assert split.coverage["class_name"].tolist() == ["a", "b", "c"]
    assert "validation" not in split.coverage
    assert split.notes == ("split of split.npz: 0 labelled samples are in no part",)


def test_a_validation_part(tmp_path: Path) -> None:
    split = read_split(write(tmp_path / "split.npz", {"train": [0, 1], "VAL": [4], "test": [2]}), PATCHES)
    assert split.validation.tolist() == [4]
    assert split.coverage["validation"].tolist() == [0, 0, 1]
    assert split.coverage["class_name"].tolist() == ["class 0", "class 1", "class 2"]
    assert split.notes[0] == "split of split.npz: 3 labelled samples are in no part"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"nothing.npz' should be a file of a split. Found no such file. Correct"
    ):
        read_split(tmp_path / "nothing.npz", SCENE)
    with pytest.raises(DataError, match=r"test.npy' should be a file of a split. Found no such file"):
        read_split(write(tmp_path / "a.npy", {"a": TRAIN}), SCENE, test_path=tmp_path / "test.npy")
