import json
from dataclasses import replace

import numpy as np
import pytest

from lrprism.spectral import make_cube
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.workbench.preparation import Preparation

FULL = Preparation(bands=(1, 2), class_names=("a", "b"), class_codes=(211, 312), group_column="plant")


def test_a_record_gives_the_same_settings() -> None:
    assert Preparation.from_record(json.loads(json.dumps(FULL.record()))) == FULL


def test_bands_are_averaged_before_they_are_chosen() -> None:
    values = np.arange(6.0)[:, None, None]
    cube = make_cube(values, np.arange(6) + 500.0, title="t", quantity="radiance", units="1")
    prepared = Preparation(average_pairs=True, bands=(0, 2)).prepare_bands(cube)
    assert prepared.values.ravel().tolist() == [0.5, 4.5]
    assert (
        prepared.attrs["assumed"][-1]
        == "2 of the 3 bands that averaging pairs leaves are kept, 500.5 to 504.5 nm"
    )
    kept = Preparation(bands=(5, 1)).prepare_bands(cube)
    assert kept.attrs["assumed"] == ["2 of the 6 bands are kept, 501.0 to 505.0 nm"]
    assert Preparation(bands=tuple(range(6))).prepare_bands(cube).attrs["assumed"] == []
    assert (
        Preparation().prepare_bands(cube.assign_coords(good=("band", [True] * 5 + [False]))).sizes["band"]
        == 5
    )


def test_readers_of_samples_get_names_by_their_codes() -> None:
    assert FULL.sample_options == SampleOptions(class_names={211: "a", 312: "b"}, group_column="plant")
    assert Preparation(class_names=("a",)).sample_options == SampleOptions(class_names=("a",))


@pytest.mark.parametrize(
    ("preparation", "flags", "expected"),
    [
        (Preparation(), "110111", [0, 1, 3, 4, 5]),
        (Preparation(bands=(4, 2)), "110111", [4, 2]),
        (Preparation(average_pairs=True), "111111", [0, 1, 2]),
        (Preparation(average_pairs=True), "110011", [0, 2]),  # a whole pair is left out
        (Preparation(average_pairs=True), "101111", None),  # pairs of 0 and 2, of 3 and 4
        (Preparation(average_pairs=True, bands=(0, 2)), "101111", [0, 2]),
    ],
)
def test_the_numbers_of_the_prepared_bands_choose_them_again(
    preparation: Preparation, flags: str, expected: list[int] | None
) -> None:
    good = [flag == "1" for flag in flags]
    values = np.arange(6.0)[:, None, None]
    cube = make_cube(values, np.arange(6) + 500.0, good=good, title="t", quantity="radiance", units="1")
    numbers = preparation.number_bands(cube)
    assert (None if numbers is None else numbers.tolist()) == expected
    if numbers is not None:
        again = replace(preparation, bands=tuple(numbers.tolist())).prepare_bands(cube)
        np.testing.assert_array_equal(again.values, preparation.prepare_bands(cube).values)
