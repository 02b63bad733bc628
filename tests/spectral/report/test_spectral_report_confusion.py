import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.report.confusion import find_twin, measure_confusion


def build(label: list[int], predicted: list[int]) -> xr.Dataset:
    return xr.Dataset({"label": ("sample", label), "predicted": ("sample", predicted)})


# 16 of 30 and 17 of 30 are right; class 2 is told from both
MIXED = build([0] * 30 + [1] * 30 + [2] * 9, [0] * 16 + [1] * 14 + [0] * 13 + [1] * 17 + [2] * 9)


def test_shares_of_right_ones_by_hand() -> None:
    assert measure_confusion(0, 1, MIXED) == pytest.approx((16 / 30 + 17 / 30) / 2)
    assert measure_confusion(0, 2, MIXED) is None


def test_samples_of_few_plants_are_as_few_as_these() -> None:
    # 70 of 100 right in each class: not by chance of so many samples, by chance of three plants of each
    pair = build([0] * 100 + [1] * 100, [0] * 70 + [1] * 30 + [0] * 30 + [1] * 70)
    assert measure_confusion(0, 1, pair) is None
    plants = pair.assign_coords(group=("sample", np.repeat(np.arange(6), [33, 33, 34] * 2)))
    assert measure_confusion(0, 1, plants) == pytest.approx(0.7)
    # in a field that holds both classes each sample is one
    assert measure_confusion(0, 1, pair.assign_coords(group=("sample", [1] * 200))) is None


def test_few_samples_say_nothing_of_a_pair() -> None:
    assert measure_confusion(0, 1, build([0] * 4 + [1] * 4, [0, 1] * 4)) is None


def test_the_first_class_that_is_not_told_from_another() -> None:
    other, told = find_twin(0, range(3), MIXED) or (None, None)
    assert (other, told) == (1, measure_confusion(0, 1, MIXED))
    assert find_twin(2, range(3), MIXED) is None
    assert find_twin(0, [0, 2], MIXED) is None
