"""Relevance over wavelength: the spectrum of one class."""

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.bands.statistics import NAMED, band_table, top_bands, top_regions
from lrprism.spectral.plots import contract, style, wavelength_axis
from lrprism.spectral.plots.sample_facts import describe_sample

LEFT: Final = 17.0  # mm, the left axis with its label
RIGHT: Final = 17.0  # mm, the right axis with its label
HEADING: Final = 13.0  # mm
PANEL: Final = 62.0  # mm, height of the curves
NAME: Final = 4.0  # mm, the name of a panel where there are two
BETWEEN: Final = 7.0  # mm, from the map as computed to the pooled one, with its name
POOLED_PANEL: Final = 42.0  # mm, height of the pooled curve
FOOT: Final = 20.0  # mm, the wavelength axis and the legend
HEADROOM: Final = 0.2  # of the panel, kept free for the names of the strongest bands
_ROUNDING: Final = 1e-3  # nm
MOST_MARKERS: Final = 60  # more bands than this are drawn as a line alone


@style.use_house_style
def relevance_spectrum(dataset: xr.Dataset, target: int) -> Figure:
    r"""Draw the relevance of every band over wavelength for the samples explained for one class.

    .. math:: r_{sb} = \sum_{y,x} R_{sbyx}, \quad
              \text{line: } \bar r_b = \frac{1}{S} \sum_s r_{sb}, \quad
              \text{area: } \bar r_b \pm \sqrt{\frac{1}{S} \sum_s (r_{sb} - \bar r_b)^2}

    The right axis has the mean spectrum of the same samples, over the whole window. The three bands of
    the largest mean relevance are marked with their wavelength. Known absorption features are named above;
    where the air absorbs the ground is grey. Lines are sorted by wavelength and broken at gaps.

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
        The figure, 170 mm wide.

    Raises:
        DataError: If a part is missing or not finite, a wavelength is not a positive number, or no sample was
            explained for the class.
    """
    spectra = _select_class(dataset, target)
    wavelength = contract.get_wavelengths(spectra)
    ends = wavelength_axis.choose_limits(wavelength)
    strip = wavelength_axis.measure_strip(wavelength_axis.find_features(ends))
    width, nm = style.PAGE_WIDTH - LEFT - RIGHT, contract.get_pooled_width(spectra)
    extra = NAME + BETWEEN + POOLED_PANEL if nm else 0.0
    figure = style.new_figure(style.PAGE_WIDTH, HEADING + strip + 1.0 + PANEL + extra + FOOT)
    _write_spectrum_heading(figure, spectra, target)
    wavelength_axis.draw_feature_strip(figure, (LEFT, HEADING), width, ends)
    top = HEADING + strip + (NAME if nm else 1.0)
    axes, table = _add_panel(figure, spectra, (top, PANEL), ends), band_table(spectra)
    _draw_relevance(axes, wavelength, table["sum"], table["std"], spectra.sizes["sample"])
    right = _draw_input(axes, wavelength, spectra)
    wavelength_axis.shade_atmosphere(right, ends)
    is_named = not contract.name_class_doubt(spectra, target)
    if is_named:
        _mark_strongest(axes, _keep_sure(top_bands(table, target), "low"))
    panels = [axes, right]
    if nm:
        panels.append(lower := _add_panel(figure, spectra, (top + PANEL + BETWEEN, POOLED_PANEL), ends))
        axes.set_xlabel("")
        axes.tick_params(labelbottom=False)
        _draw_pooled(lower, spectra, table, target if is_named else None)
        for panel, name in ((axes, "as computed"), (lower, f"averaged over {contract.name_width(nm)}")):
            panel.set_title(name, loc="left", fontsize=style.FONT, pad=2.0)
    _draw_spectrum_legend(figure, panels)
    return figure


def _add_panel(
    figure: Figure, spectra: xr.Dataset, place: tuple[float, float], ends: tuple[float, float]
) -> Axes:
    """Add axes of relevance over wavelength; the place is top and height in mm."""
    axes = style.add_axes(figure, LEFT, place[0], style.PAGE_WIDTH - LEFT - RIGHT, place[1])
    axes.set(xlim=ends, xlabel="wavelength (nm)")
    axes.yaxis.set_major_formatter(style.format_tick)
    axes.set_ylabel(f"relevance per band ({contract.get_relevance_unit(spectra)})", color=style.BLUE)
    return axes


def _keep_sure(rows: pd.DataFrame, low: str) -> pd.DataFrame:
    """Keep what is above its own noise: one sample alone has no interval, a trait goes up and down."""
    return rows[~(rows[low] <= 0)] if "magnitude" not in rows.columns else rows


def _draw_pooled(axes: Axes, spectra: xr.Dataset, table: pd.DataFrame, target: int | None) -> None:
    """Draw the pooled relevance of a class, and its largest values as bars over their boxes.

    One strong band becomes a plateau as wide as the box: the box is known, not the band in it. Without a
    target no box is named.
    """
    wavelength, count = contract.get_wavelengths(spectra), spectra.sizes["sample"]
    _draw_relevance(axes, wavelength, table["pooled_sum"], table["pooled_std"], count)
    wavelength_axis.shade_atmosphere(axes, axes.get_xlim())
    regions = table[:0] if target is None else _keep_sure(top_regions(table, target), "pooled_low")
    half = float(table["pooled_nm"].iloc[0]) / 2
    named = spectra.attrs.get(NAMED, {}).get(target)
    if named is not None:  # by the report, which asks for more
        starts = np.array([start for start, _ in named])
        boxes = np.array([_find_box(wavelength, nm, half)[0] for nm in regions["wavelength_nm"]])
        regions = regions[(np.abs(boxes[:, None] - starts) < _ROUNDING).any(axis=1)]
    ends = [_find_box(wavelength, nm, half) for nm in regions["wavelength_nm"]]
    label = "the boxes of largest pooled relevance"
    for (start, end), value in zip(ends, regions["pooled_sum"], strict=True):
        axes.plot([start, end], [value] * 2, color=style.VERMILION, linewidth=1.2, label=label, gid="region")
    regions = regions.assign(wavelength_nm=[sum(box) / 2 for box in ends])
    _name_strongest(axes, regions, "pooled_sum", [f"{start:.0f}–{end:.0f} nm" for start, end in ends])


