"""Accuracy of networks trained with few bands, over the number of bands."""

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral.plots import style
from lrprism.spectral.plots.curves import COLOURS, MARKERS
from lrprism.spectral.plots.heading import Heading
from lrprism.spectral.plots.legend import draw_legend, measure_legend

COLUMNS: Final = ("method", "k", "mean", "low", "high", "n")
ALL: Final = "all"
FEW: Final = 5
"""The interval of fewer trainings is wide: Student's t is 12.7 of two, 2.8 of five."""
INTERVAL: Final = "95 % interval of all bands"

LEFT: Final = 14.0  # mm, the axis with its label
PANEL: Final = 52.0  # mm
ROW: Final = 4.5  # mm, a method
AXIS: Final = 9.0  # mm, ticks and label below
LEGEND: Final = 2  # entries side by side
_BESIDE: Final = 0.012  # methods stand so far beside each other, in units of the natural logarithm of k


@style.use_house_style
def accuracy_by_bands(table: pd.DataFrame) -> Figure:
    """Draw the mean accuracy over the number of bands, a line with intervals per method.

    All bands are the grey line with its interval as a band. Methods stand a little beside each other, so that
    their intervals can be told apart. Of one number of bands each method has a row, the best one first.

    Args:
        table: A row per method and number of bands with the columns of :data:`COLUMNS`; accuracies 0 to 1,
            ``low`` and ``high`` NaN for one training; the method ``"all"`` is that of all bands.

    Returns:
        The figure, 85 mm wide: one column.

    Raises:
        DataError: If a column is missing, the table is empty, or a mean is not finite.
    """
    _check_table(table)
    few = table[table["method"] != ALL]
    methods = list(few["method"].unique())
    if few["k"].nunique() == 1:
        return _draw_rows(table)
    title = "Accuracy of networks trained with few bands"
    heading = Heading.build(style.COLUMN, title, _list_facts(table))
    legend = measure_legend(len(methods) + 2, LEGEND)  # all bands and their interval are two more
    figure = style.new_figure(style.COLUMN, heading.height + PANEL + AXIS + legend)
    heading.draw(figure)
    axes = style.add_axes(figure, LEFT, heading.height, style.COLUMN - LEFT - style.MARGIN, PANEL)
    _draw_all(axes, table[table["method"] == ALL])
    for number, method in enumerate(methods):
        beside = float(np.exp(_BESIDE * (number - (len(methods) - 1) / 2)))
        _draw_method(axes, few[few["method"] == method].sort_values("k"), number, beside)
    _label_axes(axes, sorted(few["k"].unique().tolist()))
    draw_legend(figure, [axes], LEGEND)
    return figure


def _draw_rows(table: pd.DataFrame) -> Figure:
    """Draw a row for each method, of one number of bands."""
    few = table[table["method"] != ALL].sort_values("mean", kind="stable")
    names = few["method"].astype(str).tolist()
    title = f"Accuracy of networks trained with {int(few['k'].iloc[0])} bands"
    heading = Heading.build(style.COLUMN, title, _list_facts(table))
    left = style.MARGIN + 2.0 + max(style.text_width(name, style.FONT_SMALL) for name in names) * 1.04
    height, legend = ROW * (len(names) + 0.5), measure_legend(2, LEGEND)
    figure = style.new_figure(style.COLUMN, heading.height + height + AXIS + legend)
    heading.draw(figure)
    axes = style.add_axes(figure, left, heading.height, style.COLUMN - left - 2 * style.MARGIN, height)
    _draw_all(axes, table[table["method"] == ALL], across=False)
    mean = few["mean"].to_numpy(np.float64)
    low, high = (few[name].fillna(few["mean"]).to_numpy(np.float64) for name in ("low", "high"))
    look: dict[str, Any] = {"marker": "o", "markersize": 3, "capsize": 2, "elinewidth": 0.8, "linestyle": ""}
    axes.errorbar(mean, range(len(few)), xerr=np.stack([mean - low, high - mean]), color=style.BLUE, **look)
    axes.set(xlabel="accuracy on the test part", ylim=(-0.75, len(names) - 0.25))
    axes.set_yticks(range(len(names)), names, fontsize=style.FONT_SMALL)
    draw_legend(figure, [axes], LEGEND)
    return figure


def _list_facts(table: pd.DataFrame) -> list[str]:
    least, most = int(table["n"].min()), int(table["n"].max())
    count = (
        "1 training"
        if most == 1
        else f"{most} trainings"
        if least == most
        else f"{least} to {most} trainings"
    )
    intervals = "bars: 95 % intervals of the mean over trainings" if most > 1 else "no intervals"
    few = f"fewer than {FEW} trainings: intervals are wide" if most > 1 and least < FEW else ""
    return [f"{count} per point, one split", intervals, few]


def _draw_all(axes: Axes, rows: pd.DataFrame, *, across: bool = True) -> None:
    """Draw the accuracy of all bands with its interval, across or along the axis of accuracies."""
    draw_line, draw_span = (axes.axhline, axes.axhspan) if across else (axes.axvline, axes.axvspan)
    for k, mean, low, high in rows[["k", "mean", "low", "high"]].to_numpy(np.float64).tolist():
        draw_line(mean, color=style.GREY, label=f"all {k:.0f} bands", zorder=1)
        if np.isfinite(low):  # one training has no interval
            draw_span(low, high, color=style.LIGHT_GREY, alpha=0.6, linewidth=0, zorder=0, label=INTERVAL)


def _draw_method(axes: Axes, rows: pd.DataFrame, number: int, beside: float) -> None:
    mean = rows["mean"].to_numpy(np.float64)
    # one training has no interval
    low, high = (rows[name].fillna(rows["mean"]).to_numpy(np.float64) for name in ("low", "high"))
    axes.errorbar(
        rows["k"].to_numpy(np.float64) * beside,
        mean,
        yerr=np.stack([mean - low, high - mean]),
        color=COLOURS[number % len(COLOURS)],
        label=str(rows["method"].iloc[0]),
        marker=MARKERS[number % len(MARKERS)],
        markersize=3,
        capsize=2,
        elinewidth=0.8,
    )


def _label_axes(axes: Axes, counts: list[int]) -> None:
    axes.set(xlabel="bands", ylabel="accuracy on the test part")
    if not counts:  # all bands alone
        axes.set_xticks([])
        return
    axes.set_xscale("log")
    axes.set_xlim(counts[0] / 1.15, counts[-1] * 1.15)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()


def _check_table(table: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing or table.empty or not np.isfinite(table["mean"].to_numpy(np.float64)).all():
        found = f"no {', '.join(missing)}" if missing else "no row" if table.empty else "a mean missing"
        raise DataError(
            f"the table of accuracies should hold {', '.join(COLUMNS)}, each with a mean. Found {found}. "
            "Pass the intervals.csv that lrprism bands wrote."
        )
