"""Relevance of one set of samples against another: two classes, two networks, right against wrong."""

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.bands.intervals import bootstrap_mean
from lrprism.spectral.bands.statistics import sample_spectra

COLUMNS: Final = (
    "band", "original_band", "wavelength_nm", "first", "second", "difference", "low", "high",
    "first_share", "second_share",
)  # fmt: skip


def contrast_table(first: xr.Dataset, second: xr.Dataset) -> pd.DataFrame:
    r"""Compare the relevance of two sets of samples band by band.

    .. math:: difference_b = \bar r^1_b - \bar r^2_b, \qquad
              low, high = difference_b \mp
              \sqrt{(\bar r^1_b - e^1_b)^2 + (\bar r^2_b - e^2_b)^2}

    with :math:`\bar r_b` the mean over samples of the sum over pixels, and e the ends of its 95 % interval by
    drawing the samples (or their groups) again, those that lie on the side in question: the sets are drawn
    apart, so that the squares of their distances add up. ``share`` is the share of each band in the set's
    :math:`|r|`, free of the scale of the logits: compare two networks by it. An interval that holds 0 says
    that the samples do not tell the sets apart in that band.

    Args:
        first: A relevance dataset, or its :func:`sample_spectra`.
        second: The other one, of the same bands.

    Returns:
        A row per band with the columns of :data:`COLUMNS`.

    Raises:
        DataError: If the bands differ, or a set has no sample.
    """
    spectra = [sample_spectra(dataset) for dataset in (first, second)]
    bands = [each["wavelength"].values for each in spectra]
    if bands[0].shape != bands[1].shape or not np.allclose(bands[0], bands[1], atol=0.01):
        raise DataError(
            "relevance to compare should be of the same bands. Found "
            + " and ".join(f"{len(nm)} bands, {nm.min():.1f} to {nm.max():.1f} nm" for nm in bands)
            + ". Explain the same bands, or average one to those of the other with --resample."
        )
    means, lows, highs, shares = zip(*(_summarize(each) for each in spectra), strict=True)
    difference = means[0] - means[1]
    below = np.hypot(means[0] - lows[0], highs[1] - means[1])
    above = np.hypot(highs[0] - means[0], means[1] - lows[1])
    return pd.DataFrame({
        "band": np.arange(len(difference)),
        "original_band": spectra[0]["original_band"].values.astype(str),
        "wavelength_nm": bands[0],
        "first": means[0],
        "second": means[1],
        "difference": difference,
        "low": difference - below,
        "high": difference + above,
        "first_share": shares[0],
        "second_share": shares[1],
    })  # fmt: skip


def _summarize(spectra: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    total = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
    groups = spectra["group"].values if "group" in spectra.variables else None
    low, high = bootstrap_mean(total, groups)
    size = np.abs(total).sum(axis=0)
    return total.mean(axis=0), low, high, size / size.sum() if size.sum() else size
