"""Curves of a network's output while regions are removed, most or least relevant first."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral.plots import style
from lrprism.spectral.plots.style import MARGIN

COLUMNS: Final = ("imputer", "method", "control", "curve", "fraction", "value")
COLOURS: Final = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.PINK, style.SKY)
DASHES: Final = ("-", "--", ":", "-.")
"""With more methods than colours, the colours begin again with other dashes."""

LEFT: Final = 13.0  # mm, the axis with its label
HEADING: Final = 14.0  # mm
PANEL: Final = 48.0  # mm, height of the curves
TITLE: Final = 6.0  # mm, above a row of panels
AXIS: Final = 11.0  # mm, below a row of panels
LEGEND: Final = 4.0  # mm, a line of the legend
ACROSS: Final = 2
IN_LEGEND: Final = 4
CONTROL_WIDTH: Final = 0.6  # points, of the curves of controls
LIGHT: Final = 0.5  # opacity of the curves that begin with the least relevant


@style.use_house_style
def removal_curves(table: pd.DataFrame, *, output: str = "probability") -> Figure:
    """Draw the mean output while regions are removed: a panel per imputer, two curves per method.

    The dark curve of a method removes the most relevant regions first, the light one the least relevant; the
    area by which the light one lies above is its SRG. Controls are grey. Methods with the same curves are
    drawn once, under all of their names.

    Args:
        table: A row per imputer, method, curve (``MIF`` or ``LIF``) and fraction with the columns of
            :data:`COLUMNS`; ``value`` is the mean over samples, ``control`` True where no network is known.
        output: The output that is followed.

    Returns:
        The figure, 170 mm wide.

    Raises:
        DataError: If a column is missing, the table is empty, or a number is not finite.
    """
    _check_curves(table)
    imputers, names = list(table["imputer"].unique()), _merge_equal(table)
    methods = list(names)
    rows = -(-len(imputers) // ACROSS)
    legend = LEGEND * -(-len(methods) // IN_LEGEND)
    row_height = TITLE + PANEL + AXIS
    figure = style.new_figure(style.PAGE_WIDTH, HEADING + rows * row_height + legend + MARGIN)
    style.write_heading(
        figure,
        f"{output.capitalize()} of the true class while regions are removed",
        ["dark: most relevant first", "light: least relevant first", "SRG: the area from dark up to light"],
    )
    width = (style.PAGE_WIDTH - MARGIN - ACROSS * LEFT) / ACROSS - 2.0
    for place, imputer in enumerate(imputers):
        left = LEFT + (place % ACROSS) * (width + LEFT + 2.0)
        top = HEADING + TITLE + (place // ACROSS) * row_height
        axes = style.add_axes(figure, left, top, width, PANEL)
        axes.set(xlim=(0, 1), xlabel="fraction removed", ylabel=output)
        axes.set_title(f"imputer: {imputer}", loc="left")
        _draw_methods(axes, table[table["imputer"] == imputer], methods)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles,
        [names[label] for label in labels],
        loc="lower center",
        bbox_to_anchor=(0.5, MARGIN / 2 / style.measure_figure(figure)[1]),
        ncols=IN_LEGEND,
    )
    return figure


def _merge_equal(table: pd.DataFrame) -> dict[str, str]:
    """Return of all methods with the same curves the first, and the names of all of them."""
    merged: dict[tuple[bool, bytes], list[str]] = {}
    for method, rows in table.groupby("method", sort=False):
        curves = rows.sort_values(["imputer", "curve", "fraction"])["value"].to_numpy(np.float64)
        # maps that differ by rounding alone rank alike
        key = bool(rows["control"].any()), curves.round(9).tobytes()
        merged.setdefault(key, []).append(str(method))
    return {names[0]: " = ".join(names) for names in merged.values()}


def _draw_methods(axes: Axes, table: pd.DataFrame, methods: list[str]) -> None:
    """Draw both curves of each method; the controls first, so that they lie behind."""
    controls = [name for name in methods if table.loc[table["method"] == name, "control"].any()]
    explained = [name for name in methods if name not in controls]
    for names, is_control in ((controls, True), (explained, False)):
        for number, name in enumerate(names):
            dash = DASHES[number % len(DASHES) if is_control else number // len(COLOURS) % len(DASHES)]
            colour = style.GREY if is_control else COLOURS[number % len(COLOURS)]
            for curve, group in table[table["method"] == name].groupby("curve", sort=True):
                line = group.sort_values("fraction")
                label = name if curve == "MIF" else None
                axes.plot(
                    line["fraction"],
                    line["value"],
                    dash,
                    color=colour,
                    label=label,
                    linewidth=CONTROL_WIDTH if is_control else None,
                    alpha=None if curve == "MIF" else LIGHT,
                )


def _check_curves(table: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    finite = not missing and table[["fraction", "value"]].map(pd.notna).to_numpy().all()
    if missing or table.empty or not finite:
        found = f"no {', '.join(missing)}" if missing else "no row" if table.empty else "values missing"
        raise DataError(
            f"the table of curves should hold {', '.join(COLUMNS)}, without gaps. Found {found}. "
            "Pass the curves.csv that lrprism evaluate wrote."
        )
