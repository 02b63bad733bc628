"""The wavelength axis that figures share: order, gaps, limits and named absorption features."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.spectral.bands.features import compare_features
from lrprism.spectral.knowledge.absorption import FEATURES, Feature, list_features
from lrprism.spectral.plots import style

GAP: Final = 3.0  # a step longer than this many median steps is a gap
LANE: Final = 2.0  # mm, height of the lane of one kind of feature
LEADER: Final = 5.0  # mm, height in which the lines lead from a feature to its name
ATMOSPHERE: Final = "#E4E4E4"
KINDS: Final[dict[str, str]] = {  # from the top lane down
    "pigment": style.GREEN,
    "structure": "#7A6A00",
    "water": style.BLUE,
    "biochemical": style.VERMILION,
    "mineral": "#A0457E",
    "atmosphere": style.GREY,
}


def split_at_gaps(wavelength: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Return the positions of the bands in order of wavelength, cut where the sensor has a gap.

    A gap is a step of more than three times the median step between different wavelengths, ``[band]`` in nm.
    """
    order = np.argsort(wavelength, kind="stable")
    steps = np.diff(wavelength[order])
    different = steps[steps > 0]
    if different.size == 0:
        return [order]
    return np.split(order, np.flatnonzero(steps > GAP * np.median(different)) + 1)


def find_lone_bands(wavelength: NDArray[np.float64]) -> list[int]:
    """Return the positions of bands between two gaps: a line would not show them."""
    return [int(stretch[0]) for stretch in split_at_gaps(wavelength) if len(stretch) == 1]


