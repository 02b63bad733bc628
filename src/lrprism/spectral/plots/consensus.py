"""Shares of bands in the relevance over several networks, with intervals and exchangeable groups."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.plots import style, wavelength_axis

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

RANGE: Final = "#CBE6F6"
"""A pale blue: the area of the interval lies over it."""

LEFT: Final = 17.0  # mm, the left axis with its label
HEADING: Final = 13.0  # mm
LANE: Final = 3.0  # mm, the exchangeable groups
PANEL: Final = 30.0  # mm, height of a class
NAME: Final = 5.0  # mm, the name of a class
FOOT: Final = 19.0  # mm, the wavelength axis and the legend
MOST: Final = 5
"""Classes on a page."""
_ROOM: Final = 0.12  # of a panel, below zero, for the marks of use


def share_intervals(bands: pd.DataFrame, groups: pd.DataFrame, way: str = "") -> list[Figure]:
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

    Returns:
        The pages, 170 mm wide.

    Raises:
        DataError: If a column is missing, or there is no band.
    """
    _check_table(bands, COLUMNS)
    _check_table(groups, GROUP_COLUMNS)
    classes = bands["class"].unique().tolist()
    pages = [classes[start : start + MOST] for start in range(0, len(classes), MOST)]
    return [
        _draw_page(bands[bands["class"].isin(page)], groups, way, f"page {number + 1} of {len(pages)}")
        for number, page in enumerate(pages)
    ]


@style.use_house_style
def _draw_page(bands: pd.DataFrame, groups: pd.DataFrame, way: str, page: str) -> Figure:
    classes = bands["class"].unique().tolist()
    height = HEADING + LANE + len(classes) * (NAME + PANEL) + FOOT
    figure = style.new_figure(style.PAGE_WIDTH, height)
    facts = [f"{int(bands['n'].iloc[0])} networks", "share of each band in the relevance of its class", way]
    style.write_heading(
        figure, "Bands that networks agree on", [*facts, "" if page.endswith("of 1") else page]
    )
    width = style.PAGE_WIDTH - LEFT - style.MARGIN
    first = bands[bands["class"] == classes[0]]
    ends = wavelength_axis.choose_limits(first["wavelength_nm"].to_numpy(np.float64))
    _draw_groups(style.add_axes(figure, LEFT, HEADING, width, LANE), first, ends)
    panels = []
    for number, index in enumerate(classes):
        top = HEADING + LANE + NAME + number * (NAME + PANEL)
        axes = style.add_axes(figure, LEFT, top, width, PANEL)
        _draw_class(axes, bands[bands["class"] == index], groups[groups["class"] == index], ends)
        axes.tick_params(labelbottom=number == len(classes) - 1)
        panels.append(axes)
    panels[-1].set_xlabel("wavelength (nm)")
    # every panel has the same curves: one entry serves all
    entries = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(entries.values()), list(entries), loc="lower center", ncols=4, handlelength=1.6)
    return figure


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
    words = "exchange-\nable" if len(several) else "none ex-\nchangeable"
    axes.annotate(
        words,
        (0, 0.5),
        xycoords="axes fraction",
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=style.FONT_TINY,
        color=style.GREY,
    )


def _draw_class(axes: Axes, rows: pd.DataFrame, groups: pd.DataFrame, ends: tuple[float, float]) -> None:
    wavelength = rows["wavelength_nm"].to_numpy(np.float64)
    columns = ("mean", "low", "high", "least", "most")
    values = {name: 100 * rows[name].to_numpy(np.float64) for name in columns}
    x = wavelength_axis.break_at_gaps(wavelength, wavelength)[0]
    mean, low, high, least, most = (
        wavelength_axis.break_at_gaps(wavelength, values[name])[1] for name in columns
    )
    # not grey, which is the air's
    axes.fill_between(x, least, most, color=RANGE, linewidth=0, label="range of the networks")
    axes.fill_between(
        x, low, high, color=style.SKY, alpha=0.8, linewidth=0, label="95 % interval of the mean"
    )
    axes.plot(x, mean, color=style.BLUE, linewidth=0.8, label="mean share", gid="share")
    # a line and areas show nothing of a band between two gaps
    lone = wavelength_axis.find_lone_bands(wavelength)
    axes.vlines(wavelength[lone], values["least"][lone], values["most"][lone], color=RANGE, linewidth=2.5)
    axes.plot(wavelength[lone], values["mean"][lone], "o", color=style.BLUE, markersize=1.8)
    axes.axhline(100 / len(rows), color=style.BLACK, linewidth=0.6, linestyle=(0, (4, 2)), label="fair share")
    roof = max(float(values["most"].max()), 100 / len(rows)) * 1.05
    axes.set(xlim=ends, ylim=(-_ROOM * roof, roof), ylabel="share (%)")
    axes.yaxis.set_major_formatter(style.format_tick)
    wavelength_axis.shade_atmosphere(axes, ends)
    _mark_uses(axes, wavelength, rows["group"].to_numpy(), groups, -_ROOM / 2 * roof)
    reason = str(rows["reason"].iloc[0]) if "reason" in rows.columns else ""
    name = str(rows["class_name"].iloc[0])
    title, colour = (f"{name}: do not read, {reason}", style.VERMILION) if reason else (name, style.BLACK)
    axes.set_title(title, loc="left", fontsize=style.FONT, pad=2.0, color=colour)


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
