"""Relevance over wavelength: the spectrum of one class."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.bands.statistics import NAMED, band_table
from lrprism.spectral.knowledge.absorption import Feature
from lrprism.spectral.plots import contract, style, wavelength_axis
from lrprism.spectral.plots.heading import Heading, break_text
from lrprism.spectral.plots.legend import draw_legend, measure_legend
from lrprism.spectral.plots.peaks import HEADROOM, Range, find_boxes, find_peaks, mark_boxes, mark_peaks
from lrprism.spectral.plots.sample_facts import describe_sample

LEFT: Final = 14.0  # mm, the left axis with its label
RIGHT: Final = 15.0  # mm, the right axis with its label
WIDTH: Final = style.COLUMN - LEFT - RIGHT  # mm
PANEL: Final = 36.0  # mm, height of the curves
NAME: Final = 4.0  # mm, the name of a panel where there are two
BETWEEN: Final = 5.5  # mm, from the map as computed to the pooled one, with its name
POOLED_PANEL: Final = 26.0  # mm, height of the pooled curve
AXIS: Final = 9.0  # mm, the wavelength axis with its label
LEGEND: Final = 2  # entries side by side
MOST_MARKERS: Final = 60  # more bands than this are drawn as a line alone


@dataclass(frozen=True)
class _Marks:
    """What is marked of a class: nothing where no bands are to be named.

    Attributes:
        peaks: From :func:`find_peaks`, on the map as computed.
        regions: From :func:`find_boxes`, on the pooled map.
        boxes: The ends of their boxes in nm.
        has_noise: Whether it is known how far samples differ; of one alone no feature is named.
        label: What the boxes are, for the legend.
    """

    peaks: pd.DataFrame
    regions: pd.DataFrame
    boxes: list[Range]
    has_noise: bool = True
    label: str = "largest boxes"

    @property
    def ranges(self) -> list[Range]:
        """All that is marked, in nm: features that lie there are named."""
        if not self.has_noise:
            return []
        return [*self.boxes, *((nm, nm) for nm in self.peaks["wavelength_nm"].tolist())]


@style.use_house_style
def relevance_spectrum(dataset: xr.Dataset, target: int) -> Figure:
    r"""Draw the relevance of every band over wavelength for the samples explained for one class.

    .. math:: r_{sb} = \sum_{y,x} R_{sbyx}, \quad
              \text{line: } \bar r_b = \frac{1}{S} \sum_s r_{sb}, \quad
              \text{area: } \bar r_b \pm \sqrt{\frac{1}{S} \sum_s (r_{sb} - \bar r_b)^2}

    The right axis has the mean spectrum of the same samples, over the whole window. The three largest peaks
    of the mean relevance that lie apart are marked with their wavelength; above stand the known absorption
    features that hold one of them, and more relevance than chance puts there, as the report asks. Where the
    air above a scene absorbs the ground is grey. Lines are sorted by wavelength and broken at gaps.

    Where the dataset states a width W (``resolution_nm``), a second panel has the same of the relevance
    averaged over a box of W by :func:`lrprism.spectral.pooled`, and marks its three largest peaks more than W
    apart: it says where the network looks; the map as computed shows which single bands stand out, such as
    an artefact. Nothing is marked that is not above its own noise, nor where the dataset says why no bands
    are to be named.

    Args:
        dataset: A relevance dataset: ``relevance`` and ``patch`` ``[sample, band, y, x]``, ``target``,
            ``wavelength`` in nm and the other coordinates of a band; or its
            :func:`lrprism.spectral.sample_spectra`.
        target: The explained class, 0-based.

    Returns:
        The figure, 85 mm wide: one column.

    Raises:
        DataError: If a part is missing or not finite, a wavelength is not a positive number, or no sample was
            explained for the class.
    """
    spectra = _select_class(dataset, target)
    wavelength, nm = contract.get_wavelengths(spectra), contract.get_pooled_width(spectra)
    table = band_table(spectra)
    marks = _find_marks(spectra, table, target, pooled=bool(nm))
    ends = wavelength_axis.choose_limits(wavelength)
    known = wavelength_axis.list_visible(spectra)
    features = _find_features(ends, marks, table, known)
    strip, heading = wavelength_axis.measure_strip(features), _build_heading(spectra, target)
    top = heading.height + strip + (NAME if nm else 1.0)
    height = top + PANEL + (BETWEEN + POOLED_PANEL if nm else 0.0) + AXIS + measure_legend(6, LEGEND)
    figure = style.new_figure(style.COLUMN, height)
    heading.draw(figure)
    wavelength_axis.draw_feature_strip(figure, (LEFT, heading.height), WIDTH, ends, features)
    axes = _add_panel(figure, spectra, (top, PANEL), ends)
    _draw_relevance(axes, wavelength, table, spectra.sizes["sample"])
    right = _draw_input(axes, wavelength, spectra)
    wavelength_axis.shade_atmosphere(right, ends, known)
    mark_peaks(axes, marks.peaks, "magnitude" if marks.has_noise and "magnitude" in table else "sum")
    panels = [axes, right]
    if nm:
        panels.append(lower := _add_panel(figure, spectra, (top + PANEL + BETWEEN, POOLED_PANEL), ends))
        axes.set_xlabel("")
        axes.tick_params(labelbottom=False)
        _draw_relevance(lower, wavelength, table, spectra.sizes["sample"], "pooled_")
        wavelength_axis.shade_atmosphere(lower, ends, known)
        mark_boxes(lower, marks.regions, marks.boxes, marks.label)
        for panel, name in ((axes, "as computed"), (lower, f"averaged over {contract.name_width(nm)}")):
            panel.set_title(name, loc="left", fontsize=style.FONT, pad=2.0, y=1.0)
    draw_legend(figure, panels, LEGEND)
    return figure


def _find_marks(spectra: xr.Dataset, table: pd.DataFrame, target: int, *, pooled: bool) -> _Marks:
    if contract.name_class_doubt(spectra, target):
        return _Marks(table[:0], table[:0], [])
    regions, boxes = find_boxes(table, target, spectra) if pooled else (table[:0], [])
    label = "named by the report" if NAMED in spectra.attrs else "largest boxes"
    return _Marks(find_peaks(table), regions, boxes, spectra.sizes["sample"] > 1, label)


def _find_features(
    ends: Range, marks: _Marks, table: pd.DataFrame, known: tuple[Feature, ...]
) -> list[Feature]:
    """Find the features that hold a mark, and more relevance than chance puts there."""
    share, wavelength = (table[name].to_numpy(np.float64) for name in ("share", "wavelength_nm"))
    held = wavelength_axis.keep_holding(known, share, wavelength)
    return wavelength_axis.find_features(ends, marks.ranges, held)


def _add_panel(
    figure: Figure, spectra: xr.Dataset, place: tuple[float, float], ends: tuple[float, float]
) -> Axes:
    """Add axes of relevance over wavelength; the place is top and height in mm."""
    axes = style.add_axes(figure, LEFT, place[0], WIDTH, place[1])
    axes.set(xlim=ends, xlabel="wavelength (nm)")
    axes.yaxis.set_major_formatter(style.format_tick)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    label = f"relevance ({contract.get_relevance_unit(spectra)})"
    axes.set_ylabel(label, color=style.BLUE, fontsize=style.FONT_SMALL)
    return axes


def _select_class(dataset: xr.Dataset, target: int) -> xr.Dataset:
    """Return the spectra of the samples that were explained for a class.

    Raises:
        DataError: If a part is missing or not finite, or no sample was explained for the class.
    """
    spectra = contract.prepare_spectra(dataset)
    samples = np.flatnonzero(spectra["target"].to_numpy() == target)
    if not samples.size:
        explained = np.unique(spectra["target"].to_numpy()).tolist()
        raise DataError(
            f"target should be a class that was explained, one of {explained}. Found {target}. "
            "Explain samples for that class first."
        )
    return spectra.isel(sample=samples)


def _build_heading(spectra: xr.Dataset, target: int) -> Heading:
    count, right = spectra.sizes["sample"], contract.count_right(spectra)
    one = describe_sample(spectra)  # which says whether the network gets it right
    shown = f"{count} sample{'s' if count > 1 else ''} explained for this {contract.name_output(spectra)}"
    facts = [
        *one,
        "" if one else shown if right is None else f"{shown}, {right} of them right",
        contract.describe_sum(spectra),
        str(spectra.attrs.get("title", "")),
        contract.describe_way(spectra),
    ]
    title = f"Relevance for {contract.get_class_name(spectra, target)}"
    return Heading.build(style.COLUMN, title, facts, contract.name_class_doubt(spectra, target))


def _draw_relevance(
    axes: Axes, wavelength: NDArray[np.float64], table: pd.DataFrame, count: int, prefix: str = ""
) -> None:
    mean, spread = (table[prefix + name].to_numpy(dtype=np.float64) for name in ("sum", "std"))
    x, low = wavelength_axis.break_at_gaps(wavelength, mean - spread)
    _, high = wavelength_axis.break_at_gaps(wavelength, mean + spread)
    axes.axhline(0, color=style.BLACK, linewidth=0.6, zorder=1.5)
    if count > 1:  # a single sample has no spread
        label = f"± 1 s.d. over {count} samples"
        axes.fill_between(x, low, high, color=style.SKY, alpha=0.45, linewidth=0, label=label)
        _draw_lone_spreads(axes, wavelength, mean, spread)
    name = "mean relevance" if count > 1 else "relevance (1 sample)"
    marker = "o" if wavelength.size <= MOST_MARKERS else ""
    x, y = wavelength_axis.break_at_gaps(wavelength, mean)
    look: dict[str, Any] = {"marker": marker, "markersize": 2.2, "linewidth": 0.8}
    axes.plot(x, y, color=style.BLUE, label=name, gid="relevance", **look)
    lone = wavelength_axis.find_lone_bands(wavelength)
    axes.plot(wavelength[lone], mean[lone], "o", color=style.BLUE, markersize=2.2)
    if count > 1 and prefix + "magnitude" in table:  # of a trait, whose relevance cancels in its mean
        size = wavelength_axis.break_at_gaps(wavelength, table[prefix + "magnitude"].to_numpy(np.float64))[1]
        axes.plot(x, size, color=style.BLACK, linewidth=0.8, label="mean size, up or down", gid="size")
    bottom, top = float(np.nanmin(low)), float(np.nanmax(high))
    bottom, top = min(bottom, 0.0), max(top, 0.0)
    span = (top - bottom) or 1.0
    axes.set_ylim(bottom - 0.05 * span, bottom + span * (1 + HEADROOM) / (1 - HEADROOM / 4))


def _draw_lone_spreads(
    axes: Axes, wavelength: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> None:
    """Draw the spread of a band between two gaps as a bar: an area of no width would not be seen."""
    lone = wavelength_axis.find_lone_bands(wavelength)
    low, high = mean[lone] - spread[lone], mean[lone] + spread[lone]
    axes.vlines(wavelength[lone], low, high, color=style.SKY, alpha=0.6, linewidth=2.5)


def _draw_input(axes: Axes, wavelength: NDArray[np.float64], dataset: xr.Dataset) -> Axes:
    spectra = dataset["input"].to_numpy()
    mean, spread = spectra.mean(axis=0), spectra.std(axis=0)
    right = axes.twinx()
    # the relevance lies over the input: twin axes would be drawn on top
    axes.set_zorder(right.get_zorder() + 1)
    axes.patch.set_visible(False)
    right.spines["right"].set(visible=True, color=style.GREY)
    right.tick_params(axis="y", colors=style.GREY)
    right.yaxis.set_major_formatter(style.format_tick)
    right.yaxis.set_major_locator(MaxNLocator(5))
    # a quantity with a long unit takes two lines
    lines = break_text(contract.name_quantity(dataset), PANEL, style.FONT_SMALL)
    right.set_ylabel("\n".join(lines), color=style.GREY, fontsize=style.FONT_SMALL)
    is_single = dataset.sizes["sample"] == 1
    label = "input (right axis)" if is_single else "mean input ± 1 s.d. (right axis)"
    x, y = wavelength_axis.break_at_gaps(wavelength, mean)
    right.plot(x, y, color=style.GREY, linewidth=0.9, linestyle=(0, (4, 1.5)), label=label, gid="input")
    lone = wavelength_axis.find_lone_bands(wavelength)
    right.plot(wavelength[lone], mean[lone], "o", color=style.GREY, markersize=1.8)
    for side in () if is_single else (mean - spread, mean + spread):
        x, y = wavelength_axis.break_at_gaps(wavelength, side)
        right.plot(x, y, color="#A0A0A0", linewidth=0.35)
    low, high = float((mean - spread).min()), float((mean + spread).max())
    span = (high - low) or 1.0
    right.set_ylim(low - 0.05 * span, low + span * (1 + HEADROOM) / (1 - HEADROOM / 4))
    return right
