"""Names and codes put together as classes."""

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.labels.classes import align_classes, build_label_map, fit_given_names
from lrprism.spectral.io.labels.codes import read_codes
from lrprism.spectral.io.labels.names import ClassNames, list_names

CODES = read_codes(np.array([[0, 211], [312, 211]]))


def test_classes_without_names_are_called_by_their_codes() -> None:
    labels = build_label_map(CODES, None)
    assert labels.values.tolist() == [[0, 1], [2, 1]]
    assert labels.attrs == {
        "class_names": ["class 211", "class 312"],
        "class_codes": [211, 312],
        "assumed": [],
    }


def test_a_legend_names_the_classes_that_occur() -> None:
    legend = ClassNames({111: "Town", 211: "Field", 312: "Wood"}, "'map.qml'")
    labels = build_label_map(CODES, legend, ["read"])
    assert labels.attrs["class_names"] == ["Field", "Wood"]
    assert labels.attrs["assumed"] == ["read", "1 classes of the legend have no pixel and are left out: Town"]


def test_a_list_keeps_classes_without_a_pixel() -> None:
    labels = build_label_map(read_codes(np.array([[1, 3]])), list_names(["a", "b", "c"], "the header"))
    assert labels.values.tolist() == [[1, 3]]
    assert labels.attrs["class_names"] == ["a", "b", "c"]
    assert labels.attrs["class_codes"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("first", "noted"),
    [("Unclassified", False), ("Masked Pixels", False), ("No Data", False), ("Water", True)],
)
def test_the_name_of_zero_never_moves_the_others(first: str, noted: bool) -> None:
    codes = read_codes(np.array([[0, 1, 2]]))
    labels = build_label_map(codes, list_names([first, "Corn", "Wheat"], "the header", first=0))
    assert labels.attrs["class_names"] == ["Corn", "Wheat"]
    assert any("with --unlabelled none they are a class" in note for note in labels.attrs["assumed"]) == noted
    every = build_label_map(
        read_codes(np.array([[0, 1, 2]]), unlabelled=()),
        list_names([first, "Corn", "Wheat"], "the header", first=0),
    )
    assert every.attrs["class_names"] == [first, "Corn", "Wheat"]
    assert every.values.tolist() == [[1, 2, 3]]


def test_a_text_that_does_not_name_all_codes_is_not_used() -> None:
    guess = ClassNames({211: "Field"}, "'labels.txt'", is_guess=True)
    labels = build_label_map(CODES, guess)
    assert labels.attrs["class_names"] == ["class 211", "class 312"]
    assert labels.attrs["assumed"] == [
        "'labels.txt' beside the labels is not used: it does not name all of its codes"
    ]
    both = ClassNames({211: "Field", 312: "Wood"}, "'labels.txt'", is_guess=True)
    assert build_label_map(CODES, both).attrs["assumed"] == [
        "class names are those in 'labels.txt' beside the labels"
    ]


def test_a_name_of_two_codes_is_told_apart() -> None:
    labels = build_label_map(CODES, ClassNames({211: "green", 312: "green"}, "here"))
    assert labels.attrs["class_names"] == ["green (211)", "green (312)"]


def test_given_names_go_to_the_codes_or_in_rising_order() -> None:
    names, notes = fit_given_names((211, 312), ["Field", "Wood"])
    assert names.by_code == {211: "Field", 312: "Wood"}
    assert notes == ["class names are given to the codes that occur in rising order: 211 Field, 312 Wood"]
    names, notes = fit_given_names((1, 3), ["a", "b", "c"])
    assert (names.by_code, notes) == ({1: "a", 2: "b", 3: "c"}, [])


def test_a_code_without_a_given_name_is_refused() -> None:
    with pytest.raises(DataError, match=r"for all 312 classes\. Found 1, and labels 211, 312"):
        fit_given_names((211, 312), ["Field"])
    with pytest.raises(DataError, match=r"for all codes that occur\. Found none for 312 in those given"):
        fit_given_names((211, 312), ClassNames({211: "Field"}, "those given"))
    with pytest.raises(DataError, match=r"Found none for 1, 2, 3, 4, 5, 6, 7, 8 and 2 more"):
        fit_given_names(range(1, 11), ClassNames({0: "x"}, "those given"))


def test_classes_are_numbered_as_those_of_the_training() -> None:
    # another scene lacks a class and has one more
    labels = build_label_map(
        read_codes(np.array([[0, 1, 2, 3]])),
        ClassNames({1: "maize", 2: "oats", 3: "wheat"}, "the attribute 'crop'", has_codes=False),
    )
    assert labels.attrs["class_codes"] == []
    aligned = align_classes(labels, ["maize", "rye", "wheat"], [])
    assert aligned.values.tolist() == [[0, 1, 0, 3]]
    assert aligned.attrs["class_names"] == ["maize", "rye", "wheat"]
    assert aligned.attrs["assumed"] == [
        "1 pixels of classes that the network does not know are unlabelled: oats"
    ]


def test_codes_tell_a_class_only_where_a_name_is_missing() -> None:
    plain = build_label_map(CODES, None)
    assert align_classes(plain, ["Town", "Field", "Wood"], [111, 211, 312]).values.tolist() == [
        [0, 2],
        [3, 2],
    ]
    named = build_label_map(CODES, ClassNames({211: "Field", 312: "Wood"}, "here"))
    assert align_classes(named, ["class 111", "class 312"], [111, 312]).values.tolist() == [[0, 0], [2, 0]]
    # a code of the same number may mean something else where names differ
    with pytest.raises(DataError, match=r"trained with: Town, Lake\. Found Field, Wood\. Name them alike"):
        align_classes(named, ["Town", "Lake"], [211, 312])
    # positions of words are no codes
    with pytest.raises(DataError, match=r"trained with: hay, rye\. Found class 1, class 2"):
        align_classes(build_label_map(read_codes(np.array([[1, 2]])), None), ["hay", "rye"], [])
