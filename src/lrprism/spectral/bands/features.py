"""How much relevance lies inside known features of the spectrum, and how much would lie there by chance."""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths

Window: TypeAlias = tuple[float, float]
"""Start and end of a stretch of the spectrum in nm."""
Floats: TypeAlias = npt.NDArray[np.float64]

SHIFTS: Final = 1000
"""Circular shifts of the windows; the smallest p-value is one of them."""
_GAP: Final = 3.0
"""Steps above this many median ones are gaps, as where bands in the water vapour were removed."""
_ROUNDING: Final = 1e-9
_SURE: Final = 0.05


class InsideShare(NamedTuple):
    """Relevance inside windows, beside what chance gives.

    Attributes:
        relevance: Share of the magnitude of relevance that lies inside, 0 to 1.
        bandwidth: Share of the bandwidth that the windows cover, 0 to 1: what relevance has without a
            preference.
        ratio: The former over the latter; it is at most ``1 / bandwidth``.
        p: Share of the circular shifts of the windows, none included, that hold at least as much relevance.
    """

    relevance: float
    bandwidth: float
    ratio: float
    p: float

    @property
    def is_more(self) -> bool:
        """True if more relevance lies inside than chance puts there, in nineteen cases of twenty."""
        return self.ratio > 1 and self.p < _SURE


def share_inside(
    relevance: npt.ArrayLike, wavelength: npt.ArrayLike, windows: Sequence[Window]
) -> InsideShare:
    r"""Compare the share of relevance inside windows with their share of bandwidth.

    Band b stands for the stretch of the spectrum half way to its neighbours, of width :math:`w_b`, over which
    its :math:`|R_b|` is spread evenly. The stretches are put end to end, which closes the gaps of removed
    bands, on an axis of length :math:`L = \sum_b w_b`. With the windows :math:`F` on that axis:

    .. math:: relevance = \frac{\sum_b |R_b| \, |F \cap b| / w_b}{\sum_b |R_b|}, \quad
              bandwidth = \frac{|F|}{L}, \quad ratio = \frac{relevance}{bandwidth}

    .. math:: p = \frac{1}{K} \#\{k \in 0 \dots K - 1: relevance(F + k L / K) \ge relevance(F)\},
              \quad K = 1000

    The axis is a circle: what leaves it at one end comes in at the other. A shift keeps the shape of
    relevance and the distances of the windows, so that smooth relevance is not taken for many independent
    bands; the mean over all shifts of the share inside is the share of bandwidth. p is no smaller than 1 / K,
    and not small where windows are wide: one narrow peak inside a window that covers a fifth of the axis
    would lie inside it by chance nearly one time in five. A large share is plausible, no proof that the
    network used the feature.

    At the ends of the axis, and where a step is above three median ones, a band reaches half a median step
    far. Bands at one wavelength count as one. Windows may overlap, what they share counts once; what lies
    outside all bands counts for nothing. Neither the order of bands nor that of windows matters.

    Shapes: ``relevance``, ``wavelength``: ``[band]``.

    Args:
        relevance: Relevance per band; of many samples the mean of :math:`|R|`, as relevance of both signs
            would cancel in their mean.
        wavelength: Centre of each band in nm.
        windows: Start and end of each feature in nm.

    Returns:
        The two shares, their ratio and the p-value.

    Raises:
        DataError: If relevance is not finite, zero everywhere or of another shape, there are fewer than two
            wavelengths, or a window is reversed or no window reaches a band.

    Example:
        >>> share_inside([1.0, 6.0, 2.0, 1.0], [500, 510, 520, 530], [(505, 515)])
        InsideShare(relevance=0.6, bandwidth=0.25, ratio=2.4, p=0.001)
    """
    start, width, magnitude = _read_bands(relevance, wavelength)
    length = float(width.sum())
    places = _place_windows(windows, start, width)
    bandwidth = float(np.diff(places).sum()) / length
    shares = _shift_windows(places, width, magnitude)
    share = min(float(shares[0]), 1.0)
    return InsideShare(share, bandwidth, share / bandwidth, float(_rank_shifts(shares)[0]))


def share_inside_each(
    relevance: npt.ArrayLike, wavelength: npt.ArrayLike, windows: Sequence[Window]
) -> list[InsideShare]:
    r"""Compare the share of relevance inside each window with its bandwidth, p corrected for all of them.

    Of many features the one that fits best is no surprise. With :math:`p_f(k)` the p-value of feature f in
    :func:`share_inside` for the windows shifted by k, all by the same, p of a feature is the share of shifts
    where some feature fits as well:

    .. math:: p_f = \frac{1}{K} \#\{k: \min_g p_g(k) \le p_f(0)\}

    Where nothing of the spectrum prefers a feature, any p is below .05 in one case of twenty, however many
    features there are and however they overlap. Source: Westfall & Young (1993), the step of the smallest p.

    Args:
        relevance: Relevance per band, ``[band]``.
        wavelength: Centre of each band in nm, ``[band]``.
        windows: Start and end of each feature in nm.

    Returns:
        The shares of each window alone, in the order of the windows.

    Raises:
        DataError: As :func:`share_inside` does, and where one of the windows reaches no band.
    """
    start, width, magnitude = _read_bands(relevance, wavelength)
    places = [_place_windows([window], start, width) for window in windows]
    shares = [_shift_windows(place, width, magnitude) for place in places]
    ranks = np.array([_rank_shifts(each) for each in shares]).reshape(len(windows), SHIFTS)
    best = ranks.min(axis=0, initial=1.0)
    inside = []
    for place, own, rank in zip(places, shares, ranks, strict=True):
        share, bandwidth = min(float(own[0]), 1.0), float(np.diff(place).sum() / width.sum())
        p = float((best <= rank[0] + _ROUNDING).mean())
        inside.append(InsideShare(share, bandwidth, share / bandwidth, p))
    return inside