def _find_box(wavelength: NDArray[np.float64], nm: float, half: float) -> tuple[float, float]:
    """Return the ends of the box round a wavelength in nm, within the range of the sensor."""
    return max(nm - half, float(wavelength.min())), min(nm + half, float(wavelength.max()))


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


def _write_spectrum_heading(figure: Figure, spectra: xr.Dataset, target: int) -> None:
    count, right = spectra.sizes["sample"], contract.count_right(spectra)
    one = describe_sample(spectra)  # which says whether the network gets it right
    shown = f"{count} sample{'s' if count > 1 else ''} explained for this {contract.name_output(spectra)}"
    facts = [
        *one,
        shown if right is None or one else f"{shown}, {right} of them right",
        f"each band summed over {contract.describe_window(spectra)}",
        str(spectra.attrs.get("title", "")),
        contract.describe_way(spectra),
    ]
    title = f"Relevance for {contract.get_class_name(spectra, target)}"
    style.write_heading(figure, title, facts, contract.name_class_doubt(spectra, target))


def _draw_relevance(
    axes: Axes, wavelength: NDArray[np.float64], means: pd.Series, spreads: pd.Series, count: int
) -> None:
    mean, spread = means.to_numpy(dtype=np.float64), spreads.to_numpy(dtype=np.float64)
    x, low = wavelength_axis.break_at_gaps(wavelength, mean - spread)
    _, high = wavelength_axis.break_at_gaps(wavelength, mean + spread)
    axes.axhline(0, color=style.BLACK, linewidth=0.6, zorder=1.5)
    if count > 1:  # a single sample has no spread
        label = f"± 1 standard deviation over {count} samples"
        axes.fill_between(x, low, high, color=style.SKY, alpha=0.45, linewidth=0, label=label)
        _draw_lone_spreads(axes, wavelength, mean, spread)
    name = "mean relevance" if count > 1 else "relevance (1 sample, no spread)"
    marker = "o" if wavelength.size <= MOST_MARKERS else ""
    x, y = wavelength_axis.break_at_gaps(wavelength, mean)
    axes.plot(x, y, color=style.BLUE, marker=marker, markersize=2.2, label=name, gid="relevance")
    lone = wavelength_axis.find_lone_bands(wavelength)
    axes.plot(wavelength[lone], mean[lone], "o", color=style.BLUE, markersize=2.2)
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
    right.set_ylabel(f"mean input: {contract.name_quantity(dataset)}", color=style.GREY)
    is_single = dataset.sizes["sample"] == 1
    label = "input spectrum" if is_single else "mean input ± 1 standard deviation (dashed, right axis)"
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


def _mark_strongest(axes: Axes, rows: pd.DataFrame) -> None:
    x, y = rows["wavelength_nm"].to_numpy(dtype=np.float64), rows["sum"].to_numpy(dtype=np.float64)
    count = len(rows)
    if not count:
        return
    label = f"the {count} bands of largest relevance" if count > 1 else "the band of largest relevance"
    axes.plot(x, y, "v", color=style.VERMILION, markersize=4, label=label, gid="strongest", zorder=4)
    _name_strongest(axes, rows, "sum", [f"{nm:.1f} nm" for nm in x])


def _name_strongest(axes: Axes, rows: pd.DataFrame, column: str, names: list[str]) -> None:
    """Write a name over each row, with a line down to its value."""
    if rows.empty:
        return
    rows = rows.assign(name=names).sort_values("wavelength_nm")
    x, y = rows["wavelength_nm"].to_numpy(dtype=np.float64), rows[column].to_numpy(dtype=np.float64)
    low, high = axes.get_xlim()
    nm_per_mm = (high - low) / (style.PAGE_WIDTH - LEFT - RIGHT)
    widest = max(style.text_width(name, style.FONT_SMALL) for name in names) * nm_per_mm
    places = style.spread_labels(x, widest + 2 * nm_per_mm, (low + widest / 2, high - widest / 2 - nm_per_mm))
    bottom, top = axes.get_ylim()
    roof = bottom + 0.93 * (top - bottom)
    for nm, value, place, name in zip(x, y, places, rows["name"], strict=True):
        # from the marker straight up, then across to its name
        axes.plot(
            [nm, nm, place], [value, roof - 0.06 * (top - bottom), roof], color=style.VERMILION, linewidth=0.4
        )
        axes.text(
            place, roof, name, ha="center", va="bottom", fontsize=style.FONT_SMALL, color=style.VERMILION
        )


def _draw_spectrum_legend(figure: Figure, panels: list[Axes]) -> None:
    # both panels have a mean and a spread: one entry serves both
    entries = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="lower center",
        ncols=3,
        handlelength=1.6,
        columnspacing=1.5,
    )