def break_at_gaps(
    wavelength: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return wavelengths and values of a line: sorted, with NaN between stretches to break it.

    Shapes: ``wavelength`` in nm, ``values``: ``[band]`` in any order; both results: ``[band + gaps]``.
    """
    x: list[float] = []
    y: list[float] = []
    for stretch in split_at_gaps(wavelength):
        if x:
            x.append(np.nan)
            y.append(np.nan)
        x.extend(wavelength[stretch])
        y.extend(values[stretch])
    return np.array(x), np.array(y)


def find_cell_edges(wavelength: NDArray[np.float64]) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Return the edges of one coloured cell per band: half-way to its neighbours.

    At a gap the edge is half a median step away. Each stretch without a gap has the positions of its ``n``
    bands and ``n + 1`` edges in nm.
    """
    steps = np.diff(np.sort(wavelength))
    different = steps[steps > 0]
    half = float(np.median(different)) / 2 if different.size else 5.0
    cells = []
    for stretch in split_at_gaps(wavelength):
        centres = wavelength[stretch]
        middles = (centres[1:] + centres[:-1]) / 2
        cells.append((stretch, np.concatenate([[centres[0] - half], middles, [centres[-1] + half]])))
    return cells


def choose_limits(wavelength: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the axis in nm: all bands and 2 % of room, at least 5 nm, on both sides."""
    low, high = float(wavelength.min()), float(wavelength.max())
    room = max(0.02 * (high - low), 5.0)
    return low - room, high + room


def find_features(
    ends: tuple[float, float],
    at: Iterable[tuple[float, float]] | None = None,
    known: Sequence[Feature] = FEATURES,
) -> list[Feature]:
    """Return the known features that reach into a range of wavelengths in nm, shortest first.

    Args:
        ends: The range.
        at: Marked places, start and end in nm; a feature has to hold the place, or to lie in it with its
            middle. All features of the range if None: a name where nothing stands out would explain noise.
        known: Those that the data can show.
    """
    low, high = ends
    inside = [feature for feature in known if feature.end_nm > low and feature.start_nm < high]
    if at is not None:
        places = list(at)
        inside = [feature for feature in inside if any(_explains(feature, place) for place in places)]
    return sorted(inside, key=lambda feature: (feature.start_nm + feature.end_nm, feature.name))


def _explains(feature: Feature, place: tuple[float, float]) -> bool:
    """Return True if a feature holds a marked place in nm, or lies in it with its middle."""
    start, end = place
    holds = feature.start_nm <= start and end <= feature.end_nm
    return holds or start <= (feature.start_nm + feature.end_nm) / 2 <= end


def measure_strip(features: list[Feature]) -> float:
    """Return the height in mm that :func:`draw_feature_strip` needs for these features."""
    if not features:
        return 0.0
    longest = max(style.text_width(_shorten_feature(feature.name), style.FONT_SMALL) for feature in features)
    return LANE * len(_assign_lanes(features)) + LEADER + longest + 1.0


def draw_feature_strip(
    figure: Figure,
    corner: tuple[float, float],
    width: float,
    ends: tuple[float, float],
    features: list[Feature],
) -> Axes | None:
    """Draw known features: one lane and colour per kind, and their names above without overlap.

    Args:
        figure: The figure.
        corner: Left and top in mm; the strip is :func:`measure_strip` high.
        width: In mm, that of the axes below.
        ends: Of the axes below, in nm.
        features: From :func:`find_features`.

    Returns:
        The axes of the strip; None without features.
    """
    if not features:
        return None
    height = measure_strip(features)
    strip = style.add_axes(figure, *corner, width, height)
    strip.set(xlim=ends, ylim=(0, height))
    strip.axis("off")
    lanes = _assign_lanes(features)
    _name_features(strip, features, lanes, (ends[1] - ends[0]) / width)
    return strip


def _name_features(strip: Axes, features: list[Feature], lanes: dict[str, float], nm_per_mm: float) -> None:
    low, high = strip.get_xlim()
    roof = LANE * len(lanes)
    spans = np.array([(max(f.start_nm, low), min(f.end_nm, high)) for f in features])
    centres = spans.mean(axis=1)
    line = 1.2 * style.FONT_SMALL * style.MM_PER_POINT * nm_per_mm
    names = style.spread_labels(centres, line, (low, high))
    for feature, (start, end), centre, name in zip(features, spans, centres, names, strict=True):
        level, colour = lanes[feature.kind], KINDS[feature.kind]
        strip.plot([start, end], [level, level], color=colour, linewidth=2.6, solid_capstyle="butt")
        bend = [level, roof, roof + LEADER - 1.0, roof + LEADER]
        strip.plot([centre, centre, name, name], bend, color=colour, linewidth=0.35)
        strip.text(
            name,
            roof + LEADER + 0.5,
            _shorten_feature(feature.name),
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=style.FONT_SMALL,
            color=colour,
        )


def _assign_lanes(features: list[Feature]) -> dict[str, float]:
    kinds = [kind for kind in KINDS if any(feature.kind == kind for feature in features)]
    return {kind: LANE * (len(kinds) - index - 0.5) for index, kind in enumerate(kinds)}


def _shorten_feature(name: str) -> str:
    return name.removesuffix(" absorption")


def list_visible(dataset: xr.Dataset) -> tuple[Feature, ...]:
    """List the features that the samples of a relevance dataset can show; those of a scene have air above.

    Args:
        dataset: A relevance dataset.
    """
    return list_features(dataset.attrs, outdoors={"row", "column"} <= set(dataset.variables))


def keep_holding(
    known: Sequence[Feature], relevance: NDArray[np.float64], wavelength: NDArray[np.float64]
) -> tuple[Feature, ...]:
    """Return the features that hold more relevance than chance puts there, as the report asks.

    Args:
        known: Features that the data can show.
        relevance: Magnitude of the relevance in each band, ``[band]``.
        wavelength: Centre of each band in nm, ``[band]``.
    """
    inside = compare_features(relevance, wavelength, [(each.start_nm, each.end_nm) for each in known])
    pairs = zip(known, inside, strict=True)
    return tuple(feature for feature, own in pairs if own is not None and own.is_more)


def shade_atmosphere(axes: Axes, ends: tuple[float, float], known: Sequence[Feature] = FEATURES) -> None:
    """Lay a grey area over every stretch in which the air absorbs, behind everything else; one legend entry.

    Args:
        axes: Axes over wavelength in nm.
        ends: Their limits.
        known: The features that the data can show, none of the air if they were measured indoors.
    """
    label = "the air absorbs"
    for feature in find_features(ends, known=known):
        if feature.kind == "atmosphere":
            start, end = max(feature.start_nm, ends[0]), min(feature.end_nm, ends[1])
            axes.axvspan(start, end, color=ATMOSPHERE, linewidth=0, zorder=0, label=label)
            label = "_nolegend_"
