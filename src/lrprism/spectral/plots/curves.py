"""Curves of a network's output while regions are removed, most or least relevant first."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral.plots import style
from lrprism.spectral.plots.heading import Heading
from lrprism.spectral.plots.legend import draw_legend, measure_legend
from lrprism.spectral.plots.style import MARGIN

COLUMNS: Final = ("imputer", "method", "control", "curve", "fraction", "value")
COLOURS: Final = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.PINK, style.SKY)
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
"""With more methods than colours, the colours begin again with other markers: seven of them, not six."""
GREYS: Final = ("#6E6E6E", "#A8A8A8", "#3C3C3C")
DASHED: Final = (0, (3, 1.5))

LEFT: Final = 13.0  # mm, the axis with its label
PANEL: Final = 52.0  # mm, height of the curves
TITLE: Final = 6.0  # mm, above a row of panels
AXIS: Final = 11.0  # mm, below a row of panels
ACROSS: Final = 2
IN_LEGEND: Final = 4
CONTROL_WIDTH: Final = 0.6  # points, of the curves of controls
MARKS: Final = 6  # on a curve


@style.use_house_style
def removal_curves(table: pd.DataFrame, *, output: str = "probability") -> Figure:
    """Draw the mean output while regions are removed: a panel per imputer, two curves per method.

    The solid curve of a method removes the most relevant regions first, the dashed one the least relevant;
    the area by which the dashed one lies above is its SRG. Methods differ by colour and marker, controls are
    grey. Methods with the same curves are drawn once, under all of their names.

    Args:
        table: A row per imputer, method, curve (``MIF`` or ``LIF``) and fraction with the columns of
            :data:`COLUMNS`; ``value`` is the mean over samples, ``control`` True where no network is known.
        output: The output that is followed.

    Returns:
        The figure, 180 mm wide: two columns.

    Raises:
        DataError: If a column is missing, the table is empty, or a number is not finite.
    """
    _check_curves(table)
    imputers, names = list(table["imputer"].unique()), _merge_equal(table)
    methods = list(names)
    rows = -(-len(imputers) // ACROSS)
    row_height = TITLE + PANEL + AXIS
    title = f"{output.capitalize()} of the true class while regions are removed"
    facts = [
        "solid: most relevant first",
        "dashed: least relevant first",
        "SRG: the area between them",
    ]
    heading = Heading.build(style.PAGE_WIDTH, title, facts)
    height = heading.height + rows * row_height + measure_legend(len(methods), IN_LEGEND)
    figure = style.new_figure(style.PAGE_WIDTH, height)
    heading.draw(figure)
    width = (style.PAGE_WIDTH - MARGIN - ACROSS * LEFT) / ACROSS - 2.0
    for place, imputer in enumerate(imputers):
        left = LEFT + (place % ACROSS) * (width + LEFT + 2.0)
        top = heading.height + TITLE + (place // ACROSS) * row_height
        axes = style.add_axes(figure, left, top, width, PANEL)
        axes.set(xlim=(0, 1), xlabel="fraction removed", ylabel=output)
        axes.set_title(f"imputer: {imputer}", loc="left")
        _draw_methods(axes, table[table["imputer"] == imputer], names)
    draw_legend(figure, figure.axes, IN_LEGEND)
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


def _draw_methods(axes: Axes, table: pd.DataFrame, names: dict[str, str]) -> None:
    """Draw both curves of each method; the controls first, so that they lie behind."""
    controls = [name for name in names if table.loc[table["method"] == name, "control"].any()]
    explained = [name for name in names if name not in controls]
    for methods, is_control in ((controls, True), (explained, False)):
        colours = GREYS if is_control else COLOURS
        for number, name in enumerate(methods):
            for curve, group in table[table["method"] == name].groupby("curve", sort=True):
                line = group.sort_values("fraction")
                step = max(1, len(line) // MARKS)
                axes.plot(
                    line["fraction"],
                    line["value"],
                    linestyle="-" if curve == "MIF" else DASHED,
                    color=colours[number % len(colours)],
                    marker=None if is_control and curve != "MIF" else MARKERS[number % len(MARKERS)],
                    markevery=(number % step, step),  # markers of several curves do not hide each other
                    markersize=2.4,
                    markerfacecolor=None if curve == "MIF" else "white",
                    label=names[name] if curve == "MIF" else None,
                    linewidth=CONTROL_WIDTH if is_control else None,
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
