import numpy as np
import pandas as pd
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral import PatchSet
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.cubes.patches import make_patches
from lrprism.spectral.io.traits.columns import (
    describe_candidates,
    frame_targets,
    lay_traits_out,
    list_candidates,
    mark_missing,
    note_fill_values,
    read_columns,
)
from lrprism.spectral.io.traits.options import TraitOptions

TABLE = pd.DataFrame(
    {"N": [1.5, np.nan, 2.5], "P": [7, 8, 9], "crop": ["rye", "oat", "rye"], "part": [0, 1, 0]},
    index=["a", "b", "c"],
)


def test_traits_are_read_in_the_order_asked_for() -> None:
    np.testing.assert_array_equal(read_columns(TABLE, ["P", "N"]), [[7, 1.5], [8, np.nan], [9, 2.5]])


def test_infinity_and_fill_values_are_missing() -> None:
    marked = mark_missing(np.array([1.0, -9999, -999, np.inf, -1]))
    np.testing.assert_array_equal(marked, [1, np.nan, np.nan, np.nan, -1])


def test_fill_values_are_counted() -> None:
    notes = note_fill_values(np.array([-999.0, 1, -999, np.nan, -np.inf]))
    sentence = "are taken for not measured, and are unlabelled"
    assert notes == [f"1 pixels of -inf {sentence}", f"2 pixels of -999 {sentence}"]
    assert note_fill_values(np.array([np.nan, 0, -1])) == []


def test_columns_of_numbers_may_be_traits() -> None:
    # two values are a class, as is a text
    assert list_candidates(TABLE) == ["P"]
    assert describe_candidates(TABLE) == "'P'"
    assert describe_candidates(TABLE[["crop"]]) == "none: no other column holds numbers"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([], r"named that holds the trait\. Found none named\. Choose with --target-column among 'P'\."),
        (["K"], r"target column should be .* Found none called 'K' among 'N', 'P', 'crop', 'part'\. Correct"),
        (["crop"], r"'crop' should hold numbers\. Found 'rye' in a \(3 such cells\)\. Choose another among"),
    ],
)
def test_columns_that_hold_no_trait_are_refused(columns: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_columns(TABLE, columns)


def test_samples_without_a_value_have_no_label_and_are_counted(small_patches: PatchSet) -> None:
    values = np.array([[1.0, 5], [2, np.nan], [3, 5], [-9999, 5], [4, 5], [5, 5]])
    patches = lay_traits_out(small_patches, values, ["N (%)", "P"], TraitOptions(("N (%)", "P")))
    assert patches["label"].values.tolist() == [0, -1, 0, -1, 0, 0]
    assert patches.attrs["trait_names"] == ["N", "P"]
    assert patches.attrs["trait_units"] == ["%", ""]
    assert patches.attrs["class_names"] == ["N 1 to 5"]
    assert patches.attrs["assumed"] == ["made up", "2 samples without a value of N or P are left out"]
    np.testing.assert_array_equal(patches["trait_value"].values[0], [1, 5])
    with pytest.raises(InputError, match="for each of the 2 traits"):
        lay_traits_out(small_patches, values, ["N", "P"], TraitOptions(units=("%",)))


def test_values_far_outside_are_asked_about() -> None:
    none = np.full(12, -1, dtype=np.int64)
    patches = make_patches(
        np.zeros((12, 2, 1, 1), np.float32), none, coords=band_coords(2, [500.0, 600.0]), class_names=[],
        attrs={"assumed": []},
    )  # fmt: skip
    values = np.append(np.arange(1.0, 11), [-99, -99])[:, None]
    laid = lay_traits_out(patches, values, ["N (%)"], TraitOptions(("N (%)",)))
    assert laid.attrs["assumed"] == [
        "2 samples have exactly -99 as N, far outside the others: missing? Leave them empty"
    ]


def test_targets_of_an_array_get_names() -> None:
    one, two = np.arange(3.0), np.arange(6.0).reshape(3, 2)
    assert list(frame_targets(one, TraitOptions(), "y.npy").columns) == ["target"]
    assert list(frame_targets(two, TraitOptions(), "y.npy").columns) == ["target 1", "target 2"]
    assert list(frame_targets(two, TraitOptions(("N", "P")), "y.npy").columns) == ["N", "P"]
    with pytest.raises(DataError, match=r"name the 2 traits of 'y\.npy'.* Found 1: N\. Name each of them"):
        frame_targets(two, TraitOptions(("N",)), "y.npy")
    with pytest.raises(DataError, match=r"name the 1 traits .* Found 2: N, P\. Name one\."):
        frame_targets(one, TraitOptions(("N", "P")), "y.npy")
