"""Accuracy of networks trained with few bands, over the number of bands."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral.plots import style
from lrprism.spectral.plots.curves import COLOURS, DASHES, IN_LEGEND

COLUMNS: Final = ("method", "k", "mean", "low", "high", "n")
ALL: Final = "all"
FEW: Final = 5
"""The interval of fewer trainings is wide: Student's t is 12.7 of two, 2.8 of five."""
INTERVAL: Final = "95 % interval of all bands"

LEFT: Final = 15.0  # mm, the axis with its label
HEADING: Final = 13.0  # mm
PANEL: Final = 75.0  # mm
AXIS: Final = 10.0  # mm, ticks and label below
LEGEND: Final = 4.0  # mm, a line of the legend
_BESIDE: Final = 0.012  # methods stand so far beside each other, in units of the natural logarithm of k


@style.use_house_style
def accuracy_by_bands(table: pd.DataFrame) -> Figure:
    """Draw the mean accuracy over the number of bands, a line with intervals per method.

    All bands are the grey line with its interval as a band. Methods stand a little beside each other, so that
    their intervals can be told apart.

    Args:
        table: A row per method and number of bands with the columns of :data:`COLUMNS`; accuracies 0 to 1,
            ``low`` and ``high`` NaN for one training; the method ``"all"`` is that of all bands.

    Returns:
        The figure, 170 mm wide.

    Raises:
        DataError: If a column is missing, the table is empty, or a mean is not finite.
    """
    _check_table(table)
    few = table[table["method"] != ALL]
    methods = list(few["method"].unique())
    legend = LEGEND * -(-(len(methods) + 2) // IN_LEGEND)  # all bands and their interval are two more
    figure = style.new_figure(style.PAGE_WIDTH, HEADING + PANEL + AXIS + legend + style.MARGIN)
    style.write_heading(figure, "Accuracy of networks trained with few bands", _list_facts(table))
    axes = style.add_axes(figure, LEFT, HEADING, style.PAGE_WIDTH - LEFT - style.MARGIN, PANEL)
    _draw_all(axes, table[table["method"] == ALL])
    for number, method in enumerate(methods):
        beside = float(np.exp(_BESIDE * (number - (len(methods) - 1) / 2)))
        _draw_method(axes, few[few["method"] == method].sort_values("k"), number, beside)
    _label_axes(axes, sorted(few["k"].unique().tolist()))
    bottom = style.MARGIN / 2 / style.measure_figure(figure)[1]
    figure.legend(loc="lower center", bbox_to_anchor=(0.5, bottom), ncols=IN_LEGEND)
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


def _draw_all(axes: Axes, rows: pd.DataFrame) -> None:
    for k, mean, low, high in rows[["k", "mean", "low", "high"]].to_numpy(np.float64).tolist():
        axes.axhline(mean, color=style.GREY, label=f"all {k:.0f} bands", zorder=1)
        if np.isfinite(low):  # one training has no interval
            axes.axhspan(low, high, color=style.LIGHT_GREY, alpha=0.6, linewidth=0, zorder=0, label=INTERVAL)


def _draw_method(axes: Axes, rows: pd.DataFrame, number: int, beside: float) -> None:
    mean = rows["mean"].to_numpy(np.float64)
    # one training has no interval
    low, high = (rows[name].fillna(rows["mean"]).to_numpy(np.float64) for name in ("low", "high"))
    axes.errorbar(
        rows["k"].to_numpy(np.float64) * beside,
        mean,
        yerr=np.stack([mean - low, high - mean]),
        color=COLOURS[number % len(COLOURS)],
        linestyle=DASHES[number // len(COLOURS) % len(DASHES)],
        label=str(rows["method"].iloc[0]),
        marker="o",
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
