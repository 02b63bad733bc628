"""The stretches of the spectrum that speak most for a class, with intervals and plausible causes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.spectral.bands.features import InsideShare, compare_features
from lrprism.spectral.bands.intervals import bootstrap_mean, count_units, widen_for_choice
from lrprism.spectral.bands.pooling import joins_bands, pick_peaks
from lrprism.spectral.knowledge.absorption import Feature

MOST: Final = 3
"""Stretches that are named for a class."""
_PLATEAU: Final = 0.8
"""Pooled relevance of this share of its peak is as high."""
_LEAST: Final = 0.1
"""A stretch with less than this share of the largest is not named beside it."""
_ROUNDING: Final = 1e-6  # nm
_CORE: Final = 2
"""So few bands of many that vary together are one feature of the sensor rather than of what it saw."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cause:
    """A known feature that a stretch lies in: plausible, no proof.

    Args:
        name: Its name.
        inside: The relevance of the class inside the feature, beside what chance gives; p is corrected.
        among: The number of features that the bands can show, which p is corrected for.
    """

    name: str
    inside: InsideShare
    among: int

    def __str__(self) -> str:
        """The name, and the shares that speak for it."""
        share, width = 100 * self.inside.relevance, 100 * self.inside.bandwidth
        shares = f"{share:.0f} % of the relevance on {width:.0f} % of the bandwidth"
        return f"{self.name} ({shares}, p {self.inside.p:.3f} corrected for {self.among} features)"


@dataclass(frozen=True)
class Stretch:
    """A stretch of the spectrum whose relevance for a class is above its own noise.

    Args:
        start_nm: Where it begins.
        end_nm: Where it ends.
        peak_nm: The wavelength of its largest relevance, in the map as computed.
        value: Relevance summed over the stretch, mean over samples, in the unit of the explained output.
        low: Lower end of its 95 % interval.
        high: Upper end.
        share: Share of the class's relevance, as magnitude per band, inside it.
        causes: Known features that it lies in.
        caution: What else would look the same; empty where bands beside each other speak for it.
    """

    start_nm: float
    end_nm: float
    peak_nm: float
    value: float
    low: float
    high: float
    share: float
    causes: tuple[Cause, ...] = ()
    caution: str = ""

    @property
    def place(self) -> str:
        """The stretch in words, such as "655 to 704 nm", or "680.2 nm" of one band."""
        return name_place(self.start_nm, self.end_nm)


def name_place(start_nm: float, end_nm: float) -> str:
    """Return a stretch in words, such as "655 to 704 nm", or "680.2 nm" of one band."""
    return f"{start_nm:.1f} nm" if start_nm == end_nm else f"{start_nm:.0f} to {end_nm:.0f} nm"


def read_width(rows: pd.DataFrame) -> float:
    """Return the width in nm of the pooled relevance in a table of bands; 0 where it joins no bands.

    Args:
        rows: The rows of one class in :func:`lrprism.spectral.band_table`.
    """
    nm = float(rows["pooled_nm"].iloc[0]) if "pooled_nm" in rows.columns else 0.0
    return nm if joins_bands(rows["wavelength_nm"], nm) else 0.0


def mark_box(wavelength: Floats, peak: int, nm: float) -> npt.NDArray[np.bool_]:
    """Mark the bands in the box of ``nm`` round a band; 0 marks the band alone.

    Args:
        wavelength: Centre of each band in nm, ``[band]``.
        peak: The position of the band.
        nm: Width of the box in nm.
    """
    return np.asarray(np.abs(wavelength - wavelength[peak]) <= nm / 2 + _ROUNDING)


