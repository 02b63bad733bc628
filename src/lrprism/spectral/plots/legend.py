"""The legend below the panels of a figure: each entry once, in columns."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.spectral.plots import style

LINE: Final = 3.2  # mm, a line of entries
BELOW: Final = 1.5  # mm, between the legend and the edge of the page


def measure_legend(count: int, columns: int) -> float:
    """Return the height in mm of a legend of so many entries."""
    return LINE * -(-count // columns) + BELOW


def draw_legend(figure: Figure, panels: Sequence[Axes], columns: int) -> None:
    """Draw one legend for all panels at the lower edge of a figure; what several panels show stands once."""
    entries = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="lower center",
        bbox_to_anchor=(0.5, BELOW / style.measure_figure(figure)[1]),
        ncols=columns,
        borderpad=0.0,
        borderaxespad=0.0,
        handlelength=1.6,
        columnspacing=1.2,
        labelspacing=(LINE / style.MM_PER_POINT - style.FONT_SMALL) / style.FONT_SMALL - 0.15,
    )
