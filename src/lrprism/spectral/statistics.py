"""Relevance per class and band, as one table."""

import numpy as np
import pandas as pd
import xarray as xr

from lrprism._errors import DataError

_NEEDED = ("relevance", "target", "wavelength", "fwhm", "original_band", "class_name")


def band_table(relevance: xr.Dataset) -> pd.DataFrame:
    r"""Summarise relevance by explained class and band.

    With :math:`r_{sb} = \sum_{yx} R_{sbyx}` and S samples explained for the class:

    .. math:: sum_b = \frac1S \sum_s r_{sb}, \quad
              positive_b = \frac1S \sum_{syx} \max(R, 0), \quad
              negative_b = \frac1S \sum_{syx} \min(R, 0), \quad
              std_b = \sqrt{\tfrac1S \sum_s (r_{sb} - sum_b)^2}

    so that sum = positive + negative; all in the unit of the explained output, e.g. logit. ``rank`` 1 has the
    largest sum within the class. Shapes: ``relevance``: ``[sample, band, y, x]``.

    Args:
        relevance: Relevance dataset: variables ``relevance`` and ``target`` (sample), band coordinates and
            ``class_name`` (class).

    Returns:
        A row per class and band with the columns class, class_name, band, original_band, wavelength_nm,
        fwhm_nm, sum, positive, negative, std, rank.

    Raises:
        DataError: If a variable or coordinate is missing, or there is no sample.
    """
    missing = [name for name in _NEEDED if name not in relevance.variables]
    if missing or not relevance.sizes["sample"]:
        raise DataError(
            f"a relevance dataset should hold {', '.join(_NEEDED)} and at least one sample. "
            f"Found no {', '.join(missing) or 'sample'}. Explain some samples first."
        )
    targets = np.unique(relevance["target"].values)
    return pd.concat([_class_rows(relevance, int(target)) for target in targets], ignore_index=True)


def _class_rows(relevance: xr.Dataset, target: int) -> pd.DataFrame:
    values = relevance["relevance"].values[relevance["target"].values == target].astype(np.float64)
    positive = np.maximum(values, 0).sum(axis=(2, 3))
    negative = np.minimum(values, 0).sum(axis=(2, 3))
    per_sample = positive + negative
    names = relevance["class_name"].values
    table = pd.DataFrame(
        {
            "class": target,
            "class_name": str(names[target]) if target < len(names) else f"class {target}",
            "band": np.arange(values.shape[1]),
            "original_band": relevance["original_band"].values.astype(str),
            "wavelength_nm": relevance["wavelength"].values,
            "fwhm_nm": relevance["fwhm"].values,
            "sum": per_sample.mean(axis=0),
            "positive": positive.mean(axis=0),
            "negative": negative.mean(axis=0),
            "std": per_sample.std(axis=0),
        }
    )
    table["rank"] = table["sum"].rank(ascending=False, method="first").astype(np.int64)
    return table


def top_bands(table: pd.DataFrame, class_: int, n: int = 3) -> pd.DataFrame:
    """Pick the bands that speak most for a class.

    Args:
        table: From :func:`band_table`.
        class_: The class, from 0.
        n: How many bands; all of them if there are fewer.

    Returns:
        The rows of rank 1 to n, rank 1 first.

    Raises:
        DataError: If the class is not in the table, or n is below 1.
    """
    rows = table[table["class"] == class_]
    if rows.empty or n < 1:
        known = sorted(int(value) for value in table["class"].unique())
        raise DataError(
            f"class should be one of {known} and n at least 1. Found class {class_}, n {n}. "
            "Explain samples of that class first."
        )
    return rows.sort_values("rank").head(n)
