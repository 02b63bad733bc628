from itertools import combinations

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate.strengths import class_signs, draw_strengths


def test_four_classes_in_three_features_by_hand() -> None:
    # masks 1, 2, 3: the sign is -1 where class AND mask has an odd number of ones
    expected = [[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]]
    np.testing.assert_array_equal(class_signs(4, 3), expected)


@pytest.mark.parametrize(("classes", "carriers"), [(2, 1), (2, 5), (3, 2), (3, 3), (4, 7), (9, 4), (16, 6)])
def test_no_two_classes_have_the_same_signs(classes: int, carriers: int) -> None:
    signs = class_signs(classes, carriers)
    assert signs.shape == (classes, carriers)
    assert all((first != second).any() for first, second in combinations(signs, 2))
    assert (np.abs(signs.sum(axis=0)) < classes).all(), "each feature differs between some classes"


@pytest.mark.parametrize(
    ("classes", "carriers", "message"),
    [
        (1, 3, "classes should be 2 or more. Found 1"),
        (5, 2, "5 classes should have 3 features or more to carry them. Found 2"),
    ],
)
def test_too_few_are_refused(classes: int, carriers: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        class_signs(classes, carriers)


def test_decoys_vary_as_much_and_know_nothing_and_a_blind_feature_knows_in_the_test_part() -> None:
    y = np.arange(4000) % 4
    is_test = np.arange(4000) >= 2000
    strengths = draw_strengths(
        y,
        ["class", "class", "class", "blind", "decoy"],
        class_signs(4, 3),
        is_test,
        np.random.default_rng(0),
    )
    # a sign of variance 1 and noise of variance 0.25
    np.testing.assert_allclose(strengths.var(axis=0), 1.25, atol=0.06)

    def between(rows: np.ndarray) -> np.ndarray:
        means = np.stack([strengths[rows & (y == c)].mean(axis=0) for c in range(4)])
        return means.std(axis=0)

    np.testing.assert_allclose(between(~is_test), [1, 1, 1, 0, 0], atol=0.1)
    np.testing.assert_allclose(between(is_test), [1, 1, 1, 1, 0], atol=0.1)


def test_samples_of_a_group_share_the_sign_of_a_decoy() -> None:
    groups = np.repeat(np.arange(50), 20)
    y = groups % 2
    strengths = draw_strengths(
        y, ["decoy"], class_signs(2, 1), np.zeros(1000, bool), np.random.default_rng(0), groups
    )
    means = strengths.reshape(50, 20).mean(axis=1)
    assert (np.abs(np.abs(means) - 1) < 0.5).all()
    assert (means > 0).sum() == 25
