"""One heatmap of relevance per band, with the patch in colour beside them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lrprism.spectral.bands.pooling import POOLED
from lrprism.spectral.plots import contract, style
from lrprism.spectral.plots.grid import HEADING, SIDE, STRIP, GridPlan, plan_grid
from lrprism.spectral.plots.picture import colour_picture
from lrprism.spectral.plots.sample_facts import describe_sample
from lrprism.spectral.plots.scales import SymmetricScale, draw_colour_bar, symmetric_scale
from lrprism.spectral.plots.style import MARGIN


@style.use_house_style
def band_heatmaps(
    sample: xr.Dataset, *, bands: Sequence[int] | None = None, percentile: float = 99.5
) -> Figure:
    """Draw one heatmap of relevance per band of one sample, and the patch in colour.

    All heatmaps share one diverging scale centred on 0. Beside them are the patch as a colour picture and
    the colour bar; above them the explained class, its output and the total relevance. Relevance that
    :func:`lrprism.spectral.pooled` returned is drawn with the width of its box.

    Args:
        sample: One sample of a relevance dataset, ``dataset.isel(sample=i)``: ``relevance`` and ``patch``
            ``[band, y, x]``, ``wavelength`` in nm, ``target``, ``label``, ``predicted``, ``output``.
        bands: Bands to show, 0-based, in the order wanted; all of them if None.
        percentile: The colours end at this percentile of ``|R|`` over the bands shown; 100 clips nothing.

    Returns:
        The figure, 130 to 170 mm wide (wider where more than about 200 titles would not fit).

    Raises:
        DataError: If a part is missing, several samples are given, relevance or the patch is not finite, a
            wavelength is not a positive number, or a band or the percentile is out of range.
    """
    contract.check_sample(sample)
    wavelength = contract.get_wavelengths(sample)
    chosen = list(range(wavelength.size))
    if bands is not None:
        chosen = contract.check_band_choice(bands, wavelength.size, "Leave bands out to see all of them.")
    relevance = sample["relevance"].transpose("band", "y", "x").to_numpy()
    scale = symmetric_scale(relevance[chosen], percentile)
    width = float(sample["relevance"].attrs.get(POOLED, 0))
    titles = [f"{wavelength[band]:.{0 if width else 1}f} nm" for band in chosen]
    plan = plan_grid(len(chosen), relevance.shape[1] / relevance.shape[2], max(titles, key=len))
    figure = style.new_figure(plan.width, plan.height)
    _write_sample_heading(figure, sample, drawn=len(chosen))
    _draw_side(figure, sample, plan, wavelength, scale)
    numbers = sample["band"].to_numpy()  # positions where the data count none
    half = f"± {contract.name_width(width / 2)}" if width else ""
    _draw_panels(
        *(figure, plan, relevance[chosen], scale),
        *(titles, [half or f"band {number}" for number in numbers[chosen]]),
    )
    return figure


def _write_sample_heading(figure: Figure, sample: xr.Dataset, drawn: int) -> None:
    total, unit = float(sample["relevance"].sum(dtype=np.float64)), contract.get_relevance_unit(sample)
    output = style.format_number(contract.get_explained_output(sample))
    name = contract.get_class_name(sample, int(sample["target"]))
    value = f"{output} {unit}" if contract.is_regression(sample) else f"{unit} {output}"
    title = (
        f"Explained {contract.name_output(sample)}: {name}, {value}, "
        f"total relevance {style.format_number(total)}"
    )
    bands, width = sample.sizes["band"], float(sample["relevance"].attrs.get(POOLED, 0))
    facts = [
        *describe_sample(sample),
        str(sample.attrs.get("title", "")),
        contract.describe_way(sample),
        f"each band averaged over {contract.name_width(width)} of wavelength" if width else "",
        f"{drawn} of {bands} bands shown, total over all" if drawn < bands else "",
    ]
    style.write_heading(figure, title, facts, contract.name_doubt(sample))


def _draw_side(
    figure: Figure, sample: xr.Dataset, plan: GridPlan, wavelength: NDArray[np.float64], scale: SymmetricScale
) -> None:
    top, side = HEADING + 4.5, SIDE if plan.beside else STRIP - 13.0
    _draw_picture(figure, sample, wavelength, (MARGIN, top, side))
    corner = (MARGIN, top + side + 8.0) if plan.beside else (MARGIN + side + 12.0, top + 4.0)
    label, is_trait = f"relevance ({contract.get_relevance_unit(sample)})", contract.is_regression(sample)
    draw_colour_bar(figure, scale, corner, label, is_trait=is_trait)


def _draw_picture(
    figure: Figure, sample: xr.Dataset, wavelength: NDArray[np.float64], box: tuple[float, float, float]
) -> None:
    edge, top, side = box
    values = sample["patch"].transpose("band", "y", "x").to_numpy().astype(np.float64)
    picture = colour_picture(values, wavelength)
    axes = style.add_axes(figure, edge, top, side, side)
    axes.imshow(picture.values, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, linewidth=0.4, edgecolor=style.GREY)
    fitting = style.FONT * side / style.text_width(picture.title, style.FONT)
    axes.set_title(picture.title, fontsize=min(style.FONT, fitting), pad=2.5)
    place = contract.describe_window(sample)
    if "region" in sample:
        _outline_region(axes, sample["region"].transpose("y", "x").to_numpy())
    if {"row", "column"} <= set(sample.coords):
        where = f" in {sample['scene'].item()}" if "scene" in sample.coords else ""
        place += f", centre {int(sample['row'])}, {int(sample['column'])}{where}\n(row, column; outlined)"
        place += ", region dashed" if "region" in sample else ""
        height, width = values.shape[1:]
        for colour, line in (("white", 2.0), ("black", 0.8)):  # seen on bright and on dark pixels
            corner = (width // 2 - 0.5, height // 2 - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=colour, linewidth=line))
    style.write(figure, edge, top + side + 1.0, place, size=style.FONT_TINY + 0.5, colour=style.GREY)


def _outline_region(axes: Axes, region: NDArray[np.bool_]) -> None:
    """Draw the border of the region whose class is explained, where it does not fill the window."""
    if region.any() and not region.all():
        # ten values for each pixel: a contour of one for each would cut its corners
        fine = np.kron(region, np.ones((10, 10)))
        y, x = ((np.arange(length) + 0.5) / 10 - 0.5 for length in fine.shape)
        for colour, line in (("white", 1.6), ("black", 0.8)):
            axes.contour(x, y, fine, [0.5], colors=colour, linewidths=line, linestyles="--")


def _draw_panels(
    figure: Figure,
    plan: GridPlan,
    panels: NDArray[np.floating],
    scale: SymmetricScale,
    titles: Sequence[str],
    notes: Sequence[str],
) -> None:
    """Draw heatmaps with two lines above each, ``[panel, y, x]``.

    All lie on one pair of axes, in mm of the page: axes for each of a hundred panels take four times as long.
    """
    axes = style.add_axes(figure, 0.0, 0.0, plan.width, plan.height)
    axes.set_axis_off()
    axes.set(xlim=(0.0, plan.width), ylim=(plan.height, 0.0))
    figure.suppressComposite = True  # joined to one image, panels would be blurred in the SVG
    width, height = plan.panel
    frames = []
    for index, (values, title, note) in enumerate(zip(panels, titles, notes, strict=True)):
        left, top = plan.corner(index)
        look: dict[str, Any] = {"cmap": style.DIVERGING, "norm": scale.norm, "interpolation": "nearest"}
        axes.imshow(values, extent=(left, left + width, top + height, top), aspect="auto", **look)
        frames.append(Rectangle((left, top), width, height))
        _write_above(axes, left + width / 2, top, title, note, plan.font)
    axes.add_collection(
        PatchCollection(frames, facecolor="none", edgecolor=style.GREY, linewidth=0.3), autolim=False
    )


def _write_above(axes: Axes, x: float, top: float, title: str, note: str, size: float) -> None:
    above = top - (1.5 + 1.1 * size) * style.MM_PER_POINT
    axes.text(x, above, title, fontsize=size, ha="center", va="baseline")
    below = top - 1.5 * style.MM_PER_POINT
    axes.text(x, below, note, fontsize=0.72 * size, color=style.GREY, ha="center", va="bottom")
