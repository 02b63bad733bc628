"""Relevance over wavelength for all explained classes at once: class x wavelength, in colour."""

from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.spectral.plots import contract, style, wavelength_axis
from lrprism.spectral.plots.scales import SymmetricScale, draw_colour_bar, symmetric_scale
from lrprism.spectral.plots.style import MARGIN

HEADING: Final = 13.0  # mm
ROW: Final = 4.4  # mm, height of a class
BETWEEN: Final = 12.0  # mm, from a map with its axis to the next one, with its name
BAR_HEIGHT: Final = 25.0  # mm, colour bar with its notes
BARS: Final = ((85.0,), (60.0, 115.0))  # mm, left edge of each colour bar, of one map and of two
PERCENTILE: Final = 99.5  # of |R|, where the colours of one scale for all classes end
SCALE: Final = 12.0 + BAR_HEIGHT  # mm, wavelength axis and colour bar below the map


@style.use_house_style
def class_spectra(dataset: xr.Dataset, *, normalise: bool = False) -> Figure:
    r"""Draw the mean relevance of every band for every explained class.

    .. math:: \bar r_{cb} = \frac{1}{S_c} \sum_{s: t_s = c} \sum_{y,x} R_{sbyx}, \quad
              \text{normalised: } \bar r_{cb} / \max_{b'} |\bar r_{cb'}|

    One diverging scale centred on 0; the class names carry the number of samples, and how many of them the
    network gets right. Right of each row stands the largest magnitude of its class, so that a class of little
    relevance is not taken for a strong one. A dot marks the band of the largest relevance in each class.
    Gaps of the sensor stay empty. Where the dataset states a width W (``resolution_nm``), a second map has
    the relevance averaged over a box of W, on a scale of its own.

    Args:
        dataset: A relevance dataset, as for :func:`lrprism.spectral.plots.relevance_spectrum`.
        normalise: Divide every class by its largest magnitude, so that weak classes show their shape.

    Returns:
        The figure, 170 mm wide.

    Raises:
        DataError: If a part is missing or not finite, or a wavelength is not a positive number.
    """
    spectra = contract.prepare_spectra(dataset)
    classes = [int(target) for target in np.unique(spectra["target"].to_numpy())]
    groups = [spectra.isel(sample=np.flatnonzero(spectra["target"] == target)) for target in classes]
    maps = _average_groups(groups, contract.get_pooled_width(spectra))
    wavelength = contract.get_wavelengths(dataset)
    names = [
        f"{contract.get_class_name(dataset, target)} ({_count(group)})"
        for target, group in zip(classes, groups, strict=True)
    ]
    peaks = {name: np.abs(means).max(axis=1) for name, means in maps.items()}
    figure, panels = _lay_out(names, wavelength, list(peaks.values()))
    unit = contract.get_relevance_unit(spectra)
    bars = {}
    for axes, (name, means) in zip(panels, maps.items(), strict=True):
        # a class without any relevance stays 0
        divisor = np.maximum(peaks[name], np.finfo(np.float64).tiny)[:, None] if normalise else 1.0
        scale = symmetric_scale(means / divisor, 100 if normalise else PERCENTILE)
        is_named = [not contract.name_class_doubt(spectra, target) for target in classes]
        _draw_map(axes, means / divisor, wavelength, scale, np.array(is_named))
        _write_peaks(axes, peaks[name])
        axes.set_title(name if len(maps) > 1 else "", loc="left", fontsize=style.FONT, pad=2.0)
        label = f"{name} ({unit})" if len(maps) > 1 else f"mean relevance per band ({unit})"
        bars["relevance / largest |R| of the class" if normalise else label] = scale
    _draw_bars(figure, bars)
    _write_classes_heading(figure, spectra, len(classes), normalise=normalise)
    return figure


def _draw_bars(figure: Figure, bars: dict[str, SymmetricScale]) -> None:
    """Draw a colour bar for each scale; normalised maps share one."""
    bottom = style.measure_figure(figure)[1] - BAR_HEIGHT
    for left, (label, scale) in zip(BARS[len(bars) - 1], bars.items(), strict=True):
        draw_colour_bar(figure, scale, (left, bottom), label)


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


