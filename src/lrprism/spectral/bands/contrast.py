"""Relevance of one set of samples against another: two classes, two networks, right against wrong."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.bands.intervals import bootstrap_mean, count_units, widen_for_choice
from lrprism.spectral.bands.statistics import sample_spectra

Floats = npt.NDArray[np.float64]

COLUMNS: Final = (
    "band", "original_band", "wavelength_nm", "first", "second", "difference", "low", "high",
    "differs", "first_share", "second_share",
)  # fmt: skip


def contrast_table(first: xr.Dataset, second: xr.Dataset) -> pd.DataFrame:
    r"""Compare the relevance of two sets of samples band by band.

    .. math:: difference_b = \bar r^1_b - \bar r^2_b, \qquad
              low, high = difference_b \mp
              \sqrt{(\bar r^1_b - e^1_b)^2 + (\bar r^2_b - e^2_b)^2}

    with :math:`\bar r_b` the mean over samples of the sum over pixels, and e the ends of its 95 % interval by
    drawing the samples (or their groups) again, those that lie on the side in question: the sets are drawn
    apart, so that the squares of their distances add up. ``share`` is the share of each band in the set's
    :math:`|r|`, free of the scale of the logits: compare two networks by it.

    An interval that holds 0 says that the samples do not tell the sets apart in that band. ``differs`` asks
    for more, as one band in twenty would be named where nothing differs: that the interval does not hold 0
    when each distance :math:`\bar r_b - e_b` is widened for the number of bands, see
    :func:`~lrprism.spectral.bands.intervals.widen_for_choice`. Where all samples of a set are of one group
    there is no interval, and ``low`` and ``high`` are NaN.

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
    one, other = (_summarize(each) for each in spectra)
    difference = one.mean - other.mean
    below, above = np.hypot(one.below, other.above), np.hypot(one.above, other.below)
    # the sets hold different numbers of groups, so that each is widened by a factor of its own
    below_all = np.hypot(one.wider * one.below, other.wider * other.above)
    above_all = np.hypot(one.wider * one.above, other.wider * other.below)
    return pd.DataFrame({
        "band": np.arange(len(difference)),
        "original_band": spectra[0]["original_band"].values.astype(str),
        "wavelength_nm": bands[0],
        "first": one.mean,
        "second": other.mean,
        "difference": difference,
        "low": difference - below,
        "high": difference + above,
        "differs": (difference - below_all > 0) | (difference + above_all < 0),
        "first_share": one.share,
        "second_share": other.share,
    })  # fmt: skip


class _Summary(NamedTuple):
    """Mean, distances of the ends of its interval, their factor for the number of bands, share of |r|."""

    mean: Floats
    below: Floats
    above: Floats
    wider: float
    share: Floats


def _summarize(spectra: xr.Dataset) -> _Summary:
    total = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
    groups = spectra["group"].values if "group" in spectra.variables else None
    low, high = bootstrap_mean(total, groups)
    mean, size = total.mean(axis=0), np.abs(total).sum(axis=0)
    wider = widen_for_choice(total.shape[1], count_units(len(total), groups))
    return _Summary(mean, mean - low, high - mean, wider, size / size.sum() if size.sum() else size)
