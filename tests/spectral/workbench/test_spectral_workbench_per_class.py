import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.splits import random_split
from lrprism.spectral.workbench.per_class import limit_per_class, note_limit


def test_at_most_keeps_so_many_of_each_class() -> None:
    numbers = np.arange(10, 20)
    labels = np.array([0] * 7 + [1] * 3)
    chosen = limit_per_class(numbers, labels, 4, seed=0)
    assert np.bincount(labels[chosen - 10]).tolist() == [4, 3]
    assert (np.diff(chosen) > 0).all()
    with pytest.raises(lp.DataError, match=r"samples per class should be at least 1\. Found 0\."):
        limit_per_class(numbers, labels, 0, seed=0)


def test_a_limit_that_leaves_samples_out_is_said() -> None:
    labels = np.array([0] * 8 + [1] * 4)
    split = random_split(labels, test_fraction=0.5, seed=0, class_names=["a", "b"])
    assert note_limit(split, split.train, 4) == split
    limited = note_limit(split, limit_per_class(split.train, labels[split.train], 3, seed=0), 3)
    assert limited.notes == (*split.notes, "5 of 6 training samples are used, at most 3 of each class")
