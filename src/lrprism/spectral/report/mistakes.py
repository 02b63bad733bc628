"""What wrong predictions say against maps: a network below guessing, classes that it mixes up."""

from typing import Final

import numpy as np
import xarray as xr

from lrprism.spectral.report.confusion import TOLD, measure_confusion

_SURE: Final = 0.05
_HALF: Final = 0.5
"""Where fewer samples are right, most of the maps are of wrong decisions."""
_NAMED: Final = 6
"""Classes that a line names."""


def doubt_predictions(relevance: xr.Dataset) -> str | None:
    r"""Say that samples contradict the network: fewer are right than one would get by guessing.

    Of S samples whose true class is known and C classes, true or predicted, k are right, and it is said where

    .. math:: \sum_{i \le k} \binom Si C^{-i} (1 - C^{-1})^{S - i} < 0.05

    Args:
        relevance: Explained samples with their ``label`` and ``predicted``.

    Returns:
        One clause; None where guessing would not be better, or no true class is known.
    """
    label, predicted = _read_known(relevance)
    if not label.size:
        return None
    from scipy.stats import binom  # late: takes a second

    right, classes = int((label == predicted).sum()), np.union1d(label, predicted).size
    if classes < 2 or binom.cdf(right, label.size, 1 / classes) >= _SURE:
        return None
    return f"{_count_wrong(relevance)}, more than by guessing among {classes} classes"


def list_mistakes(relevance: xr.Dataset) -> list[str]:
    """List what wrong predictions have a reader be careful about: most are wrong, or classes are mixed up.

    Args:
        relevance: Explained samples with their ``label`` and ``predicted``.

    Returns:
        One clause each.
    """
    label, predicted = _read_known(relevance)
    cares = [_count_wrong(relevance)] if (label == predicted).sum() < _HALF * label.size else []
    mixed = find_mixed(relevance)
    return [*cares, f"not for {name_mixed(mixed, relevance)}, which the network mixes up"] if mixed else cares


def find_mixed(relevance: xr.Dataset) -> list[int]:
    """Find the classes that the network does not tell from another one.

    Args:
        relevance: Explained samples with their ``label`` and ``predicted``.

    Returns:
        Their numbers, ascending.
    """
    return sorted({number for pair in find_mixed_pairs(relevance) for number in pair})


def find_mixed_pairs(relevance: xr.Dataset) -> list[tuple[int, int]]:
    """Find the classes that the network does not tell from each other.

    See :func:`~lrprism.spectral.report.confusion.measure_confusion`; of samples whose true class is known.

    Args:
        relevance: Explained samples with their ``label`` and ``predicted``.

    Returns:
        The numbers of two classes each, ascending.
    """
    label, predicted = _read_known(relevance)
    wrong = label != predicted
    # two classes that no sample was taken wrongly for are told apart
    pairs = np.unique(np.sort(np.stack([label[wrong], predicted[wrong]], axis=1), axis=1), axis=0).tolist()
    mixed = []
    for first, second in pairs:
        confusion = measure_confusion(first, second, relevance)
        if confusion is not None and confusion < TOLD:
            mixed.append((first, second))
    return mixed


def name_mixed(classes: list[int], relevance: xr.Dataset) -> str:
    """Return the names of classes in a line, the first six of many.

    Args:
        classes: Their numbers.
        relevance: A dataset with ``class_name``.
    """
    known = [str(name) for name in relevance["class_name"].values]
    names = [known[each] if each < len(known) else f"class {each}" for each in classes]
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _read_known(relevance: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return true and predicted class of the samples whose true class is known."""
    if not {"label", "predicted"} <= set(relevance.variables):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    label, predicted = (relevance[name].values for name in ("label", "predicted"))
    known = label >= 0
    return label[known], predicted[known]


def _count_wrong(relevance: xr.Dataset) -> str:
    label, predicted = _read_known(relevance)
    return f"the network gets {int((label != predicted).sum())} of these {label.size} samples wrong"
