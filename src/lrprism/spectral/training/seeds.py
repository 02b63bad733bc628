"""The scatter of results over the seeds of a training."""

from collections.abc import Iterator, Sequence
from math import nan, sqrt
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from lrprism.errors import InputError
from lrprism.spectral.training.metrics import Metrics

CONFIDENCE: Final = 0.95
OVERALL: Final = ("accuracy", "macro_f1", "kappa")


def summarize_seeds(metrics: Sequence[Metrics], class_names: Sequence[str]) -> pd.DataFrame:
    r"""Summarise the same training repeated with several seeds: mean, deviation, 95 % interval of the mean.

    .. math:: \bar m = \frac{1}{n} \sum_i m_i, \qquad s^2 = \frac{1}{n - 1} \sum_i (m_i - \bar m)^2, \qquad
              \bar m \pm t_{0.975,\,n-1} \frac{s}{\sqrt n}

    The interval assumes that the results scatter normally about their mean. It speaks of other seeds on the
    same parts of the same data, not of other fields or images; its ends may lie outside 0..1.

    Args:
        metrics: The result of each seed, on the same test part.
        class_names: Name of each class, class 0 first.

    Returns:
        One row each for ``accuracy``, ``macro_f1``, ``kappa`` and, for every class, ``f1``. Columns:
        ``quantity``; ``class_name``, empty but for ``f1``; ``mean``; ``sd``; ``low`` and ``high``, the ends
        of the interval; ``n``, the seeds whose result is known. A quantity that is ``None`` for a seed is
        left out there. ``sd``, ``low`` and ``high`` are NaN where n is 1, and ``mean`` too where n is 0.

    Raises:
        InputError: If there is no result, or the results are not of these classes.

    Source: Student, "The probable error of a mean", 1908.
    """
    if not metrics:
        raise InputError("metrics should hold the result of at least 1 seed. Found none. Train first.")
    for result in metrics:
        if len(result.f1) != len(class_names):
            raise InputError(
                f"Every result should be of the {len(class_names)} classes named. Found one of "
                f"{len(result.f1)}. Give the names of the classes that the networks were trained for."
            )
    return pd.DataFrame([_summarize(*quantity) for quantity in _list_quantities(metrics, class_names)])


def _list_quantities(
    metrics: Sequence[Metrics], class_names: Sequence[str]
) -> Iterator[tuple[str, str, list[float | None]]]:
    for quantity in OVERALL:
        yield quantity, "", [getattr(result, quantity) for result in metrics]
    for number, name in enumerate(class_names):
        yield "f1", name, [result.f1[number] for result in metrics]


def _summarize(quantity: str, class_name: str, values: list[float | None]) -> dict[str, str | float | int]:
    # kappa and F1 have no value where chance agrees everywhere, or a class occurs nowhere
    known = [value for value in values if value is not None]
    return {"quantity": quantity, "class_name": class_name, **measure_scatter(known)}


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
