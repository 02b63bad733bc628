"""Draw the test samples at random: the split that most papers use, and the one that leaks."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.splits.split import (
    Numbers,
    Split,
    check_classes,
    check_fraction,
    coverage_table,
    name_classes,
)

RANDOM_SPLIT_NOTE = (
    "training and test samples were drawn at random: where they overlap or come from one plant, the test "
    "scores are too high"
)


def random_split(
    labels: npt.ArrayLike, *, test_fraction: float = 0.5, seed: int, class_names: Sequence[str] | None = None
) -> Split:
    """Draw the test samples of each class at random; for patches that no scene coordinates tell apart.

    A class of n samples gives round(n * test_fraction) to the test part, at least one to each part if n > 1;
    a single sample goes to the training part. Shapes: ``labels``: ``[sample]``.

    Args:
        labels: Class of each sample, from 0.
        test_fraction: Share of each class to test on.
        seed: Seed of the draw; the same seed gives the same split.
        class_names: Name of each class, class 0 first; by default "class 0", "class 1", ...

    Returns:
        The split, with a note that overlapping patches leak.

    Raises:
        InputError: If the fraction is impossible.
        DataError: If the labels are impossible, or no test sample comes out.
    """
    check_fraction("test_fraction", test_fraction)
    classes = check_classes(labels)
    generator = np.random.default_rng(seed)
    chosen = [
        _draw_samples(np.flatnonzero(classes == c), test_fraction, generator) for c in np.unique(classes)
    ]
    # in the order of the samples: patches are read from files one after the other
    test = np.sort(np.concatenate(chosen))
    if not test.size:
        raise DataError("each class should have 2 or more samples to split. Found 1 of each. Add samples.")
    train = np.setdiff1d(np.arange(classes.size), test)
    table = coverage_table(classes, train, test, name_classes(classes, class_names))
    return Split(train, test, table, (RANDOM_SPLIT_NOTE,))


def _draw_samples(samples: Numbers, fraction: float, generator: np.random.Generator) -> Numbers:
    # one sample at least for each part; a single one goes to the training part
    count = min(max(round(len(samples) * fraction), 1), len(samples) - 1)
    return generator.permutation(samples)[:count]
