"""A limit to the samples of each class."""

from dataclasses import replace

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.splits import Split
from lrprism.spectral.workbench.cutters import Numbers


def limit_per_class(numbers: Numbers, labels: Numbers, per_class: int, seed: int) -> Numbers:
    """Draw at most ``per_class`` of the samples of each class.

    Args:
        numbers: The samples.
        labels: Their classes.
        per_class: Most samples of a class.
        seed: Seed of the draw.

    Returns:
        The chosen samples, in their old order.

    Raises:
        DataError: If ``per_class`` is below 1.
    """
    if per_class < 1:
        raise DataError(f"samples per class should be at least 1. Found {per_class}. Raise it.")
    generator = np.random.default_rng(seed)
    positions = [
        generator.permutation(np.flatnonzero(labels == label))[:per_class] for label in np.unique(labels)
    ]
    chosen: Numbers = numbers[np.sort(np.concatenate(positions))]
    return chosen


def note_limit(split: Split, train: Numbers, per_class: int) -> Split:
    """Note how many of how many training samples are learned from, where a limit leaves some out.

    Args:
        split: The split, with all training samples.
        train: Those of :func:`limit_per_class`.
        per_class: Most samples of a class.
    """
    note = f"{len(train)} of {len(split.train)} training samples are used, at most {per_class} of each class"
    return split if len(train) == len(split.train) else replace(split, notes=(*split.notes, note))
