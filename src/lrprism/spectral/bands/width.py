"""The width along wavelength over which the bands of some data vary together."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths

LEVEL: Final = 0.2
"""Bands are told apart where the correlation of their differences has fallen to this share of its start."""
_GAP: Final = 3.0  # in median steps: a longer one is a gap, and its difference is left out
_NEAR: Final = 0.5  # in median steps: a band nearer to the one before is its twin of another detector
_START: Final = 2  # steps: the first distance at which two differences share no band, hence no noise
_SURE: Final = 5.0  # in 1 / sqrt(samples x pairs): white noise stays below it

Floats = npt.NDArray[np.floating[Any]]


def estimate_width(
    spectra: npt.ArrayLike, wavelengths: npt.ArrayLike, labels: npt.ArrayLike | None = None
) -> float:
    r"""Estimate the width over which neighbouring bands vary together, from their own correlation.

    Raw bands correlate everywhere, by brightness. So the mean of the class and the factor that all bands
    share (the first principal component of the standardised bands) are taken out of each band by regression,
    which leaves :math:`e_{sb}`, and the slopes

    .. math:: \delta_{sk} = \frac{e_{s,k+1} - e_{sk}}{\lambda_{k+1} - \lambda_k}

    between neighbours in wavelength are correlated. With :math:`\rho(d)` the mean of
    :math:`\mathrm{corr}(\delta_k, \delta_l)` over all pairs at the distance d (within half a median step Δ):

    .. math:: W = 2 d^*, \quad d^* = \min\{d > 2Δ : \rho(d) \le \rho(2Δ) / 5\} \text{ (interpolated)}

    Noise that is independent from band to band lowers all of :math:`\rho` alike, and correlates a slope with
    the next one alone: the curve is read from 2Δ on, relative to its start. For features of Gaussian shape
    and full width f at half maximum, :math:`\rho(d) \propto (1 - u^2) e^{-u^2/2}, u = d \sqrt{4 \ln 2} / f`,
    so W is about f. Where :math:`\rho(2Δ) < 5 / \sqrt{S K}`, which white noise does not reach (S samples
    less one per class and one, K pairs), or too few bands are left for a pair, each band stands alone and W
    is the smallest step: a box of it holds one band. So it does for features narrower than about three bands.
    Where the curve never falls so low, W is twice the largest distance.

    No label of a feature is used, and no network. Gaps (steps above 3Δ) are left out, and of bands of
    overlapping detectors nearer than Δ/2 the second. The order of bands does not matter.

    Shapes: ``spectra``: ``[sample, band]``; ``wavelengths``: ``[band]``; ``labels``: ``[sample]``.

    Args:
        spectra: A spectrum per sample, in any unit: of patches, the mean over the window.
        wavelengths: Centre of each band in nm.
        labels: Class of each sample; without them the mean of all samples is taken out.

    Returns:
        The width in nm; 0 if there is one wavelength only.

    Raises:
        DataError: If the shapes differ, or a value is not finite.
    """
    values, centre, classes = check_spectra(spectra, wavelengths, labels)
    order = _choose_bands(centre)
    if len(order) < 2:
        return 0.0
    step = float(np.median(np.diff(centre[order])))
    residual = _remove_common(values, classes)[:, order]
    slopes, places = _take_slopes(residual, centre[order], step)
    samples = len(values) - len(np.unique(classes)) - 1
    curve, pairs = _correlate_by_distance(slopes, places, step)
    if len(curve) <= _START or samples < 1 or curve[_START] < _SURE / np.sqrt(samples * pairs[_START]):
        return float(np.diff(np.unique(centre)).min())
    return 2 * step * _find_fall(curve)


def check_finite_spectra(spectra: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return spectra as an array, ``[sample, band]``, and refuse others.

    Args:
        spectra: The spectra, in any unit.

    Raises:
        DataError: If there is none, the shape is another, or a value is not finite.
    """
    values = np.asarray(spectra, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        raise DataError(
            f"spectra should be (sample, band). Found shape {values.shape}. Average over the pixels."
        )
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise DataError(
            f"spectra should be finite. Found {wrong} of {values.size} values NaN or infinite. "
            "Drop those samples."
        )
    return values


def check_spectra(
    spectra: npt.ArrayLike, wavelengths: npt.ArrayLike, labels: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.float64], Floats, npt.NDArray[np.generic]]:
    """Return spectra, wavelengths and labels as arrays, and refuse those that do not fit each other.

    Args:
        spectra: The spectra, ``[sample, band]``.
        wavelengths: Centre of each band in nm.
        labels: Class of each sample; None for one class.

    Raises:
        DataError: If the shapes differ, or a value is not finite.
    """
    values = check_finite_spectra(spectra)
    centre = check_wavelengths(wavelengths, values.shape[1])
    classes = np.zeros(len(values), dtype=np.int64) if labels is None else np.asarray(labels)
    if classes.shape != (len(values),):
        raise DataError(
            f"labels should be one list with a class per sample, {len(values)} in all. Found shape "
            f"{classes.shape}. Leave them out if there are none."
        )
    return values, centre, classes


