"""Numbers that programs write for missing traits, told by how far they lie from the others."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_FAR: Final = 5.0
"""Interquartile ranges beyond a quartile of the others."""
_FEWEST_OTHERS: Final = 8  # of fewer a quartile says little
_MOST: Final = 3  # more values far outside are the tail of a distribution


def find_sentinels(values: npt.NDArray[np.float64]) -> dict[float, int]:
    """Find values that repeat exactly and lie far outside the others, such as -99 among positive ones.

    A value is one if it is the lowest or the highest, occurs twice or more, and lies more than 5
    interquartile ranges of the other values beyond their nearer quartile. Others that are alike, of range 0,
    say nothing.

    Args:
        values: The values of one trait, of any shape; NaN where it is not known.

    Returns:
        The number of samples of each such value; none where there are more than three, which are a tail.
    """
    rest = np.sort(values[np.isfinite(values)])
    sentinels: dict[float, int] = {}
    while rest.size and len(sentinels) <= _MOST:
        value = next((end for end in (rest[0], rest[-1]) if _is_far(end, rest)), None)
        if value is None:
            return sentinels
        sentinels[float(value)] = int((rest == value).sum())
        rest = rest[rest != value]
    return {}


def note_sentinels(values: npt.NDArray[np.float64], names: Sequence[str], noun: str) -> list[str]:
    """Ask about values of traits that may mean missing; they are left as they are.

    Shapes: ``values``: ``[sample, trait]``.

    Args:
        values: The traits; NaN where not known.
        names: The name of each.
        noun: Name of the samples, in the plural.
    """
    return [
        f"{count} {noun} have exactly {value:g} as {name}, far outside the others: missing? Leave them empty"
        for column, name in zip(values.T, names, strict=True)
        for value, count in find_sentinels(column).items()
    ]


def _is_far(value: float, ordered: npt.NDArray[np.float64]) -> bool:
    others = ordered[ordered != value]
    if len(ordered) - len(others) < 2 or len(others) < _FEWEST_OTHERS:
        return False
    low, high = np.quantile(others, (0.25, 0.75))
    distance = max(low - value, value - high)
    return bool(high > low and distance > _FAR * (high - low))
