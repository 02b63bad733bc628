"""Deal new classes out to samples."""

from typing import Final

import numpy as np

from lrprism.errors import InputError
from lrprism.spectral.simulate.arrays import Labels

_LEAST_PER_CLASS: Final = 4


def deal_classes(old: Labels, group: Labels, classes: int, generator: np.random.Generator) -> Labels:
    """Deal new classes to groups at random, as many of each within every old class.

    Shapes: ``old``, ``group`` and result: ``[sample]``.

    Args:
        old: Old class of each sample; a group has that of its first sample.
        group: Number of the group of each sample.
        classes: Number of new classes.
        generator: Source of the random numbers.

    Raises:
        InputError: If there are too few groups.
    """
    _, first, member = np.unique(group, return_index=True, return_inverse=True)
    check_samples_per_class(len(first), classes)
    # in the order of the old classes, shuffled inside: dealing in turn is even in each, and over all
    order = generator.permutation(len(first))
    order = order[np.argsort(old[first][order], kind="stable")]
    shift = int(generator.integers(classes))
    dealt = np.empty(len(first), dtype=np.int64)
    dealt[order] = (np.arange(len(first)) + shift) % classes
    return dealt[member]


def check_samples_per_class(samples: int, classes: int) -> None:
    """Check that each class can have some samples.

    Raises:
        InputError: If there are too few samples.
    """
    if samples < _LEAST_PER_CLASS * classes:
        raise InputError(
            f"samples should be {_LEAST_PER_CLASS * classes} or more, {_LEAST_PER_CLASS} for each of "
            f"{classes} classes. Found {samples}. Ask for more samples or fewer classes."
        )
