"""GSS: bands of high entropy, exchanged one by one while a classifier gains."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.bands.selection.correlation import correlate_bands
from lrprism.spectral.bands.selection.discriminant import DiscriminantScore
from lrprism.spectral.bands.selection.ibra import find_even_bands
from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples
from lrprism.spectral.bands.selection.scores import BINS, band_entropy
from lrprism.spectral.bands.width import check_finite_spectra

THRESHOLDS: Final = (12, 11, 10, 9, 8, 7, 6, 5)
"""The thresholds of IBRA whose bands the published GSS begins with, one after another."""
_HIGHER: Final = tuple(12 * 2**step for step in range(1, 9))
"""Further thresholds, which leave more bands, for a k that the published ones do not reach."""
_TOLERATED: Final = 0.05
"""A score so much below the best one ends the exchange."""

Score = Callable[[BandNumbers], float]
"""The value of some bands, 0 to 1: published as the mean macro F1 of networks trained with them."""


@dataclass(frozen=True, eq=False)
class BandChoice:
    """Bands and what they are worth.

    Args:
        bands: Their numbers, ``[k]``.
        score: Their score.
    """

    bands: BandNumbers
    score: float


def gss(
    spectra: npt.ArrayLike, candidates: npt.ArrayLike, k: int, score: Score, *, bins: int | None = None
) -> BandChoice:
    r"""Select k of some candidates by greedy spectral selection (GSS).

    The candidates, published as the list of IBRA, are sorted by their entropy; S is the first k of them. For
    each further candidate the band of S with the largest variance inflation goes,

    .. math:: \mathrm{VIF}_b = \frac{1}{1 - R_b^2}

    with :math:`R_b^2` of the regression of b on all others of S, the candidate comes in, and S is scored.
    The S of the best score is returned; the exchange ends early at a score that is .05 or more below the
    best one.

    What the paper leaves open: of equal entropies the first band of the candidates comes first, of equal VIF
    the band that has been in S longest goes; a single band has VIF 1. Published scores look at the samples
    that the results are tested on: a score should use the training part alone.

    Shapes: ``spectra``: ``[sample, band]``; ``candidates``: ``[n]``.

    Args:
        spectra: Spectra, any unit.
        candidates: Numbers of the bands to choose among.
        k: Number of bands.
        score: The value of some bands, 0 to 1, the higher the better.
        bins: Bins of the entropy; None for that of the distinct values, as published, which says nothing of
            floats.

    Raises:
        DataError: If the spectra are not finite numbers.
        InputError: If there are fewer than k candidates, or one stands there twice or is no band.

    Source: Morales, Sheppard, Logan and Shaw, "Hyperspectral dimensionality reduction based on inter-band
    redundancy analysis and greedy spectral selection", Remote Sensing 13, 3649, 2021.
    """
    x, bands = check_finite_spectra(spectra), np.asarray(candidates, dtype=np.int64)
    _check_candidates(bands, x.shape[1], k)
    queue = bands[np.argsort(-band_entropy(x[:, bands], bins), kind="stable")]
    r = correlate_bands(x)
    chosen = queue[:k]
    best = BandChoice(chosen, score(chosen))
    for candidate in queue[k:]:
        largest = int(np.argmax(inflate_variance(r[np.ix_(chosen, chosen)])))
        chosen = np.append(np.delete(chosen, largest), candidate)
        value = score(chosen)
        if value > best.score:
            best = BandChoice(chosen, value)
        elif value <= best.score - _TOLERATED:
            break
    return best


def inflate_variance(r: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    r"""Return the variance inflation of each band among others; infinite where the others determine it.

    .. math:: \mathrm{VIF}_b = \frac{1}{1 - R_b^2}, \quad R_b^2 = r_b^T R_{-b}^{-1} r_b

    with :math:`R_{-b}` the correlation of the others and :math:`r_b` theirs with b. Shapes: ``[band, band]``
    to ``[band]``.

    Args:
        r: Correlation of each two bands.

    Example:
        >>> inflate_variance(np.array([[1.0, 0.6], [0.6, 1.0]])).round(4)
        array([1.5625, 1.5625])
    """
    others = [np.arange(len(r)) != band for band in range(len(r))]
    explained = np.array(
        [
            r[band, rest] @ np.linalg.pinv(r[np.ix_(rest, rest)]) @ r[band, rest]
            for band, rest in enumerate(others)
        ]
    )
    left = 1 - explained
    return np.asarray(np.divide(1.0, left, out=np.full(len(r), np.inf), where=left > 1e-12))


def select_by_gss(samples: BandSamples, k: int) -> BandNumbers:
    """Select k bands by GSS among the lists of IBRA for thresholds 12 to 5, the best of them.

    Other than published: the score is the macro F1 of linear discriminants on halves of these samples (see
    :class:`DiscriminantScore`) where the paper trains ten networks per exchange, and looks at no test part;
    the entropy is that of 64 bins, as distinct values say nothing of floats; IBRA gets these spectra, each
    once; where no threshold gives k bands, 24 is tried, and twice that, up to 3072, then all these lists
    together. :func:`gss` and :func:`ibra` are as published, with any score.

    Args:
        samples: The samples, of at least two classes.
        k: Number of bands.

    Returns:
        Numbers of the bands, those that were in the list first.

    Raises:
        InputError: If k is more than the number of bands that vary, there is one class only, no class has
            two samples, or IBRA never gives k bands.
    """
    samples.check_count(k)
    samples.require_classes("GSS")
    if np.bincount(np.unique(samples.labels, return_inverse=True)[1]).max() < 2:
        raise InputError("GSS should get two samples of a class at least. Found one of each. Add samples.")
    x = samples.spectra[:, samples.varying]
    lists = _list_candidates(x, k)
    score = DiscriminantScore(x, samples.labels)
    best = max((gss(x, bands, k, score, bins=BINS) for bands in lists), key=lambda choice: choice.score)
    chosen: BandNumbers = samples.varying[best.bands]
    return chosen


def _list_candidates(x: npt.NDArray[np.float64], k: int) -> list[BandNumbers]:
    """Return each list of IBRA that has k bands or more, once.

    Raises:
        InputError: If there is none.
    """
    r = correlate_bands(x)
    published, higher = (
        [find_even_bands(r, threshold) for threshold in thresholds] for thresholds in (THRESHOLDS, _HIGHER)
    )
    union = np.unique(np.concatenate([*published, *higher]))
    for lists in (published, higher, [union]):
        enough = {tuple(bands.tolist()): bands for bands in lists if len(bands) >= k}
        if enough:
            return list(enough.values())
    raise InputError(
        f"GSS should choose among k bands of IBRA at least. Found {len(union)} at thresholds from "
        f"{THRESHOLDS[-1]} to {_HIGHER[-1]} together. Select {k} bands by another method."
    )


def _check_candidates(candidates: BandNumbers, bands: int, k: int) -> None:
    distinct = np.unique(candidates)
    outside = distinct[(distinct < 0) | (distinct >= bands)]
    if len(outside) or len(distinct) < len(candidates) or candidates.ndim != 1:
        found = f"{outside[0]}" if len(outside) else "one twice"
        raise InputError(
            f"candidates should be numbers of bands, 0 to {bands - 1}, each once. Found {found}. Pass the "
            "result of ibra."
        )
    if not 1 <= k <= len(candidates):
        raise InputError(
            f"k should be 1 to {len(candidates)}, the number of candidates. Found {k}. Select fewer bands, "
            "or raise the threshold of IBRA."
        )
