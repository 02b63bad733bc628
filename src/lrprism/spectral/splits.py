"""Split samples into a training and a test part, and say how far apart the two are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism._errors import DataError

RANDOM_SPLIT_NOTE = (
    "training and test patches were drawn at random: where patches overlap or come from one plant, "
    "the test accuracy is too high"
)


@dataclass(frozen=True, eq=False)
class Split:
    """Which samples are for training and which for testing.

    A sample's number is its position in a patch set or, for a scene, that of its pixel: row * width + column.

    Args:
        train: Numbers of the training samples, increasing, int64.
        test: Numbers of the test samples, increasing, int64.
        coverage: A row per class with ``class`` (from 0), ``class_name``, and the number of its samples in
            the data (``labelled``) and in each part (``train``, ``test``).
        notes: What a reader of the accuracy must know, one sentence each.
    """

    train: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]
    coverage: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def missing_classes(self) -> list[str]:
        """Names of the classes that occur in the data but not in both parts."""
        table = self.coverage
        lacking = (table["labelled"] > 0) & ((table["train"] == 0) | (table["test"] == 0))
        return [str(name) for name in table.loc[lacking, "class_name"]]


def coverage_table(
    labels: npt.NDArray[np.int64],
    train: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
    class_names: Sequence[str],
) -> pd.DataFrame:
    """Count the samples of each class in the data and in both parts.

    Args:
        labels: Class of every sample, from 0; negative where a sample has none.
        train: Numbers of the training samples.
        test: Numbers of the test samples.
        class_names: Name of each class, class 0 first.

    Returns:
        Table with the columns of :attr:`Split.coverage`.
    """
    count = len(class_names)
    known = labels[labels >= 0]
    return pd.DataFrame(
        {
            "class": np.arange(count),
            "class_name": list(class_names),
            "labelled": np.bincount(known, minlength=count),
            "train": np.bincount(labels[train], minlength=count),
            "test": np.bincount(labels[test], minlength=count),
        }
    )


def check_test_fraction(test_fraction: float) -> None:
    """Refuse a share of test samples that leaves one part empty.

    Args:
        test_fraction: The share.

    Raises:
        DataError: If it does not lie between 0 and 1.
    """
    if not 0 < test_fraction < 1:
        raise DataError(f"test_fraction should lie between 0 and 1. Found {test_fraction:g}. Try 0.5.")


def random_split(
    labels: npt.ArrayLike,
    *,
    test_fraction: float = 0.5,
    seed: int,
    class_names: Sequence[str] | None = None,
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
        DataError: If the labels or the fraction are impossible, or no test sample comes out.
    """
    check_test_fraction(test_fraction)
    classes = np.asarray(labels)
    if classes.ndim != 1 or classes.dtype.kind not in "iu" or not classes.size or classes.min() < 0:
        raise DataError(
            f"labels should be one list of integers from 0. Found shape {classes.shape} of {classes.dtype}. "
            "Use the variable label of a patch set."
        )
    generator = np.random.default_rng(seed)
    chosen = [_draw(np.flatnonzero(classes == c), test_fraction, generator) for c in np.unique(classes)]
    test = np.sort(np.concatenate(chosen))
    if not test.size:
        raise DataError("each class should have 2 or more samples to split. Found 1 of each. Add samples.")
    train = np.setdiff1d(np.arange(classes.size), test)
    names = class_names or [f"class {number}" for number in range(int(classes.max()) + 1)]
    table = coverage_table(classes.astype(np.int64), train, test, names)
    return Split(train, test, table, (RANDOM_SPLIT_NOTE,))


def _draw(
    samples: npt.NDArray[np.int64], fraction: float, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    wanted = min(max(round(len(samples) * fraction), 1), len(samples) - 1)
    return generator.permutation(samples)[:wanted]
