"""The attribute that says the class of polygons and points."""

import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.labels.attribute import NO_CODE, read_classes

FIDS = np.array([1, 2, 3])


def test_the_obvious_attribute_is_taken_and_said() -> None:
    classes = read_classes(
        {"fid": FIDS, "crop": np.array(["rye", "hay", "rye"], dtype=object), "yield": np.ones(3)},
        None,
        (),
        "f",
    )
    assert classes.codes.tolist() == [2, 1, 2]  # names in their order: hay, rye
    assert classes.names is not None
    assert classes.names.by_code == {1: "hay", 2: "rye"}
    assert classes.notes == ("the class is taken from the attribute 'crop'",)
    # without an obvious one the only one that is no counter
    assert read_classes({"OBJECTID": FIDS, "what": FIDS}, None, (), "f").codes.tolist() == [1, 2, 3]


def test_the_named_attribute_is_taken_in_any_case() -> None:
    classes = read_classes({"MC_ID": FIDS, "C_ID": np.array([5, 6, 0])}, "c_id", (), "f")
    assert (classes.codes.tolist(), classes.names, classes.notes) == ([5, 6, 0], None, ())


@pytest.mark.parametrize(
    ("columns", "wanted", "message"),
    [
        (("MC_ID", "C_ID"), None, r"one attribute of 'f' should say the class\. Found MC_ID, C_ID\. Name it"),
        (("class", "label"), None, r"Found class, label\. Name it with --label-attribute"),
        (("class",), "crop", r"should name an attribute of 'f'\. Found 'crop' among: class\."),
        ((), None, r"Found none\. Name it"),
    ],
)
def test_an_attribute_that_is_not_certain_is_refused(
    columns: tuple[str, ...], wanted: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_classes(dict.fromkeys(columns, FIDS), wanted, (), "f")


def test_features_without_a_class_are_counted() -> None:
    texts = np.array([" rye ", None, "", "Rye"], dtype=object)
    classes = read_classes({"crop": texts}, "crop", (), "f")
    assert classes.codes.tolist() == [2, NO_CODE, NO_CODE, 1]
    assert classes.notes == (
        "2 features have no 'crop' and are left out",
        "'Rye' and 'rye' differ in their case alone and are classes of their own",
    )
    numbers = read_classes({"code": np.array([211.0, np.nan, 312.0])}, None, (), "f")
    assert (numbers.codes.tolist(), numbers.names) == ([211, NO_CODE, 312], None)


def test_numbers_in_texts_are_codes_and_some_mean_unlabelled() -> None:
    classes = read_classes({"code": np.array(["211", "0", "312"], dtype=object)}, None, (0,), "f")
    assert (classes.codes.tolist(), classes.names) == ([211, NO_CODE, 312], None)
    assert classes.notes[-1] == "1 features have a code that means unlabelled"


@pytest.mark.parametrize("values", [[1.5, 2.0], [-1, 2]])
def test_other_numbers_are_refused(values: list[float]) -> None:
    with pytest.raises(
        DataError, match=rf"names or whole numbers from 0\. Found {values[0]} \(1 such features\)"
    ):
        read_classes({"code": np.asarray(values)}, None, (), "f")


def test_an_identifier_is_no_class() -> None:
    with pytest.raises(DataError, match=r"at most 1000 classes\. Found 1001 different values"):
        read_classes({"code": np.arange(1001)}, None, (), "f")
