"""Means over seeds with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from scipy.special import stdtrit

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Mean:
    """A mean over seeds.

    Args:
        value: The mean.
        half: Half the width of its interval; 0 where there is one seed only.
        count: The number of seeds.
    """

    value: float
    half: float
    count: int

    def __str__(self) -> str:
        """Return the mean and its interval: ``.983 ± .011``."""
        spread = f" ± {shorten(self.half)}" if self.count > 1 else ""
        return f"{shorten(self.value)}{spread}"


def average(values: Sequence[float]) -> Mean:
    r"""Return the mean of the seeds with Student's 95 % interval.

    .. math:: \bar m \pm t_{0.975,\,n-1} \frac{s}{\sqrt n}

    Args:
        values: One number per seed, at least one.
    """
    count = len(values)
    mean = sum(values) / count
    if count == 1:
        return Mean(mean, 0.0, 1)
    deviation = sqrt(sum((value - mean) ** 2 for value in values) / (count - 1))
    factor = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    return Mean(mean, factor * deviation / sqrt(count), count)


def shorten(value: float) -> str:
    """Return a number with three digits behind the point, and no zero before it: ``.983``, ``1.200``."""
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and "0." in text else text
