"""A split: the samples for training and those for testing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError, InputError

Numbers = npt.NDArray[np.int64]
"""Numbers of samples, or a class for each sample."""


@dataclass(frozen=True, eq=False)
class Split:
    """The samples for training and those for testing.

    A sample's number is its position in a patch set or, for a scene, that of its pixel: row * width + column.

    Args:
        train: Numbers of the training samples, increasing, int64.
        test: Numbers of the test samples, increasing, int64.
        coverage: A row per class with ``class`` (from 0), ``class_name``, and the number of its samples in
            the data (``labelled``) and in each part (``train``, ``test``, and ``validation`` if there is
            such a part).
        notes: What a reader of the accuracy must know, one sentence each.
        validation: Numbers of the samples set apart from the training part to choose the best epoch,
            increasing, int64; empty if the split sets none apart.
    """

    train: Numbers
    test: Numbers
    coverage: pd.DataFrame
    notes: tuple[str, ...] = ()
    validation: Numbers = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def missing_classes(self) -> list[str]:
        """Names of the classes that occur in the data but not in both the training and the test part."""
        table = self.coverage
        lacking = (table["labelled"] > 0) & ((table["train"] == 0) | (table["test"] == 0))
        return [str(name) for name in table.loc[lacking, "class_name"]]


def coverage_table(
    labels: Numbers,
    train: Numbers,
    test: Numbers,
    class_names: Sequence[str],
    validation: Numbers | None = None,
) -> pd.DataFrame:
    """Count the samples of each class in the data and in each part, as :attr:`Split.coverage`.

    Args:
        labels: Class of every sample, from 0; negative where a sample has none.
        train: Numbers of the training samples.
        test: Numbers of the test samples.
        class_names: Name of each class, class 0 first.
        validation: Numbers of the validation samples, if there is such a part.
    """
    count = len(class_names)
    parts = {"labelled": labels >= 0, "train": train, "test": test}
    if validation is not None and validation.size:
        parts["validation"] = validation
    counts = {name: np.bincount(labels[part], minlength=count) for name, part in parts.items()}
    return pd.DataFrame({"class": np.arange(count), "class_name": list(class_names), **counts})


def note_missing_classes(split: Split) -> Split:
    """Return the split with a note that names the classes which are not in both parts, if there are any."""
    if not split.missing_classes:
        return split
    return replace(split, notes=(*split.notes, f"not in both parts: {', '.join(split.missing_classes)}"))


def note_single_units(
    classes: Numbers, units: Numbers, class_names: Sequence[str], noun: str
) -> tuple[str, ...]:
    """Return a note that names the classes of one unit alone: no split of whole units can test them.

    Args:
        classes: Class of each sample, from 0.
        units: Number of the unit that each sample belongs to.
        class_names: Name of each class, class 0 first.
        noun: Name of such a unit, e.g. "group".
    """
    # the different pairs of class and unit: a class that occurs in one of them is alone
    pairs = np.unique(np.stack([classes, units]), axis=1)
    counts = np.bincount(pairs[0], minlength=len(class_names))
    alone = [str(name) for name, count in zip(class_names, counts, strict=True) if count == 1]
    return (f"lie in a single {noun}: {', '.join(alone)}",) if alone else ()


def check_fraction(name: str, fraction: float) -> None:
    """Refuse a share that leaves one part empty; ``name`` is for the message.

    Raises:
        InputError: If it does not lie between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise InputError(f"{name} should lie between 0 and 1. Found {fraction:g}. Try 0.5.")


def check_classes(labels: npt.ArrayLike) -> Numbers:
    """Return the class of each sample, from 0, as int64.

    Raises:
        DataError: If they are not one list of integers from 0.
    """
    classes = np.asarray(labels)
    if classes.ndim != 1 or classes.dtype.kind not in "iu" or not classes.size or classes.min() < 0:
        raise DataError(
            f"labels should be one list of integers from 0. Found shape {classes.shape} of {classes.dtype}. "
            "Use the variable label of a patch set."
        )
    return classes.astype(np.int64)


def name_classes(classes: Numbers, class_names: Sequence[str] | None) -> list[str]:
    """Return the names of all classes, class 0 first: those of the user, or "class 0", "class 1", ...

    Raises:
        DataError: If there are fewer names than classes.
    """
    needed = int(classes.max()) + 1
    if class_names is None:
        return [f"class {number}" for number in range(needed)]
    if len(class_names) < needed:
        raise DataError(
            f"class_names should name all {needed} classes. Found {len(class_names)} names. Name each class, "
            "class 0 first."
        )
    return [str(name) for name in class_names]
