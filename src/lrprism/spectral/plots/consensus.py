"""Shares of bands in the relevance over several networks, with intervals and exchangeable groups."""

import functools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.knowledge.absorption import FEATURES, Feature
from lrprism.spectral.plots import style, wavelength_axis
from lrprism.spectral.plots.heading import Heading, break_text
from lrprism.spectral.plots.legend import draw_legend, measure_legend

COLUMNS: Final = (
    "class",
    "class_name",
    "wavelength_nm",
    "group",
    "mean",
    "low",
    "high",
    "least",
    "most",
    "n",
)
GROUP_COLUMNS: Final = ("class", "group", "size", "use")
USE_COLOURS: Final = {"every": style.GREEN, "some": style.ORANGE}
GROUP_COLOURS: Final = (style.BLUE, style.VERMILION, style.PINK, style.SKY, style.GREY)

RANGE: Final = "#A5D3F0"
"""A pale blue, that no eye takes for the grey of the air, beside the darker one of the interval."""

LEFT: Final = 17.0  # mm, the left axis with its label
LANE: Final = 3.0  # mm, the exchangeable groups
PANEL: Final = 30.0  # mm, height of a class
AXIS: Final = 10.0  # mm, the wavelength axis with its label
LEGEND: Final = 4  # entries side by side
MOST: Final = 5
"""Classes on a page."""
_ROOM: Final = 0.12  # of a panel, below all curves, for the marks of use


def share_intervals(
    bands: pd.DataFrame, groups: pd.DataFrame, way: str = "", known: Sequence[Feature] = FEATURES
) -> list[Figure]:
    """Draw the share of each band in the relevance of several networks, a panel per class, 5 on a page.

    The line is the mean, the dark area its 95 % interval, the light one the range of the networks; the dashed
    line is the fair share, which all bands would have if they had the same. Marks below are bands that every
    network uses, or some do. The lane above has a mark for each band that others can stand for, in one colour
    where they can for each other; next to each other groups differ in colour.

    Args:
        bands: A row per class and band with the columns of :data:`COLUMNS`; shares from 0 to 1. ``reason``
            says why a class is not to be read, where there is one.
        groups: A row per class and group with the columns of :data:`GROUP_COLUMNS`.
        way: The rules and the reference, for the heading.
        known: The absorption features that the data can show; those of the air are shaded.

    Returns:
        The pages, 180 mm wide: two columns.

    Raises:
        DataError: If a column is missing, or there is no band.
    """
    _check_table(bands, COLUMNS)
    _check_table(groups, GROUP_COLUMNS)
    classes = bands["class"].unique().tolist()
    pages = [classes[start : start + MOST] for start in range(0, len(classes), MOST)]
    return [
        _draw_page(bands[bands["class"].isin(page)], groups, (way, f"page {number} of {len(pages)}"), known)
        for number, page in enumerate(pages, start=1)
    ]


@style.use_house_style
def _draw_page(
    bands: pd.DataFrame, groups: pd.DataFrame, words: tuple[str, str], known: Sequence[Feature]
) -> Figure:
    way, page = words
    classes = bands["class"].unique().tolist()
    facts = [f"{int(bands['n'].iloc[0])} networks", "share of each band in the relevance of its class", way]
    facts += [] if page.endswith("of 1") else [page]
    heading = Heading.build(style.PAGE_WIDTH, "Bands that networks agree on", facts)
    names = {index: _name_class(bands[bands["class"] == index]) for index in classes}
    heights = {index: style.LINE * len(lines) + 2.0 + PANEL for index, lines in names.items()}
    height = heading.height + LANE + sum(heights.values()) + AXIS + measure_legend(7, LEGEND)
    figure = style.new_figure(style.PAGE_WIDTH, height)
    heading.draw(figure)
    width = style.PAGE_WIDTH - LEFT - style.MARGIN
    first = bands[bands["class"] == classes[0]]
    ends = wavelength_axis.choose_limits(first["wavelength_nm"].to_numpy(np.float64))
    _draw_groups(style.add_axes(figure, LEFT, heading.height, width, LANE), first, ends)
    panels, bottom = [], heading.height + LANE
    for index, lines in names.items():
        bottom += heights[index]
        axes = style.add_axes(figure, LEFT, bottom - PANEL, width, PANEL)
        _draw_class(axes, bands[bands["class"] == index], groups[groups["class"] == index], ends)
        wavelength_axis.shade_atmosphere(axes, ends, known)
        colour = style.RED if len(lines) > 1 else style.BLACK
        axes.set_title("\n".join(lines), loc="left", fontsize=style.FONT_SMALL, pad=2.0, color=colour)
        axes.tick_params(labelbottom=index == classes[-1])
        panels.append(axes)
    panels[-1].set_xlabel("wavelength (nm)")
    draw_legend(figure, panels, LEGEND)
    return figure


