from math import comb

import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.report.mistakes import doubt_predictions, find_mixed, list_mistakes, name_mixed


def samples(label: list[int], predicted: list[int]) -> xr.Dataset:
    names = ["rye", "hay", "oats", "peas"]
    return xr.Dataset(
        {"label": ("sample", np.array(label)), "predicted": ("sample", np.array(predicted))},
        coords={"class_name": ("class", names)},
    )


def test_fewer_right_than_by_guessing() -> None:
    # 2 of 10 among two classes: (1 + 10 + 45) / 1024 = .0547; 1 of 10: 11 / 1024 = .0107
    assert sum(comb(10, k) for k in range(3)) / 2**10 == pytest.approx(0.0547, abs=1e-4)
    two, one = ([0] * right + [1] * (10 - right) for right in (2, 1))
    assert doubt_predictions(samples([0] * 10, two)) is None
    assert doubt_predictions(samples([0] * 10, one)) == (
        "the network gets 9 of these 10 samples wrong, more than by guessing among 2 classes"
    )
    # samples without a true class say nothing
    assert doubt_predictions(samples([0] * 10 + [-1] * 9, two + [1] * 9)) is None
    assert doubt_predictions(samples([-1] * 10, one)) is None
    assert doubt_predictions(samples([0] * 10, [0] * 10)) is None
    assert doubt_predictions(samples([0], [1]).drop_vars("label")) is None


def test_most_are_wrong() -> None:
    assert list_mistakes(samples([0] * 9, [0] * 4 + [1] * 5)) == [
        "the network gets 5 of these 9 samples wrong"
    ]
    assert list_mistakes(samples([0] * 10, [0] * 5 + [1] * 5)) == []
    assert list_mistakes(samples([-1] * 10, [0] * 10)) == []


def test_classes_that_are_mixed_up() -> None:
    # rye and oats at random, hay always right
    label = [0] * 20 + [2] * 20 + [1] * 20
    predicted = [0, 2] * 20 + [1] * 20
    mixed = samples(label, predicted)
    assert find_mixed(mixed) == [0, 2]
    assert list_mistakes(mixed) == ["not for rye, oats, which the network mixes up"]
    # one in ten is not at random
    assert find_mixed(samples([0] * 20 + [2] * 20, [2, 2] + [0] * 20 + [2] * 18)) == []


def test_few_of_many_names() -> None:
    assert name_mixed(list(range(9)), samples([0], [0])) == (
        "rye, hay, oats, peas, class 4, class 5 and 3 more"
    )
