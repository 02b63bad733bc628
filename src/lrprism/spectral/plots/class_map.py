"""Relevance over wavelength for all explained classes at once: class x wavelength, in colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lrprism.spectral.knowledge.absorption import Feature
from lrprism.spectral.plots import contract, style, wavelength_axis
from lrprism.spectral.plots.heading import Heading, break_facts, break_text
from lrprism.spectral.plots.scales import (
    SymmetricScale,
    describe_colours,
    describe_ends,
    draw_colour_bar,
    symmetric_scale,
)
from lrprism.spectral.plots.style import MARGIN

ROW: Final = 4.4  # mm, height of a class
BETWEEN: Final = 12.0  # mm, from a map with its axis to the next one, with its name
AXIS: Final = 10.0  # mm, wavelength axis below the last map
BAR_HEIGHT: Final = 12.0  # mm, colour bars with their labels
BARS: Final = ((75.0,), (45.0, 105.0))  # mm, left edge of each colour bar, of one map and of two
PERCENTILE: Final = 99.5  # of |R|, where the colours of one scale for all classes end
DIFFERENT: Final = 3.0  # classes whose peaks differ by more than this factor have scales of their own
HATCH: Final = "#A8A8A8"
PALE: Final = 0.35  # opacity of a class that names no bands


@dataclass(frozen=True, eq=False)
class _ClassRows:
    """The rows of the maps.

    Attributes:
        names: Of the classes, with their samples.
        maps: Name of each map, and its mean relevance, ``[class, band]``.
        reasons: Why a class names no bands, an empty text where it does.
        sizes: Mean magnitude of the relevance, ``[class, band]``.
    """

    names: list[str]
    maps: dict[str, NDArray[np.float64]]
    reasons: list[str]
    sizes: NDArray[np.float64]

    @property
    def is_named(self) -> NDArray[np.bool_]:
        """True for each class that names bands, ``[class]``."""
        return np.array([not reason for reason in self.reasons])

    @property
    def peaks(self) -> dict[str, NDArray[np.float64]]:
        """Name of each map, and the largest magnitude of every class, ``[class]``."""
        return {name: np.abs(means).max(axis=1) for name, means in self.maps.items()}


@style.use_house_style
def class_spectra(dataset: xr.Dataset, *, normalise: bool | None = None) -> Figure:
    r"""Draw the mean relevance of every band for every explained class.

    .. math:: \bar r_{cb} = \frac{1}{S_c} \sum_{s: t_s = c} \sum_{y,x} R_{sbyx}, \quad
              \text{normalised: } \bar r_{cb} / \max_{b'} |\bar r_{cb'}|

    The diverging scale is centred on 0; the class names carry the number of samples, and how many of them
    the network gets right. Right of each row stands the largest magnitude of its class, so that a class of
    little relevance is not taken for a strong one. A dot marks the band of the largest relevance in each
    class; the known absorption features that hold a dot, and more relevance of the class than chance puts
    there, are named above. A class that names no bands is pale and hatched, and a note says why. Gaps of the
    sensor stay empty. Where the dataset states a width W (``resolution_nm``), a second map has the relevance
    averaged over a box of W, on a scale of its own.

    Args:
        dataset: A relevance dataset, as for :func:`lrprism.spectral.plots.relevance_spectrum`.
        normalise: Divide every class by its largest magnitude, so that weak classes show their shape; if
            None, where the largest magnitudes of the classes differ by more than a factor of three.

    Returns:
        The figure, 180 mm wide: two columns.

    Raises:
        DataError: If a part is missing or not finite, or a wavelength is not a positive number.
    """
    spectra = contract.prepare_spectra(dataset)
    wavelength, unit = contract.get_wavelengths(dataset), contract.get_relevance_unit(spectra)
    rows = _average_classes(spectra)
    if normalise is None:
        normalise = any(peaks.max() > DIFFERENT * peaks.min() for peaks in rows.peaks.values())
    # a class without any relevance stays 0
    tiny = np.finfo(np.float64).tiny
    drawn = {
        name: means / np.maximum(rows.peaks[name], tiny)[:, None] if normalise else means
        for name, means in rows.maps.items()
    }
    scales = {name: symmetric_scale(means, 100 if normalise else PERCENTILE) for name, means in drawn.items()}
    bars = {f"{name} ({unit})" if len(drawn) > 1 else f"mean relevance per band ({unit})": scale
            for name, scale in scales.items()}  # fmt: skip
    if normalise:  # all maps share one scale
        bars = {"relevance / largest |R| of the class": next(iter(scales.values()))}
    heading = _build_heading(spectra, len(rows.names), normalise=normalise)
    notes = _write_notes(rows, list(bars.values()), unit)
    features = wavelength_axis.list_visible(spectra)
    foot = BAR_HEIGHT + style.LINE * len(notes) + 1.5
    figure, panels = _lay_out(rows, wavelength, heading, foot, features)
    for axes, (name, means) in zip(panels, drawn.items(), strict=True):
        _draw_map(axes, means, wavelength, scales[name], rows.is_named)
        _write_peaks(axes, rows.peaks[name])
        axes.set_title(name if len(drawn) > 1 else "", loc="left", fontsize=style.FONT, pad=2.0, y=1.0)
    _draw_foot(figure, bars, notes)
    return figure


def _average_classes(spectra: xr.Dataset) -> _ClassRows:
    classes = [int(target) for target in np.unique(spectra["target"].to_numpy())]
    groups = [spectra.isel(sample=np.flatnonzero(spectra["target"] == target)) for target in classes]
    values = {"as computed": [group["positive"] + group["negative"] for group in groups]}
    if width := contract.get_pooled_width(spectra):
        values[f"averaged over {contract.name_width(width)}"] = [group["pooled"] for group in groups]
    names = [
        f"{contract.get_class_name(spectra, target)} ({_count(group)})"
        for target, group in zip(classes, groups, strict=True)
    ]
    maps = {
        name: np.stack([group.to_numpy().mean(axis=0) for group in samples])
        for name, samples in values.items()
    }
    reasons = [contract.find_class_reason(spectra, target) for target in classes]
    sizes = [np.abs((group["positive"] + group["negative"]).to_numpy()).mean(axis=0) for group in groups]
    return _ClassRows(names, maps, reasons, np.stack(sizes))


def _find_features(
    rows: _ClassRows, wavelength: NDArray[np.float64], known: Sequence[Feature]
) -> list[Feature]:
    """Find the features that hold a dot of a class, and more of its relevance than chance puts there."""
    ends, found = wavelength_axis.choose_limits(wavelength), list[Feature]()
    for number in np.flatnonzero(rows.is_named):
        held = wavelength_axis.keep_holding(known, rows.sizes[number], wavelength)
        dots = [float(wavelength[means[number].argmax()]) for means in rows.maps.values()]
        found += wavelength_axis.find_features(ends, [(nm, nm) for nm in dots], held)
    return wavelength_axis.find_features(ends, known=list(dict.fromkeys(found)))


def _count(group: xr.Dataset) -> str:
    """Return the number of samples in words: "11 of 35 right", or "35" where no classes are known."""
    right, count = contract.count_right(group), group.sizes["sample"]
    return str(count) if right is None else f"{right} of {count} right"


def _lay_out(
    rows: _ClassRows,
    wavelength: NDArray[np.float64],
    heading: Heading,
    foot: float,
    known: Sequence[Feature],
) -> tuple[Figure, list[Axes]]:
    ends = wavelength_axis.choose_limits(wavelength)
    features = _find_features(rows, wavelength, known)
    names_width = max(18.0, *(style.text_width(name, style.FONT_SMALL) * 1.04 + 2.0 for name in rows.names))
    numbers = [style.format_number(float(peak)) for peaks in rows.peaks.values() for peak in peaks]
    numbers_width = max(style.text_width(number, style.FONT_SMALL) for number in numbers) + 1.5
    start, maps = MARGIN + names_width, len(rows.maps)
    width = style.PAGE_WIDTH - start - MARGIN - numbers_width
    height = max(len(rows.names) * ROW, 12.0)
    top = heading.height + wavelength_axis.measure_strip(features) + (1.0 if maps == 1 else 4.0)
    length = top + maps * height + (maps - 1) * BETWEEN + AXIS + foot
    figure = style.new_figure(style.PAGE_WIDTH, length)
    heading.draw(figure)
    wavelength_axis.draw_feature_strip(figure, (start, heading.height), width, ends, features)
    panels = []
    for number in range(maps):
        axes = style.add_axes(figure, start, top + number * (height + BETWEEN), width, height)
        axes.set(xlim=ends, ylim=(len(rows.names) - 0.5, -0.5))
        axes.set_yticks(range(len(rows.names)), rows.names)
        axes.tick_params(axis="y", length=0)
        panels.append(axes)
    panels[-1].set_xlabel("wavelength (nm)")
    return figure, panels


def _draw_map(
    axes: Axes,
    means: NDArray[np.float64],
    wavelength: NDArray[np.float64],
    scale: SymmetricScale,
    is_named: NDArray[np.bool_],
) -> None:
    axes.set_facecolor(wavelength_axis.ATMOSPHERE)  # where the sensor has no band
    edges_of_rows = np.arange(len(means) + 1) - 0.5
    for bands, edges in wavelength_axis.find_cell_edges(wavelength):
        look: dict[str, Any] = {"cmap": style.DIVERGING, "norm": scale.norm, "rasterized": True}
        axes.pcolormesh(edges, edges_of_rows, means[:, bands], **look)
    axes.set_ylim(len(means) - 0.5, -0.5)
    _cover_silent(axes, is_named)
    axes.plot(
        wavelength[means.argmax(axis=1)][is_named],
        np.flatnonzero(is_named),
        "o",
        color=style.BLACK,
        markeredgecolor="white",
        markeredgewidth=0.5,
        markersize=3,
        gid="strongest",
        clip_on=False,
    )
    for row in edges_of_rows[1:-1]:
        axes.axhline(row, color="white", linewidth=0.6)


def _cover_silent(axes: Axes, is_named: NDArray[np.bool_]) -> None:
    """Make the rows of classes that name no bands pale, and hatch them."""
    left, right = axes.get_xlim()
    for row in np.flatnonzero(~is_named):
        corner, size = (left, row - 0.5), (right - left, 1.0)
        axes.add_patch(Rectangle(corner, *size, facecolor="white", alpha=1 - PALE, linewidth=0))
        hatch: dict[str, Any] = {"hatch": "////", "edgecolor": HATCH, "linewidth": 0, "gid": "silent"}
        axes.add_patch(Rectangle(corner, *size, facecolor="none", **hatch))


def _write_peaks(axes: Axes, peaks: NDArray[np.float64]) -> None:
    """Write the largest magnitude of each class right of its row."""
    for row, peak in enumerate(peaks):
        axes.annotate(
            style.format_number(float(peak)),
            (1.0, row),
            xytext=(3, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=style.FONT_SMALL,
            color=style.GREY,
            gid="peak",
        )


def _write_notes(rows: _ClassRows, scales: list[SymmetricScale], unit: str) -> list[str]:
    """Return the lines below the maps: what dots and colours mean, and why classes are silent."""
    room = style.PAGE_WIDTH - 2 * MARGIN
    facts = [
        describe_colours(),
        "dot: the band of largest relevance",
        f"right of the rows: largest |R| of the class ({unit})",
        "grey ground: no band",
        *(describe_ends(scale) for scale in scales),
    ]
    lines = break_facts([fact for fact in facts if fact], room)
    silent: dict[str, list[str]] = {}
    for name, reason in zip(rows.names, rows.reasons, strict=True):
        if reason:
            silent.setdefault(reason, []).append(name.rpartition(" (")[0])
    for reason, names in silent.items():
        lines += break_text(
            f"pale and hatched, no bands named: {', '.join(names)} ({reason})", room, style.FONT_SMALL
        )
    return lines


def _draw_foot(figure: Figure, bars: dict[str, SymmetricScale], notes: list[str]) -> None:
    """Draw a colour bar for each scale, and the notes below them."""
    top = style.measure_figure(figure)[1] - BAR_HEIGHT - style.LINE * len(notes) - 1.5
    for left, (label, scale) in zip(BARS[len(bars) - 1], bars.items(), strict=True):
        draw_colour_bar(figure, scale, (left, top), label)
    for number, note in enumerate(notes):
        place = top + BAR_HEIGHT + number * style.LINE
        style.write(figure, MARGIN, place, note, size=style.FONT_SMALL, colour=style.GREY)


def _build_heading(dataset: xr.Dataset, count: int, *, normalise: bool) -> Heading:
    title = f"Relevance of {count} explained class{'es' if count > 1 else ''}"
    facts = [
        "mean over samples (their number in brackets)",
        contract.describe_sum(dataset),
        "each class on its own scale" if normalise else "one scale for all classes",
        str(dataset.attrs.get("title", "")),
        contract.describe_way(dataset),
    ]
    return Heading.build(style.PAGE_WIDTH, title, facts, contract.name_doubt(dataset))