def _name_class(rows: pd.DataFrame) -> list[str]:
    """Return the name of a class and, below it, why it is not to be read, where there is a reason."""
    reason = str(rows["reason"].iloc[0]) if "reason" in rows.columns else ""
    room = style.PAGE_WIDTH - LEFT - style.MARGIN
    told = break_text(f"do not read: {reason}", room, style.FONT_SMALL) if reason else []
    return [str(rows["class_name"].iloc[0]), *told]


def _draw_groups(axes: Axes, rows: pd.DataFrame, ends: tuple[float, float]) -> None:
    """Draw a mark per band that is in a group of several; a group begins with the next colour."""
    axes.set(xlim=ends, ylim=(0, 1))
    axes.axis("off")
    sizes = rows.groupby("group")["group"].transform("size").to_numpy()
    several = rows[sizes > 1].sort_values("wavelength_nm")
    colours = {group: number for number, group in enumerate(several["group"].unique())}
    for group, number in colours.items():
        nm = several.loc[several["group"] == group, "wavelength_nm"].to_numpy(np.float64)
        colour = GROUP_COLOURS[number % len(GROUP_COLOURS)]
        axes.plot(nm, np.full(len(nm), 0.5), "|", color=colour, markersize=5, markeredgewidth=1.1)
    note = functools.partial(axes.annotate, va="center", fontsize=style.FONT_SMALL, color=style.GREY)
    place: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (-3, 0), "textcoords": "offset points"}
    note("exchangeable", (0, 0.5), ha="right", **place)
    if several.empty:
        note("no band can stand for another", (0, 0.5), xycoords="axes fraction")


def _draw_class(axes: Axes, rows: pd.DataFrame, groups: pd.DataFrame, ends: tuple[float, float]) -> None:
    wavelength = rows["wavelength_nm"].to_numpy(np.float64)
    columns = ("mean", "low", "high", "least", "most")
    values = {name: 100 * rows[name].to_numpy(np.float64) for name in columns}
    x = wavelength_axis.break_at_gaps(wavelength, wavelength)[0]
    mean, low, high, least, most = (
        wavelength_axis.break_at_gaps(wavelength, values[name])[1] for name in columns
    )
    # not grey, which is the air's; of few networks the interval is wider than their range
    is_wide = np.nansum(high - low) > np.nansum(most - least)
    look: dict[str, Any] = {"linewidth": 0, "zorder": 1.2 if is_wide else 1.0}
    axes.fill_between(x, least, most, color=RANGE, label="range of the networks", **look)
    look["zorder"] = 1.1
    axes.fill_between(x, low, high, color=style.SKY, label="95 % interval", **look)
    axes.plot(x, mean, color=style.BLUE, linewidth=0.8, label="mean share", gid="share")
    # a line and areas show nothing of a band between two gaps
    lone = wavelength_axis.find_lone_bands(wavelength)
    axes.vlines(wavelength[lone], values["least"][lone], values["most"][lone], color=RANGE, linewidth=2.5)
    axes.plot(wavelength[lone], values["mean"][lone], "o", color=style.BLUE, markersize=1.8)
    axes.axhline(100 / len(rows), color=style.BLACK, linewidth=0.6, linestyle=(0, (4, 2)), label="fair share")
    # an interval may reach below zero
    low_end = min(0.0, *(float(values[name].min()) for name in ("low", "least")))
    high_end = max(100 / len(rows), *(float(values[name].max()) for name in ("high", "most")))
    room = _ROOM * (high_end - low_end)
    axes.set(xlim=ends, ylim=(low_end - room, high_end + room / 2), ylabel="share (%)")
    axes.yaxis.set_major_formatter(style.format_tick)
    _mark_uses(axes, wavelength, rows["group"].to_numpy(), groups, low_end - room / 2)


def _mark_uses(
    axes: Axes, wavelength: NDArray[np.float64], group: NDArray[np.int64], groups: pd.DataFrame, level: float
) -> None:
    """Mark the bands of groups that every network uses, or some do."""
    for use, colour in USE_COLOURS.items():
        nm = wavelength[np.isin(group, groups.loc[groups["use"] == use, "group"])]
        if len(nm):
            label = f"{use} network uses it" if use == "every" else "some networks use it"
            axes.plot(nm, np.full(len(nm), level), "|", color=colour, markersize=3.2, label=label, gid=use)


def _check_table(table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [name for name in columns if name not in table.columns]
    if missing or table.empty:
        raise DataError(
            f"a table of shares should hold {', '.join(columns)} and a row. Found no "
            f"{', '.join(missing) or 'row'}. Pass the shares.csv and groups.csv of lrprism bands."
        )