def find_stretches(
    rows: pd.DataFrame,
    per_sample: Floats,
    features: tuple[Feature, ...],
    *,
    groups: npt.NDArray[np.generic] | None = None,
    floor: float = 0.0,
) -> list[Stretch]:
    """Find the stretches that speak most for a class and are above their own noise.

    They lie round the largest peaks of the pooled relevance, a width apart; of a narrow feature that is a
    plateau, and the box lies round the largest band as computed. Where it is not pooled, a stretch
    is a peak with the neighbours that have at least half as much; its slopes are no other. Left out is one
    whose peak is not above the floor, that has less than a tenth of the largest, or whose interval reaches 0
    when it is widened for the choice. The largest of B places is chosen, with B the range of the bands over
    the width, or the number of bands: so the lower half of the 95 % interval is taken as many times as
    :func:`~lrprism.spectral.bands.intervals.widen_for_choice` says.

    Args:
        rows: The rows of one class in :func:`lrprism.spectral.band_table`.
        per_sample: Relevance of its samples, summed over pixels, ``[sample, band]``.
        features: The features that the data can show.
        groups: The plant, field or day of each sample, where that is known.
        floor: The largest peak that a network of random weights gives, in the unit of the relevance.

    Returns:
        At most three, the largest first.
    """
    wavelength, nm = rows["wavelength_nm"].to_numpy(np.float64), read_width(rows)
    height = rows["pooled_sum" if nm else "sum"].to_numpy(np.float64)
    if nm:
        peaks = _centre_peaks(rows, height, pick_peaks(height, wavelength, nm, MOST), nm)
        boxes = [(peak, mark_box(wavelength, peak, nm)) for peak in peaks]
    else:
        boxes = _pick_runs(height, wavelength)
    found = [
        _build_stretch(rows, per_sample, groups, (peak, nm, inside), features)
        for peak, inside in boxes
        if height[peak] > floor
    ]
    places = np.ptp(wavelength) / nm if nm else len(wavelength)
    wider = widen_for_choice(places, count_units(len(per_sample), groups))
    least = _LEAST * max((stretch.value for stretch in found), default=0.0)
    named = [
        stretch
        for stretch in found
        if stretch.value - wider * (stretch.value - stretch.low) > 0 and stretch.value >= least
    ]
    # the highest peak need not have the largest sum over its box
    return sorted(named, key=lambda stretch: stretch.value, reverse=True)


def _centre_peaks(rows: pd.DataFrame, height: Floats, peaks: list[int], nm: float) -> list[int]:
    """Move peaks of the pooled relevance to the largest band in their box, where that is as high.

    A box over a narrow feature holds the same sum wherever it holds the feature: noise would place it.
    """
    wavelength, mean = (rows[name].to_numpy(np.float64) for name in ("wavelength_nm", "sum"))
    centred = list(peaks)
    for number, peak in enumerate(peaks):
        inside = np.flatnonzero(mark_box(wavelength, peak, nm))
        largest = int(inside[np.argmax(mean[inside])])
        others = np.delete(centred, number).astype(np.int64)
        is_apart = bool(np.all(np.abs(wavelength[others] - wavelength[largest]) > nm))
        if height[largest] >= _PLATEAU * height[peak] and is_apart:
            centred[number] = largest
    return centred


def _pick_runs(height: Floats, wavelength: Floats) -> list[tuple[int, npt.NDArray[np.bool_]]]:
    """Pick the largest peaks of single bands, each with the neighbours that have at least half as much."""
    order = np.argsort(wavelength, kind="stable")
    along, taken = height[order], np.zeros(len(order), dtype=bool)
    runs: list[tuple[int, npt.NDArray[np.bool_]]] = []
    for top in np.argsort(-along, kind="stable"):
        if len(runs) == MOST or along[top] <= 0:
            break
        if taken[top]:
            continue
        first, last = (_walk(top, step, along >= along[top] / 2) for step in (-1, 1))
        inside = np.zeros(len(order), dtype=bool)
        inside[order[first : last + 1]] = True
        runs.append((int(order[top]), inside))
        # what falls off from a run is its slope, and no peak of its own
        rises = np.diff(along) >= 0  # from each place to the next
        start = _walk(first, -1, np.append(rises, False) & ~taken)
        end = _walk(last, 1, np.append(False, ~rises) & ~taken)
        taken[start : end + 1] = True
    return runs


