"""Split samples by whole groups: measurements of one plant, field or day stay together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.splits.guard import Mask
from lrprism.spectral.splits.search import STARTS, AbstractUnits, search_deal
from lrprism.spectral.splits.split import (
    Numbers,
    Split,
    check_classes,
    check_fraction,
    coverage_table,
    name_classes,
    note_missing_classes,
    note_single_units,
)


@final
@dataclass(frozen=True, eq=False)
class _Groups(AbstractUnits):
    """Groups of samples; ``counts`` has the samples of each class in each group, ``[group, class]``."""

    counts: Numbers

    def count_classes(self, on_test: Mask) -> tuple[Numbers, Numbers]:
        test = on_test.astype(np.int64) @ self.counts
        return self.total - test, test

    def count_near(self, on_test: Mask, unit: int) -> tuple[Numbers, Numbers]:
        samples, none = self.counts[unit], np.zeros_like(self.total)
        return (none, samples) if on_test[unit] else (samples, none)


def group_split(
    labels: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    test_fraction: float = 0.5,
    seed: int,
    class_names: Sequence[str] | None = None,
) -> Split:
    """Give whole groups of samples to training or to testing; for patches of one plant, field or day.

    Samples of one group resemble each other more than those of a plant, field or day that the network has
    never seen, so that a random split flatters it. Groups are dealt out so that as many classes as possible
    are in both parts, as many of these as possible with 5 samples or more, and then so that the parts are
    balanced, see :func:`rate_parts`. The search starts from random deals and flips one group at a time.

    Shapes: ``labels``, ``groups``: ``[sample]``.

    Args:
        labels: Class of each sample, from 0.
        groups: Number or name of each sample's group.
        test_fraction: Share of the samples of each class to test on, as near as whole groups allow.
        seed: Seed of the search; the same seed gives the same split.
        class_names: Name of each class, class 0 first; by default "class 0", "class 1", ...

    Returns:
        The split; its notes name classes that are in a single group, or for another reason not in both parts.

    Raises:
        InputError: If the fraction is impossible.
        DataError: If labels or groups are impossible, or there are fewer than two groups.
    """
    check_fraction("test_fraction", test_fraction)
    classes = check_classes(labels)
    names = name_classes(classes, class_names)
    group = _number_groups(groups, len(classes))
    # samples of each class in each group
    counts = np.zeros((int(group.max()) + 1, len(names)), dtype=np.int64)
    np.add.at(counts, (group, classes), 1)
    units = _Groups(
        total=counts.sum(axis=0),
        movable=np.arange(len(counts)),
        count=len(counts),
        test_fraction=test_fraction,
        by_size=True,
        counts=counts,
    )
    _, on_test = search_deal(repeat(units, STARTS), np.random.default_rng(seed))
    train, test = np.flatnonzero(~on_test[group]), np.flatnonzero(on_test[group])
    note = f"whole groups: {int(on_test.sum())} of {len(counts)} are for testing"
    alone = note_single_units(classes, group, names, "group")
    return note_missing_classes(
        Split(train, test, coverage_table(classes, train, test, names), (note, *alone))
    )


def _number_groups(groups: npt.ArrayLike, samples: int) -> Numbers:
    """Return the number of each sample's group, from 0 in the order in which groups occur, ``[sample]``.

    Raises:
        DataError: If a sample has no group, or all have the same.
    """
    names = np.asarray(groups, dtype=object)
    if names.shape != (samples,):
        raise DataError(
            f"groups should name the group of each of the {samples} samples. Found shape {names.shape}. Give "
            "one group per sample."
        )
    number, different = pd.factorize(names)
    # None and NaN get the number -1
    if (number < 0).any():
        raise DataError(
            f"groups should name the group of every sample. Found {int(np.sum(number < 0))} without, the "
            f"first is sample {int(np.argmax(number < 0))}. Name the group, or drop the sample."
        )
    if len(different) < 2:
        raise DataError(
            f"groups should be at least 2 to split. Found only {different[0]!r}. Use smaller groups, or "
            "split at random."
        )
    return np.asarray(number, dtype=np.int64)