def compare_features(
    relevance: npt.ArrayLike, wavelength: npt.ArrayLike, windows: Sequence[Window]
) -> list[InsideShare | None]:
    """Compare the share of relevance inside each feature that the bands can show with its bandwidth.

    Args:
        relevance: Relevance per band, ``[band]``.
        wavelength: Centre of each band in nm, ``[band]``.
        windows: Start and end of each feature in nm.

    Returns:
        The shares from :func:`share_inside_each`, in the order of the windows; None of a feature that the
        bands cannot show, and of all where there are fewer than two wavelengths or no relevance.
    """
    values = np.asarray(relevance, dtype=np.float64)
    if np.unique(wavelength).size < 2 or not values.any():
        return [None] * len(windows)
    resolved = mark_resolved(wavelength, windows)
    shown = [window for window, is_shown in zip(windows, resolved, strict=True) if is_shown]
    inside = iter(share_inside_each(values, wavelength, shown))
    return [next(inside) if is_shown else None for is_shown in resolved]


def mark_resolved(wavelength: npt.ArrayLike, windows: Sequence[Window]) -> npt.NDArray[np.bool_]:
    """Mark the windows that bands can show: those that reach some, and are no narrower than these are apart.

    Args:
        wavelength: Centre of each band in nm, at two wavelengths or more.
        windows: Start and end of each feature in nm.

    Returns:
        ``[window]``.
    """
    start, width = _cut_axis(np.unique(np.asarray(wavelength, dtype=np.float64)))
    reached = [(start < last) & (first < start + width) for first, last in windows]
    return np.array([
        bool(bands.any()) and width[bands].max() <= last - first + _ROUNDING
        for bands, (first, last) in zip(reached, windows, strict=True)
    ], dtype=np.bool_)  # fmt: skip


def _shift_windows(places: Floats, width: Floats, magnitude: Floats) -> Floats:
    """Return the share of relevance inside windows at each circular shift, the first of them none."""
    total, length = float(magnitude.sum()), float(width.sum())
    # relevance up to each border between two stretches; it rises linearly inside a stretch
    border, cumulated = (np.concatenate([[0.0], part.cumsum()]) for part in (width, magnitude))
    shifted = places[..., None] + length * np.arange(SHIFTS) / SHIFTS
    turns = np.floor(shifted / length)
    summed = np.interp(shifted - turns * length, border, cumulated) + turns * total
    shares: Floats = (summed[:, 1] - summed[:, 0]).sum(axis=0) / total
    return shares


def _rank_shifts(shares: Floats) -> Floats:
    """Return for each shift the share of all shifts that hold at least as much."""
    below = np.searchsorted(np.sort(shares), shares - _ROUNDING)
    return np.asarray((len(shares) - below) / len(shares), dtype=np.float64)


def _read_bands(relevance: npt.ArrayLike, wavelength: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return start and width in nm of the stretch of each wavelength, in their order, and its |R|.

    Raises:
        DataError: If relevance or wavelengths are not as they should be.
    """
    values: Floats = np.asarray(relevance, dtype=np.float64)
    if values.ndim != 1:
        raise DataError(
            f"relevance should be one number per band. Found shape {values.shape}. Take the mean of |R| over "
            "samples and the sum over pixels."
        )
    centre, position = np.unique(check_wavelengths(wavelength, len(values)), return_inverse=True)
    if len(centre) < 2:
        raise DataError(
            f"relevance inside windows should be that of bands at two wavelengths or more. Found "
            f"{len(centre)}. Use more bands."
        )
    magnitude: Floats = np.bincount(position, weights=np.abs(values)).astype(np.float64)
    if not 0 < magnitude.sum() < np.inf:
        raise DataError(
            "relevance should be finite, and not zero in all bands. Found a sum of |R| of "
            f"{magnitude.sum():g}. Look for samples without relevance."
        )
    return *_cut_axis(centre), magnitude


def _cut_axis(centre: Floats) -> tuple[Floats, Floats]:
    """Return start and width in nm of the stretch of each wavelength, of two or more in their order."""
    steps = np.diff(centre)
    median = float(np.median(steps))
    halves = np.where(steps > _GAP * median, median, steps) / 2
    before, after = np.concatenate([[median / 2], halves]), np.concatenate([halves, [median / 2]])
    return centre - before, before + after


def _place_windows(windows: Sequence[Window], start: Floats, width: Floats) -> Floats:
    """Return where the windows begin and end on the axis without gaps, ``[window, 2]``, none overlapping.

    Raises:
        DataError: If a window is reversed, or none reaches a band.
    """
    merged: list[list[float]] = []
    for first, last in sorted(windows):
        if not first < last:
            raise DataError(
                f"a window should be its start and a later end in nm. Found ({first:g}, {last:g}). "
                "Give the shorter wavelength first."
            )
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    edges = np.array(merged, dtype=np.float64).reshape(-1, 2)
    # bandwidth up to an edge: whole stretches before it, and a part of the one that it lies in
    places: Floats = (edges[..., None] - start).clip(0, width).sum(axis=-1)
    if not np.diff(places).sum() > 0:
        raise DataError(
            f"a window should reach bands, which lie in {start[0]:g} to {start[-1] + width[-1]:g} nm. Found "
            f"{', '.join(f'{first:g} to {last:g}' for first, last in merged) or 'no window'}. Leave out "
            "features that the sensor does not see."
        )
    return places
