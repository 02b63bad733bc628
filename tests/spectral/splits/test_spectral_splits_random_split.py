import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import RANDOM_SPLIT_NOTE, random_split

LABELS = np.array([0] * 10 + [1] * 4 + [3] * 3 + [4])


def test_every_sample_is_in_one_part() -> None:
    split = random_split(LABELS, test_fraction=0.3, seed=1)
    assert sorted([*split.train, *split.test]) == list(range(18))
    assert split.train.dtype == split.test.dtype == np.int64


def test_each_class_gives_its_share() -> None:
    table = random_split(LABELS, test_fraction=0.3, seed=1).coverage
    # 10 * 0.3 = 3; round(4 * 0.3) = 1; round(3 * 0.3) = 1; one sample stays for training; class 2 is empty
    assert table["test"].tolist() == [3, 1, 0, 1, 0]
    assert table["train"].tolist() == [7, 3, 0, 2, 1]
    assert table["labelled"].tolist() == [10, 4, 0, 3, 1]
    assert table["class"].tolist() == [0, 1, 2, 3, 4]


def test_small_classes_are_on_both_sides() -> None:
    assert random_split([0, 0, 1, 1], test_fraction=0.01, seed=0).coverage["test"].tolist() == [1, 1]
    assert random_split([0, 0, 1, 1], test_fraction=0.99, seed=0).coverage["train"].tolist() == [1, 1]


def test_what_the_reader_must_know() -> None:
    split = random_split(LABELS, seed=1, class_names=["a", "b", "c", "d", "e"])
    assert split.missing_classes == ["e"]
    assert split.notes == (RANDOM_SPLIT_NOTE,)
    assert "overlap" in RANDOM_SPLIT_NOTE


def test_the_seed_decides() -> None:
    first, again, other = (random_split(LABELS, seed=seed).test.tolist() for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("labels", "fraction", "message"),
    [
        ([0, 1], 0.5, "each class should have 2 or more samples to split"),
        ([0, -1], 0.5, "labels should be one list of integers from 0"),
        ([[0], [1]], 0.5, r"integers from 0. Found shape \(2, 1\)"),
        ([0.0, 1.0], 0.5, "Found .* of float64"),
        ([], 0.5, r"Found shape \(0,\)"),
    ],
)
def test_labels_that_cannot_be_split(labels: list[int], fraction: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        random_split(labels, test_fraction=fraction, seed=0)


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_a_fraction_that_leaves_a_part_empty(fraction: float) -> None:
    with pytest.raises(InputError, match=f"test_fraction should lie between 0 and 1. Found {fraction:g}"):
        random_split([0, 1], test_fraction=fraction, seed=0)


def test_too_few_names() -> None:
    with pytest.raises(DataError, match=r"class_names should name all 5 classes. Found 2 names"):
        random_split(LABELS, seed=0, class_names=["a", "b"])
