"""The scatter of results over the seeds of a training."""

from collections.abc import Sequence
from math import inf, nan, sqrt
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from lrprism.errors import InputError
from lrprism.spectral.training.tasks.task import AbstractScores, AbstractTask

CONFIDENCE: Final = 0.95
_LIMITS: Final = {
    **dict.fromkeys(("accuracy", "macro_f1", "f1", "mean_iou", "iou"), (0.0, 1.0)),
    **dict.fromkeys(("rmse", "rpd"), (0.0, inf)),
    **dict.fromkeys(("kappa", "r2"), (-inf, 1.0)),
}
"""Least and largest value of a score."""


def summarize_seeds(scores: Sequence[AbstractScores], task: AbstractTask) -> pd.DataFrame:
    r"""Summarise the same training repeated with several seeds: mean, deviation, 95 % interval of the mean.

    .. math:: \bar m = \frac{1}{n} \sum_i m_i, \qquad s^2 = \frac{1}{n - 1} \sum_i (m_i - \bar m)^2, \qquad
              \bar m \pm t_{0.975,\,n-1} \frac{s}{\sqrt n}

    The interval assumes that the results scatter normally about their mean. It speaks of other seeds on the
    same parts of the same data, not of other fields or images. Ends beyond what a score can be are cut off.

    Args:
        scores: The result of each seed, on the same test part.
        task: What the networks learned, with the names of its outputs.

    Returns:
        One row for each quantity of the task: of a classification ``accuracy``, ``macro_f1``, ``kappa`` and,
        for every class, ``f1``. Columns: ``quantity``; ``output``, the name of the class or trait, empty for
        all together; ``mean``; ``sd``; ``low`` and ``high``, the ends
        of the interval; ``n``, the seeds whose result is known. A quantity that is ``None`` for a seed is
        left out there. ``sd``, ``low`` and ``high`` are NaN where n is 1, and ``mean`` too where n is 0.

    Raises:
        InputError: If there is no result, or the results are not of these outputs.

    Source: Student, "The probable error of a mean", 1908.
    """
    if not scores:
        raise InputError("scores should hold the result of at least 1 seed. Found none. Train first.")
    values: dict[tuple[str, str], list[float | None]] = {}
    for result in scores:
        for quantity, output, value in task.list_quantities(result):
            values.setdefault((quantity, output), []).append(value)
    return pd.DataFrame([_summarize(*names, listed) for names, listed in values.items()])


def _summarize(quantity: str, output: str, values: list[float | None]) -> dict[str, str | float | int]:
    # kappa and F1 have no value where chance agrees everywhere, or a class occurs nowhere
    known = [value for value in values if value is not None]
    scatter, (least, most) = measure_scatter(known), _LIMITS.get(quantity, (-inf, inf))
    ends = {"low": max(least, scatter["low"]), "high": min(most, scatter["high"])} if len(known) > 1 else {}
    return {"quantity": quantity, "output": output, **scatter, **ends}


def measure_scatter(values: Sequence[float]) -> dict[str, float | int]:
    """Return mean, deviation and 95 % interval of the mean of one result over seeds, by Student's t.

    Args:
        values: The result of each seed.

    Returns:
        ``mean``, ``sd``, ``low``, ``high`` and ``n``, as :func:`summarize_seeds` has them.
    """
    numbers = np.asarray(values, dtype=np.float64)
    n = len(numbers)
    mean = float(numbers.mean()) if n else nan
    sd = float(numbers.std(ddof=1)) if n > 1 else nan
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * sd / sqrt(n) if n > 1 else nan
    return {"mean": mean, "sd": sd, "low": mean - half, "high": mean + half, "n": n}