def _count(group: xr.Dataset) -> str:
    """Return the number of samples in words: "11 of 35 right", or "35" where no classes are known."""
    right, count = contract.count_right(group), group.sizes["sample"]
    return str(count) if right is None else f"{right} of {count} right"


def _average_groups(groups: list[xr.Dataset], width: float) -> dict[str, NDArray[np.float64]]:
    """Return the mean spectrum of each class, ``[class, band]``: as computed and, with a width, pooled."""
    spectra = {"as computed": [group["positive"] + group["negative"] for group in groups]}
    if width:
        spectra[f"averaged over {contract.name_width(width)}"] = [group["pooled"] for group in groups]
    return {
        name: np.stack([values.to_numpy().mean(axis=0) for values in samples])
        for name, samples in spectra.items()
    }


def _lay_out(
    names: list[str], wavelength: NDArray[np.float64], peaks: list[NDArray[np.float64]]
) -> tuple[Figure, list[Axes]]:
    ends = wavelength_axis.choose_limits(wavelength)
    strip = wavelength_axis.measure_strip(wavelength_axis.find_features(ends))
    names_width = max(18.0, *(style.text_width(name, style.FONT_SMALL) + 3.0 for name in names))
    numbers = [style.format_number(float(peak)) for row in peaks for peak in row]
    numbers_width = max(style.text_width(number, style.FONT_SMALL) for number in numbers) + 1.0
    start, maps = MARGIN + names_width, len(peaks)
    width = style.PAGE_WIDTH - start - MARGIN - numbers_width
    height = max(len(names) * ROW, 12.0)
    top = HEADING + strip + (1.0 if maps == 1 else 4.0)
    figure = style.new_figure(style.PAGE_WIDTH, top + maps * height + (maps - 1) * BETWEEN + SCALE)
    wavelength_axis.draw_feature_strip(figure, (start, HEADING), width, ends)
    panels = []
    for number in range(maps):
        axes = style.add_axes(figure, start, top + number * (height + BETWEEN), width, height)
        axes.set(xlim=ends, ylim=(len(names) - 0.5, -0.5))
        axes.set_yticks(range(len(names)), names)
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
    rows = np.arange(len(means) + 1) - 0.5
    axes.set_facecolor(wavelength_axis.ATMOSPHERE)  # where the sensor has no band
    for bands, edges in wavelength_axis.find_cell_edges(wavelength):
        axes.pcolormesh(edges, rows, means[:, bands], cmap=style.DIVERGING, norm=scale.norm, rasterized=True)
    axes.set_ylim(len(means) - 0.5, -0.5)
    strongest = wavelength[means.argmax(axis=1)]
    axes.plot(
        strongest[is_named],
        np.flatnonzero(is_named),
        "o",
        color=style.BLACK,
        markeredgecolor="white",
        markeredgewidth=0.5,
        markersize=3,
        gid="strongest",
        clip_on=False,
    )
    for row in rows[1:-1]:
        axes.axhline(row, color="white", linewidth=0.6)


def _write_classes_heading(figure: Figure, dataset: xr.Dataset, count: int, *, normalise: bool) -> None:
    title = f"Relevance of {count} explained class{'es' if count > 1 else ''}"
    facts = [
        "mean over samples (their number in brackets)",
        f"each band summed over {contract.describe_window(dataset)}",
        "each class on its own scale" if normalise else "one scale for all classes",
        str(dataset.attrs.get("title", "")),
        contract.describe_way(dataset),
    ]
    style.write_heading(figure, title, facts, contract.name_doubt(dataset))
    bottom = style.measure_figure(figure)[1] - BAR_HEIGHT
    style.write(
        figure,
        MARGIN,
        bottom,
        "dot: the band of largest relevance\nno dot: no bands are named\ngrey ground: no band\n"
        f"right of the rows: largest |R| of the class ({contract.get_relevance_unit(dataset)})",
        size=style.FONT_TINY + 0.5,
        colour=style.GREY,
    )
