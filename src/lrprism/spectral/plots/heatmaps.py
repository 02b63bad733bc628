"""Heatmaps of one sample: its picture, the sum over the bands, and the strongest bands."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lrprism.spectral.bands.pooling import POOLED, pick_peaks
from lrprism.spectral.plots import contract, style
from lrprism.spectral.plots.grid import GAP, GridPlan
from lrprism.spectral.plots.heading import Heading, break_facts
from lrprism.spectral.plots.peaks import choose_distance
from lrprism.spectral.plots.picture import colour_picture
from lrprism.spectral.plots.sample_facts import describe_sample
from lrprism.spectral.plots.scales import (
    SymmetricScale,
    describe_colours,
    describe_ends,
    draw_colour_bar,
    symmetric_scale,
)
from lrprism.spectral.plots.style import MARGIN

SHOWN: Final = 6  # bands
MOST_SHOWN: Final = 30
BARS: Final = 11.0  # mm, colour bars with their labels
BAR_LEFT: Final = (MARGIN, 45.0)  # mm, that of the sum and that of the bands


@style.use_house_style
def band_heatmaps(
    sample: xr.Dataset, *, bands: Sequence[int] | None = None, percentile: float = 99.5
) -> Figure:
    r"""Draw one sample in colour, the sum of its relevance over all bands, and its strongest bands.

    .. math:: S_{yx} = \sum_b R_{byx}, \qquad m_b = \sum_{y,x} |R_{byx}|

    Shown are the six largest peaks of ``m`` that lie apart, in order of wavelength, on one diverging scale
    centred on 0; the sum has a scale of its own. The heading says how many bands are not shown. Relevance
    that :func:`lrprism.spectral.pooled` returned is drawn with the width of its box.

    Args:
        sample: One sample of a relevance dataset, ``dataset.isel(sample=i)``: ``relevance`` and ``patch``
            ``[band, y, x]``, ``wavelength`` in nm, ``target``, ``label``, ``predicted``, ``output``.
        bands: Bands to show, 0-based, in the order wanted, 30 at most; the strongest ones if None.
        percentile: The colours end at this percentile of ``|R|`` over the bands shown; 100 clips nothing.

    Returns:
        The figure, 85 mm wide: one column.

    Raises:
        DataError: If a part is missing, several samples are given, relevance or the patch is not finite, a
            wavelength is not a positive number, bands do not exist or are too many, or the percentile is out
            of range.
    """
    contract.check_sample(sample)
    wavelength = contract.get_wavelengths(sample)
    relevance = sample["relevance"].transpose("band", "y", "x").to_numpy().astype(np.float64)
    width = float(sample["relevance"].attrs.get(POOLED, 0))
    if bands is None:
        chosen = choose_bands(relevance, wavelength, width)
    else:
        hint = "Leave bands out to see the strongest ones."
        chosen = contract.check_band_choice(bands, wavelength.size, hint, most=MOST_SHOWN)
    scales = symmetric_scale(relevance.sum(axis=0), 100), symmetric_scale(relevance[chosen], percentile)
    heading = _build_heading(sample, len(chosen), is_strongest=bands is None)
    plan = GridPlan.build(len(chosen) + 2, relevance.shape[1] / relevance.shape[2], heading.height)
    notes = _describe_scale(scales[1], is_trait=contract.is_regression(sample))
    figure = style.new_figure(style.COLUMN, plan.bottom + 2.0 + BARS + style.LINE * len(notes) + 1.5)
    heading.draw(figure)
    page = _cover_page(figure)
    _draw_picture(page, plan, sample, wavelength)
    titles = [("sum", f"all {wavelength.size} bands"), *_name_bands(sample, chosen, width)]
    panels = [(relevance.sum(axis=0), scales[0]), *((relevance[band], scales[1]) for band in chosen)]
    for index, ((values, scale), title) in enumerate(zip(panels, titles, strict=True), start=1):
        _draw_panel(page, plan, index, values, title, cmap=style.DIVERGING, norm=scale.norm)
    _draw_scales(figure, scales, plan.bottom + 2.0, contract.get_relevance_unit(sample), notes)
    return figure


def choose_bands(
    relevance: NDArray[np.float64], wavelength: NDArray[np.float64], width: float = 0.0
) -> list[int]:
    """Choose the bands of largest magnitude that lie apart, in order of wavelength.

    Args:
        relevance: ``[band, y, x]``.
        wavelength: In nm, ``[band]``.
        width: Of the box of pooled relevance in nm; 0 for relevance as computed.
    """
    magnitude = np.abs(relevance).sum(axis=(1, 2))
    peaks = pick_peaks(magnitude, wavelength, width or choose_distance(wavelength), SHOWN)
    return sorted(peaks, key=lambda band: wavelength[band])


def _name_bands(sample: xr.Dataset, chosen: list[int], width: float) -> list[tuple[str, str]]:
    """Return the two lines above each heatmap: its wavelength, and its band or the width of its box."""
    wavelength, numbers = sample["wavelength"].to_numpy(), sample["band"].to_numpy()
    if width:
        return [(f"{wavelength[band]:.0f} nm", f"± {contract.name_width(width / 2)}") for band in chosen]
    # bands have positions as numbers where the data count none
    return [(f"{wavelength[band]:.1f} nm", f"band {numbers[band]}") for band in chosen]


def _build_heading(sample: xr.Dataset, drawn: int, *, is_strongest: bool) -> Heading:
    total, unit = float(sample["relevance"].sum(dtype=np.float64)), contract.get_relevance_unit(sample)
    output = style.format_number(float(contract.get_explained_outputs(sample)))
    name = contract.get_class_name(sample, int(sample["target"]))
    value = f"{output} {unit}" if contract.is_regression(sample) else f"{unit} {output}"
    title = f"Explained {contract.name_output(sample)}: {name}, {value}"
    bands, width = sample.sizes["band"], float(sample["relevance"].attrs.get(POOLED, 0))
    shown = f"{drawn} of {bands} bands shown" if drawn < bands else ""
    facts = [
        *describe_sample(sample),
        f"total relevance {style.format_number(total)}",
        f"{shown}, the strongest that lie apart" if shown and is_strongest else shown,
        f"each band averaged over {contract.name_width(width)} of wavelength" if width else "",
        contract.describe_window(sample),
        "centre outlined" if {"row", "column"} <= set(sample.coords) else "",
        "region dashed" if "region" in sample else "",
        str(sample.attrs.get("title", "")),
        contract.describe_way(sample),
    ]
    return Heading.build(style.COLUMN, title, facts, contract.name_doubt(sample))


def _cover_page(figure: Figure) -> Axes:
    """Add axes over the whole page, in mm from its upper left corner: each further axes costs 20 ms."""
    width, height = style.measure_figure(figure)
    axes = style.add_axes(figure, 0.0, 0.0, width, height)
    axes.set_axis_off()
    axes.set(xlim=(0.0, width), ylim=(height, 0.0))
    figure.suppressComposite = True  # joined to one image, panels would be blurred in the SVG
    return axes


def _draw_panel(
    page: Axes, plan: GridPlan, index: int, values: NDArray[np.float64], title: tuple[str, str], **look: Any
) -> None:
    """Draw pixels in the place of a panel, its frame, and two lines above it."""
    (left, top), (width, height) = plan.corner(index), plan.panel
    extent = (left, left + width, top + height, top)
    page.imshow(values, extent=extent, aspect="auto", interpolation="nearest", **look)
    frame: dict[str, Any] = {"fill": False, "edgecolor": style.GREY, "linewidth": 0.4}
    page.add_patch(Rectangle((left, top), width, height, **frame))
    for number, line in enumerate(title):
        place = top - GAP - style.LINE * (1 - number)
        page.text(left + width / 2, place, line, ha="center", va="bottom", fontsize=style.FONT_SMALL)


def _draw_picture(page: Axes, plan: GridPlan, sample: xr.Dataset, wavelength: NDArray[np.float64]) -> None:
    values = sample["patch"].transpose("band", "y", "x").to_numpy().astype(np.float64)
    picture = colour_picture(values, wavelength, joint=contract.is_reflectance(sample))
    kind, _, places = picture.title.removesuffix(" nm").rpartition(" ")
    _draw_panel(page, plan, 0, picture.values, (kind, f"{places} nm"))
    (left, top), (rows, columns) = plan.corner(0), values.shape[1:]
    pixel = plan.panel[0] / columns, plan.panel[1] / rows
    if "region" in sample:
        region = sample["region"].transpose("y", "x").to_numpy()
        _outline_region(page, region, (left, top), pixel)
    if {"row", "column"} <= set(sample.coords):
        corner = left + columns // 2 * pixel[0], top + rows // 2 * pixel[1]
        for colour, line in (("white", 1.6), ("black", 0.7)):  # seen on bright and on dark pixels
            page.add_patch(Rectangle(corner, *pixel, fill=False, edgecolor=colour, linewidth=line))


def _outline_region(
    page: Axes, region: NDArray[np.bool_], corner: tuple[float, float], pixel: tuple[float, float]
) -> None:
    """Draw the border of the region whose class is explained, where it does not fill the window."""
    if region.any() and not region.all():
        # ten values for each pixel: a contour of one for each would cut its corners
        fine = np.kron(region, np.ones((10, 10)))
        x = corner[0] + (np.arange(fine.shape[1]) + 0.5) / 10 * pixel[0]
        y = corner[1] + (np.arange(fine.shape[0]) + 0.5) / 10 * pixel[1]
        for colour, line in (("white", 1.6), ("black", 0.8)):
            page.contour(x, y, fine, [0.5], colors=colour, linewidths=line, linestyles="--")


def _describe_scale(bands: SymmetricScale, *, is_trait: bool) -> list[str]:
    ends = f"bands: {describe_ends(bands)}" if bands.clipped else ""
    facts = [describe_colours(is_trait=is_trait), ends]
    return break_facts([fact for fact in facts if fact], style.COLUMN - 2 * MARGIN)


def _draw_scales(
    figure: Figure, scales: tuple[SymmetricScale, SymmetricScale], top: float, unit: str, notes: list[str]
) -> None:
    """Draw both colour bars side by side, and the notes on them below."""
    for scale, left, name in zip(scales, BAR_LEFT, ("sum", "bands"), strict=True):
        draw_colour_bar(figure, scale, (left, top), f"{name} ({unit})")
    for number, note in enumerate(notes):
        place = top + BARS + number * style.LINE
        style.write(figure, MARGIN, place, note, size=style.FONT_SMALL, colour=style.GREY)
