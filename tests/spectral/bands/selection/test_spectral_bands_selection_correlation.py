from itertools import combinations

import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands import correlation_groups
from lrprism.spectral.bands.selection.correlation import correlate_bands, cut_groups

DRAW = np.random.default_rng(0)


def test_numpy_gives_the_same_correlation() -> None:
    x = DRAW.normal(size=(40, 6)) @ DRAW.normal(size=(6, 6))
    np.testing.assert_allclose(correlate_bands(x), np.corrcoef(x.T), atol=1e-12)


def test_a_weight_is_a_number_of_copies() -> None:
    x, counts = DRAW.normal(size=(10, 4)), np.arange(10)
    np.testing.assert_allclose(
        correlate_bands(x, counts.astype(float)), np.corrcoef(np.repeat(x, counts, axis=0).T), atol=1e-12
    )


def test_a_constant_band_correlates_with_none() -> None:
    x = DRAW.normal(size=(20, 3))
    x[:, 1] = 0.1
    r = correlate_bands(x)
    assert r[1].tolist() == [0, 1, 0]


def test_each_two_of_a_group_correlate_and_groups_are_found() -> None:
    truth = np.repeat([0, 1, 2], [3, 4, 5])
    x = DRAW.normal(size=(300, 3))[:, truth] + 0.1 * DRAW.normal(size=(300, 12))
    x[:, 5] *= -1  # bands that go opposite ways say the same
    order = DRAW.permutation(12)
    groups = correlation_groups(x[:, order], 0.95)
    r = np.abs(np.corrcoef(x[:, order].T))
    for first, second in combinations(range(12), 2):
        assert (groups[first] == groups[second]) == (truth[order[first]] == truth[order[second]])
        assert groups[first] != groups[second] or r[first, second] >= 0.95
    assert list(dict.fromkeys(groups.tolist())) == [0, 1, 2]


def test_one_weak_pair_keeps_a_chain_apart() -> None:
    # r of neighbours .9, of the ends .7: one group would hold a pair below .8
    r = np.array([[1, 0.9, 0.7], [0.9, 1, 0.9], [0.7, 0.9, 1.0]])
    assert len(set(cut_groups(r, 0.8).tolist())) == 2
    assert cut_groups(r, 0.7).tolist() == [0, 0, 0]
    assert cut_groups(r, 0.7, least=3).tolist() == [0, 1, 2]


def test_equal_bands_are_one_group_whatever_is_asked() -> None:
    assert cut_groups(np.ones((3, 3)), 0.9, least=2).tolist() == [0, 0, 0]
    assert correlation_groups([[1.0], [2.0]]).tolist() == [0]


def test_bad_input() -> None:
    with pytest.raises(DataError, match=r"Found 1 of 4 values NaN"):
        correlation_groups([[1.0, np.nan], [2.0, 3.0]])
    with pytest.raises(InputError, match=r"above 0 and at most 1\. Found 1\.5"):
        correlation_groups([[1.0, 2.0], [2.0, 3.0]], 1.5)
