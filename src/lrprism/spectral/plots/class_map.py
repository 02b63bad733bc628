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
SCALE: Final = 12.0 + BAR_HEIGHT  # mm, wavelength axis and colour bar below the map


@style.use_house_style
def class_spectra(dataset: xr.Dataset, *, normalise: bool = False) -> Figure:
    r"""Draw the mean relevance of every band for every explained class.

    .. math:: \bar r_{cb} = \frac{1}{S_c} \sum_{s: t_s = c} \sum_{y,x} R_{sbyx}, \quad
              \text{normalised: } \bar r_{cb} / \max_{b'} |\bar r_{cb'}|

    One diverging scale centred on 0; the class names carry the number of samples, and how many of them the
    network gets right. A dot marks the band of the
    largest relevance in each class. Gaps of the sensor stay empty. Where the dataset states a width W
    (``resolution_nm``), a second map has the relevance averaged over a box of W, on a scale of its own.

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
    maps = _average_groups(groups, contract.get_pooled_width(spectra), normalise=normalise)
    wavelength = contract.get_wavelengths(dataset)
    names = [
        f"{contract.get_class_name(dataset, target)} ({_count(group)})"
        for target, group in zip(classes, groups, strict=True)
    ]
    figure, panels = _lay_out(names, wavelength, len(maps))
    unit = contract.get_relevance_unit(spectra)
    label = "relevance / largest |R| of the class" if normalise else f"mean relevance per band ({unit})"
    bottom = style.measure_figure(figure)[1] - BAR_HEIGHT
    for at, (axes, (name, means)) in enumerate(zip(panels, maps.items(), strict=True)):
        scale = symmetric_scale(means)
        _draw_map(axes, means, wavelength, scale)
        left = BARS[len(maps) - 1][at]
        draw_colour_bar(
            figure, scale, (left, bottom), f"{name} ({unit})" if len(maps) > 1 and not normalise else label
        )
        axes.set_title(name if len(maps) > 1 else "", loc="left", fontsize=style.FONT, pad=2.0)
    _write_classes_heading(figure, spectra, len(classes), normalise=normalise)
    return figure


def _count(group: xr.Dataset) -> str:
    """Return the number of samples in words: "11 of 35 right", or "35" where no classes are known."""
    right, count = contract.count_right(group), group.sizes["sample"]
    return str(count) if right is None else f"{right} of {count} right"


def _average_groups(
    groups: list[xr.Dataset], width: float, *, normalise: bool
) -> dict[str, NDArray[np.float64]]:
    """Return the mean spectrum of each class, ``[class, band]``: as computed and, with a width, pooled."""
    spectra = {"as computed": [group["positive"] + group["negative"] for group in groups]}
    if width:
        spectra[f"averaged over {contract.name_width(width)}"] = [group["pooled"] for group in groups]
    maps = {}
    for name, samples in spectra.items():
        means = np.stack([values.to_numpy().mean(axis=0) for values in samples])
        if normalise:
            # a class without any relevance stays 0
            means /= np.maximum(np.abs(means).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        maps[name] = means
    return maps


def _lay_out(names: list[str], wavelength: NDArray[np.float64], maps: int) -> tuple[Figure, list[Axes]]:
    ends = wavelength_axis.choose_limits(wavelength)
    strip = wavelength_axis.measure_strip(wavelength_axis.find_features(ends))
    names_width = max(18.0, *(style.text_width(name, style.FONT_SMALL) + 3.0 for name in names))
    start = MARGIN + names_width
    width = style.PAGE_WIDTH - start - MARGIN - 2.0
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
    axes: Axes, means: NDArray[np.float64], wavelength: NDArray[np.float64], scale: SymmetricScale
) -> None:
    rows = np.arange(len(means) + 1) - 0.5
    axes.set_facecolor(wavelength_axis.ATMOSPHERE)  # where the sensor has no band
    for bands, edges in wavelength_axis.find_cell_edges(wavelength):
        axes.pcolormesh(edges, rows, means[:, bands], cmap=style.DIVERGING, norm=scale.norm, rasterized=True)
    axes.set_ylim(len(means) - 0.5, -0.5)
    strongest = wavelength[means.argmax(axis=1)]
    axes.plot(
        strongest,
        np.arange(len(means)),
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
        "dot: the band of largest relevance\ngrey ground: no band",
        size=style.FONT_TINY + 0.5,
        colour=style.GREY,
    )
