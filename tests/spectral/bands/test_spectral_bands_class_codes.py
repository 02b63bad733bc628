import numpy as np
import pandas as pd
import pytest

from lrprism.spectral.bands.class_codes import add_codes, find_class, get_code, list_numbers, read_codes

NAMES = ["corn", "Corn", "7"]
ATTRS = {"class_codes": [5, 7, 211]}


@pytest.mark.parametrize(
    ("word", "codes", "number"),
    [
        ("Corn", (), 1),  # as written, before other spellings
        ("CORN", (), 0),
        ("7", (5, 7, 211), 2),  # a name, not the code of the second class
        ("5", (5, 7, 211), 0),
        ("2", (5, 7, 211), None),
        ("2", (), 2),
        ("3", (), None),
        ("-1", (-1, 0, 1), 0),
        ("wheat", (), None),
        ("", (), None),
    ],
)
def test_a_class_by_name_code_or_number(word: str, codes: tuple[int, ...], number: int | None) -> None:
    assert find_class(word, NAMES, codes) == number


def test_the_numbers_in_a_message() -> None:
    assert list_numbers(NAMES, (5, 7)) == "its number in the labels (5, 7)"
    assert list_numbers(NAMES, ()) == "its number from 0 to 2"


def test_codes_of_attributes() -> None:
    assert read_codes(ATTRS) == [5, 7, 211]
    assert read_codes({"class_codes": np.int64(4)}) == [4]  # as NetCDF gives a list of one
    assert read_codes({}) == []
    assert [get_code(ATTRS, number) for number in (0, 2, 3, -1)] == [5, 211, 3, -1]
    assert get_code({}, 2) == 2


def test_codes_stand_behind_the_numbers() -> None:
    table = pd.DataFrame({"class": [0, 2, 0], "class_name": ["a", "c", "a"]})
    coded = add_codes(table, ATTRS)
    assert list(coded) == ["class", "class_code", "class_name"]
    assert coded["class_code"].tolist() == [5, 211, 5]
    assert list(table) == ["class", "class_name"]
    assert add_codes(table, {}).equals(table)


def test_an_unknown_class_has_no_code() -> None:
    table = pd.DataFrame({"label": pd.array([1, None], dtype="Int64"), "predicted": [0, 3]})
    coded = add_codes(table, ATTRS)
    assert list(coded) == ["label", "label_code", "predicted", "predicted_code"]
    assert coded["label_code"].tolist() == [7, pd.NA]
    assert coded["predicted_code"].tolist() == [5, pd.NA]
