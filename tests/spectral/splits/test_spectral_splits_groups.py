from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import group_split

PLANTS = ["p3", "p3", "p1", "p1", "p2", "p2", "p4", "p4"]
LABELS = [0, 0, 0, 0, 1, 1, 1, 1]


def test_by_hand() -> None:
    split = group_split(LABELS, PLANTS, seed=0, class_names=["resistant", "susceptible"])
    # each class has two plants of two samples: one of them on each side
    assert split.coverage[["train", "test"]].to_numpy().tolist() == [[2, 2], [2, 2]]
    assert split.coverage["class_name"].tolist() == ["resistant", "susceptible"]
    assert split.notes == ("whole groups: 2 of 4 are for testing",)


@pytest.mark.parametrize("seed", range(3))
def test_no_group_is_in_both_parts_and_no_sample_is_lost(seed: int) -> None:
    generator = np.random.default_rng(seed)
    groups, labels = generator.integers(0, 40, 500), generator.integers(0, 5, 500)
    split = group_split(labels, groups, test_fraction=0.3, seed=seed)
    assert not set(groups[split.train]) & set(groups[split.test])
    assert sorted([*split.train, *split.test]) == list(range(500))
    assert len(split.test) / 500 == pytest.approx(0.3, abs=0.02)
    assert split.train.dtype == split.test.dtype == np.int64


def most_classes(labels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> int:
    """Try every deal of the groups."""
    best = 0
    for deal in product([False, True], repeat=int(groups.max()) + 1):
        on_test = np.array(deal)[groups]
        best = max(best, len(set(labels[on_test]) & set(labels[~on_test])))
    return best


@pytest.mark.parametrize("seed", range(20))
def test_as_many_classes_as_possible_are_in_both_parts(seed: int) -> None:
    generator = np.random.default_rng(seed)
    groups, labels = generator.integers(0, 7, 20), generator.integers(0, 6, 20)
    split = group_split(labels, groups, seed=seed)
    assert len(set(labels[split.train]) & set(labels[split.test])) == most_classes(labels, groups)


def test_the_shares_are_met_where_every_class_is_one_group() -> None:
    split = group_split(np.repeat(range(10), 20), np.repeat(range(10), 20), test_fraction=0.3, seed=0)
    assert len(split.test) == 60
    names = ", ".join(f"class {number}" for number in range(10))
    assert split.notes[1:] == (f"lie in a single group: {names}", f"not in both parts: {names}")


def test_the_note_names_the_classes_of_one_group_alone() -> None:
    split = group_split([*LABELS, 2, 2], [*PLANTS, "p1", "p1"], seed=0)
    assert "lie in a single group: class 2" in split.notes
    assert split.missing_classes == ["class 2"]


def test_the_seed_decides() -> None:
    generator = np.random.default_rng(0)
    groups, labels = generator.integers(0, 40, 500), generator.integers(0, 5, 500)
    first, again, other = (group_split(labels, groups, seed=seed).test.tolist() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_names_and_numbers_of_groups_give_the_same() -> None:
    numbers = [int(plant[1]) for plant in PLANTS]
    by_number, by_name = (group_split(LABELS, groups, seed=1) for groups in (numbers, PLANTS))
    assert by_number.test.tolist() == by_name.test.tolist()


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        ([0, 1], [7, 7], "groups should be at least 2 to split. Found only 7. Use smaller groups"),
        ([0, 1], [1, 2, 3], r"the group of each of the 2 samples. Found shape \(3,\)"),
        ([0, 1], [[1], [2]], r"the group of each of the 2 samples. Found shape \(2, 1\)"),
        (
            [0, 1, 1],
            ["a", None, "b"],
            "group of every sample. Found 1 without, the first is sample 1. Name",
        ),
        ([0, 1, 1], ["a", float("nan"), "b"], "Found 1 without, the first is sample 1"),
        ([0, -1], [1, 2], "labels should be one list of integers from 0"),
    ],
)
def test_groups_that_cannot_be_split(labels: list[int], groups: npt.ArrayLike, message: str) -> None:
    with pytest.raises(DataError, match=message):
        group_split(labels, groups, seed=0)


def test_a_fraction_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"test_fraction should lie between 0 and 1\. Found 2"):
        group_split(LABELS, PLANTS, seed=0, test_fraction=2)
