import pandas as pd
import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.classes import (
    check_column,
    choose_label_column,
    holds_fractions,
    is_number,
    number_classes,
)

SIX = pd.DataFrame(
    {
        "id": list("abcdef"),
        "species": ["oak", "ash", "oak", "ash", "elm", "elm"],
        "plot": [1, 1, 2, 2, 3, 3],
        "nitrogen": [1.5, 2.5, 3.0, 1.0, 2.0, 1.5],
        "date": ["1", "2", "3", "4", "5", "6"],
    }
)


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        (["id", "species", "nitrogen", "date"], "species"),
        (["plot", "nitrogen"], "plot"),
        (["id", "species", "plot"], None),
        (["id", "nitrogen"], None),
        ([], None),
    ],
)
def test_the_only_column_of_classes_is_taken(columns: list[str], chosen: str | None) -> None:
    column, sentence = choose_label_column(SIX[columns], None)
    assert column == chosen
    assert ("is taken for the class" in sentence) == (chosen is not None)


def test_candidates_are_listed() -> None:
    _, sentence = choose_label_column(SIX, None)
    assert sentence == "several columns that may name the class: 'species', 'plot'"
    _, sentence = choose_label_column(SIX[["id", "nitrogen"]], None)
    assert sentence == "no column of classes among 'id', 'nitrogen'"
    assert choose_label_column(SIX[[]], None) == (None, "no classes in the file")


def test_a_column_called_label_that_holds_fractions_is_described() -> None:
    column, sentence = choose_label_column(
        pd.DataFrame({"id": list("abc"), "Label": [0.5, 2.75, None]}), None
    )
    assert column is None
    assert sentence == (
        "the column 'Label' of measured numbers, 0.5 to 2.75, which are no classes (learn them: --task "
        "regression --target-column 'Label')"
    )
    codes = pd.DataFrame({"label": [1.0, 2.0, 1.0, None]})
    assert choose_label_column(codes, None)[0] == "label"


def test_a_column_called_label_comes_before_others() -> None:
    table = SIX.assign(Label=SIX["plot"])
    assert choose_label_column(table, None)[0] == "Label"
    assert choose_label_column(table, "species") == ("species", "")
    assert choose_label_column(pd.DataFrame({"id": ["a"], "label": ["clay"]}), None)[0] == "label"
    twice = pd.DataFrame([["a", "b"], ["c", "d"]], columns=["label", "label"])
    assert choose_label_column(twice, None)[0] is None


def test_texts_are_numbered_by_the_alphabet_and_numbers_by_size() -> None:
    classes = number_classes(pd.Series(["oak ", None, "ash", "oak"]))
    assert (classes.label.tolist(), classes.names, classes.codes) == ([1, -1, 0, 1], ["ash", "oak"], [])
    classes = number_classes(pd.Series([312.0, 211.0, float("nan"), 211.0]))
    assert (classes.label.tolist(), classes.names) == ([1, 0, -1, 0], ["211", "312"])
    assert classes.codes == [211, 312]
    assert number_classes(pd.Series([True, False])).names == ["False", "True"]


def test_whole_numbers_get_names_by_order_or_by_code() -> None:
    assert number_classes(pd.Series([312, 211]), ["fields", "woods"]).names == ["fields", "woods"]
    names = {312: "woods", 211: "fields", 111: "town"}
    assert number_classes(pd.Series([312, 211]), names).names == ["fields", "woods"]
    with pytest.raises(
        lp.DataError, match=r"for the 2 classes .*, 211, 999\. Found names for 111, 211, 312\."
    ):
        number_classes(pd.Series([999, 211]), names)


@pytest.mark.parametrize(
    ("values", "names", "message"),
    [
        ([1.0, 1.5], None, r"texts or whole numbers\. Found 1\.5, a measurement\. Choose another"),
        (["Oak", "oak"], None, r"differ in more than case\. Found 'Oak' and 'oak'"),
        (["oak", "ash"], ["a", "b"], r"only where the data name none\. Found names in the column 'c'"),
        ([1, 2], ["a"], r"for the 2 classes of the column 'c', 1, 2\. Found 1\. Name each, the lowest"),
    ],
)
def test_impossible_classes(values: list[object], names: list[str] | None, message: str) -> None:
    with pytest.raises(lp.DataError, match=message):
        number_classes(pd.Series(values, name="c"), names)


def test_names_by_code_that_do_not_fit_name_both() -> None:
    codes = pd.Series([211, 312, 211], name="cover")
    message = r"of the column 'cover', 211, 312\. Found names for 111, 211\. Name 312 too\."
    with pytest.raises(lp.DataError, match=message):
        number_classes(codes, {211: "field", 111: "city"})
    with pytest.raises(lp.DataError, match=r"of the labels of 'p\.hdf5', 211, 312\. Found names for 1\."):
        number_classes(codes, {1: "city"}, file="p.hdf5")
    with pytest.raises(lp.DataError, match=r"column 'n', 0, 1, 2, .*, 18, \.\.\., 39\. Found 1\. Name each"):
        number_classes(pd.Series(range(40), name="n"), ["a"])


def test_a_column_must_be_there_once() -> None:
    check_column(SIX, "plot", "group")
    with pytest.raises(
        lp.DataError, match=r"group column .* Found none called 'plant' among 'id', .*--group-col"
    ):
        check_column(SIX, "plant", "group")
    twice = SIX.set_axis(["a", "a", "b", "c", "d"], axis=1)
    with pytest.raises(lp.DataError, match=r"label column .* Found 2 called 'a'"):
        choose_label_column(twice, "a")


def test_truth_values_are_texts() -> None:
    assert is_number(SIX["plot"])
    assert not is_number(pd.Series([True, False]))


def test_fractions_are_told_from_whole_numbers() -> None:
    assert holds_fractions(pd.Series([1.0, 2.5]))
    assert not holds_fractions(pd.Series([1.0, 2.0, None]))
    assert not holds_fractions(pd.Series(["1.5"]))
    assert not holds_fractions(pd.DataFrame([[1.5, 2.5]], columns=["a", "a"]))