def _walk(place: int, step: int, mask: npt.NDArray[np.bool_]) -> int:
    """Return the last place that a walk over marked places reaches."""
    while 0 <= place + step < len(mask) and mask[place + step]:
        place += step
    return place


def _build_stretch(
    rows: pd.DataFrame,
    per_sample: Floats,
    groups: npt.NDArray[np.generic] | None,
    box: tuple[int, float, npt.NDArray[np.bool_]],
    features: tuple[Feature, ...],
) -> Stretch:
    """Build the stretch of a box: its centre, its width in nm, and the bands inside."""
    wavelength, mean, shares = (rows[name].to_numpy(np.float64) for name in ("wavelength_nm", "sum", "share"))
    peak, nm, inside = box
    highest = wavelength[inside][np.argmax(mean[inside])]
    # the box of a band near the end of the sensor reaches beyond it
    start = max(wavelength[peak] - nm / 2, wavelength.min()) if nm else wavelength[inside].min()
    end = min(wavelength[peak] + nm / 2, wavelength.max()) if nm else wavelength[inside].max()
    share = float(shares[inside].sum())
    causes = find_causes(shares, wavelength, float(highest), features)
    inside_sum = per_sample[:, inside].sum(axis=1)
    low, high = bootstrap_mean(inside_sum, groups)
    amount = float(inside_sum.mean())
    ends, caution = (float(low), float(high)), _doubt_bands(wavelength, mean, inside, nm)
    return Stretch(float(start), float(end), float(highest), amount, *ends, share, causes, caution)


def _doubt_bands(wavelength: Floats, mean: Floats, inside: npt.NDArray[np.bool_], nm: float) -> str:
    """Say if one band holds most of a stretch, or two do where more of them vary together.

    What a leaf or a soil absorbs is broader than the bands of a fine sensor; a fault of the sensor is not.
    """
    bands = np.flatnonzero(inside)
    if len(bands) == 1:
        return "one band alone: a fault of that band would look the same"
    along = bands[np.argsort(wavelength[bands], kind="stable")]
    top = int(np.argmax(mean[along]))
    first, last = (_walk(top, step, mean[along] >= mean[along[top]] / 2) for step in (-1, 1))
    core = along[first : last + 1]
    if not nm or len(core) > _CORE or mean[core].sum() <= mean[bands].clip(min=0).sum() / 2:
        return ""
    named = " and ".join(f"{each:.1f}" for each in wavelength[core])
    which = "these bands" if len(core) > 1 else "that band"
    return f"most of it at {named} nm: a fault of {which} would look the same"


def find_causes(
    share: Floats, wavelength: Floats, peak: float, features: tuple[Feature, ...]
) -> tuple[Cause, ...]:
    """Find the features that a peak lies in, and that hold more relevance than chance puts there.

    A feature narrower than the bands are apart cannot be shown by them. p is corrected for the others, see
    :func:`~lrprism.spectral.bands.features.share_inside_each`: of classes whose peaks lie anywhere, one in
    twenty gets a cause. All peaks of a class are asked of the same relevance, so that their number is none of
    chances.

    Args:
        share: Share of the relevance in each band, ``[band]``.
        wavelength: Centre of each band in nm, ``[band]``.
        peak: The wavelength of the peak in nm.
        features: The features that the data can show.
    """
    if not any(feature.distance(peak) == 0 for feature in features):
        return ()
    inside = compare_features(share, wavelength, [(each.start_nm, each.end_nm) for each in features])
    among = sum(each is not None for each in inside)
    return tuple(
        Cause(f"{feature.name} of the air" if feature.kind == "atmosphere" else feature.name, own, among)
        for feature, own in zip(features, inside, strict=True)
        if feature.distance(peak) == 0 and own is not None and own.is_more
    )
