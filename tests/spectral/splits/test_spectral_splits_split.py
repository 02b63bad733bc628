"""The split itself: its table of coverage, its notes, and labels and names that are refused."""

import numpy as np
import numpy.typing as npt
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import Split
from lrprism.spectral.splits.split import (
    check_classes,
    check_fraction,
    coverage_table,
    name_classes,
    note_missing_classes,
    note_single_units,
)

# samples 0..7; sample 4 has no label, class 3 does not occur
CLASSES = np.array([0, 0, 1, 1, -1, 2, 2, 0])
NAMES = ["Corn", "Woods", "Hay", "Oats"]


def build(train: list[int], test: list[int], validation: list[int] | None = None) -> Split:
    parts = [np.array(part, dtype=np.int64) for part in (train, test, validation or [])]
    table = coverage_table(CLASSES, parts[0], parts[1], NAMES, parts[2])
    return Split(parts[0], parts[1], table, ("first",), parts[2])


def test_the_table_counts_each_class_in_each_part() -> None:
    table = build([0, 2, 5], [1, 6], [3]).coverage
    assert table["class"].tolist() == [0, 1, 2, 3]
    assert table["class_name"].tolist() == NAMES
    assert table["labelled"].tolist() == [3, 2, 2, 0]
    assert table["train"].tolist() == [1, 1, 1, 0]
    assert table["test"].tolist() == [1, 0, 1, 0]
    assert table["validation"].tolist() == [0, 1, 0, 0]
    assert "validation" not in build([0], [1]).coverage


def test_classes_that_are_not_in_both_parts_are_noted() -> None:
    split = note_missing_classes(build([0, 2, 5], [1, 6]))
    assert split.missing_classes == ["Woods"]
    assert split.notes == ("first", "not in both parts: Woods")
    complete = build([0, 2, 5], [1, 3, 6])
    assert note_missing_classes(complete) is complete


def test_classes_of_one_unit_alone_are_noted() -> None:
    # Corn in fields 7 and 8, Woods in 8 alone, Hay in 9 alone
    classes, fields = np.array([0, 0, 1, 1, 2]), np.array([7, 8, 8, 8, 9])
    assert note_single_units(classes, fields, NAMES, "field") == ("lie in a single field: Woods, Hay",)
    assert note_single_units(classes[:2], fields[:2], NAMES, "field") == ()


def test_a_split_without_a_validation_part_has_an_empty_one() -> None:
    split = Split(np.array([0]), np.array([1]), build([0], [1]).coverage)
    assert (split.validation.size, split.validation.dtype) == (0, np.int64)
    assert split.notes == ()


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_that_leaves_a_part_empty_is_refused(fraction: float) -> None:
    check_fraction("test_fraction", 0.5)
    with pytest.raises(InputError, match=r"^share should lie between 0 and 1\. Found .*\. Try 0\.5\.$"):
        check_fraction("share", fraction)


@pytest.mark.parametrize("labels", [[], [-1, 0], [0.0, 1.0], [[0, 1]], ["a"]])
def test_labels_that_are_no_classes_are_refused(labels: npt.ArrayLike) -> None:
    assert check_classes([2, 0]).tolist() == [2, 0]
    with pytest.raises(DataError, match=r"^labels should be one list of integers from 0\. Found shape \("):
        check_classes(labels)


def test_classes_are_named_by_the_user_or_by_number() -> None:
    assert name_classes(np.array([0, 2]), None) == ["class 0", "class 1", "class 2"]
    assert name_classes(np.array([0, 2]), NAMES) == NAMES
    with pytest.raises(DataError, match=r"^class_names should name all 3 classes\. Found 2 names\."):
        name_classes(np.array([0, 2]), NAMES[:2])
