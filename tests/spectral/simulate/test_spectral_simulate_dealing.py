import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate.dealing import check_samples_per_class, deal_classes


def test_new_classes_are_even_over_all_and_within_each_old_class() -> None:
    old = np.repeat([0, 1, 2], [40, 41, 7])
    new = deal_classes(old, np.arange(88), 4, np.random.default_rng(0))
    counts = np.array([np.bincount(new[old == c], minlength=4) for c in range(3)])
    assert (np.ptp(counts, axis=1) <= 1).all()
    assert np.ptp(counts.sum(axis=0)) == 0


def test_a_group_has_one_class() -> None:
    group = np.repeat(np.arange(20), 5)[np.random.default_rng(1).permutation(100)]
    new = deal_classes(np.zeros(100, int), group, 2, np.random.default_rng(0))
    assert all(len(set(new[group == number])) == 1 for number in range(20))
    assert new.sum() == 50


def test_classes_are_dealt_at_random() -> None:
    first, second = (
        deal_classes(np.zeros(400, int), np.arange(400), 2, np.random.default_rng(seed)) for seed in (0, 1)
    )
    assert 150 < (first == second).sum() < 250


def test_too_few_samples_are_refused() -> None:
    check_samples_per_class(12, 3)
    message = "samples should be 12 or more, 4 for each of 3 classes. Found 11. Ask for more samples"
    with pytest.raises(InputError, match=message):
        check_samples_per_class(11, 3)