def _choose_bands(centre: Floats) -> npt.NDArray[np.intp]:
    """Return the positions of the bands by wavelength, without the twins of another detector."""
    order = np.argsort(centre, kind="stable")
    steps = np.diff(centre[order])
    if not steps.any():
        return order[:1]
    least, chosen = _NEAR * float(np.median(steps[steps > 0])), [int(order[0])]
    for band in order[1:]:
        if centre[band] - centre[chosen[-1]] >= least:
            chosen.append(int(band))
    return np.array(chosen)


def _remove_common(
    values: npt.NDArray[np.float64], classes: npt.NDArray[np.generic]
) -> npt.NDArray[np.float64]:
    """Return the spectra less the mean of their class and the factor that all bands share."""
    residual = values.copy()
    for name in np.unique(classes):
        residual[classes == name] -= residual[classes == name].mean(axis=0)
    spread = residual.std(axis=0)
    # a band that does not vary has no part in it
    standardised = residual / np.where(spread > 0, spread, np.inf)
    # of many samples the matrix of the bands is the small one
    _, vectors = np.linalg.eigh(standardised.T @ standardised)
    factor = standardised @ vectors[:, -1]
    power = float(factor @ factor)
    if power > 0:
        residual -= np.outer(factor, factor @ residual / power)
    return residual


def _take_slopes(
    residual: npt.NDArray[np.float64], centre: Floats, step: float
) -> tuple[npt.NDArray[np.float64], Floats]:
    """Return standardised slopes, ``[sample, k]``, and their places in nm, without those across gaps."""
    steps = np.diff(centre)
    slopes = np.diff(residual, axis=1) / steps
    slopes -= slopes.mean(axis=0)
    spread = slopes.std(axis=0)
    # a slope that is the same in all samples but for rounding has no correlation
    varies = spread * steps > 1e-9 * max(float(np.abs(residual).max()), np.finfo(np.float64).tiny)
    used = varies & (steps <= _GAP * step)
    return slopes[:, used] / spread[used], ((centre[1:] + centre[:-1]) / 2)[used]


def _correlate_by_distance(
    slopes: npt.NDArray[np.float64], places: Floats, step: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Return the mean correlation at 0, 1, 2, ... steps and its number of pairs, as long as there are any."""
    correlation = slopes.T @ slopes / len(slopes)
    first, second = np.triu_indices(len(places))
    steps = np.rint(np.abs(places[second] - places[first]) / step).astype(np.intp)
    # next neighbours share a band however far apart they are
    counted = (second - first >= _START) | (steps < _START)
    steps, values = steps[counted], correlation[first, second][counted]
    pairs = np.bincount(steps)
    if 0 in pairs:
        pairs = pairs[: int(np.flatnonzero(pairs == 0)[0])]
    sums = np.bincount(steps, weights=values)[: len(pairs)]
    return sums / pairs, pairs


def _find_fall(curve: npt.NDArray[np.float64]) -> float:
    """Return the distance in steps at which the curve falls to its level, between two steps by a line."""
    level = LEVEL * curve[_START]
    low = np.flatnonzero(curve[_START:] <= level)
    if not low.size:
        return float(len(curve) - 1)
    last = _START + int(low[0])
    return float(last - 1 + (curve[last - 1] - level) / (curve[last - 1] - curve[last]))
