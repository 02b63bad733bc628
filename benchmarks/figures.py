"""The growth curves as a figure, in the look of the library's own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from benchmarks.results import Point
from lrprism.spectral.plots import style

LINES = {
    "gradient": ("plain gradient", style.GREY, "s"),
    "lrprism": ("lrprism, EpsilonGamma", style.BLUE, "o"),
}
LEFT, TOP, HEIGHT, GAP = 14.0, 7.0, 30.0, 4.0  # mm

Cost = Callable[[Point], float | None]
ROWS: dict[str, Cost] = {
    "time, s": lambda point: point.seconds,
    "peak memory, MB": lambda point: point.memory / 1e6 if point.memory else None,
}


@style.use_house_style
def growth(points: Sequence[Point]) -> Figure:
    """Draw time (above) and memory (below) against each axis; scales are logarithmic, shared within a row.

    Args:
        points: Those of one run.
    """
    figure = style.new_figure(style.PAGE_WIDTH, TOP + 2 * HEIGHT + GAP + 12)
    for row, (label, cost) in enumerate(ROWS.items()):
        panels = _row(figure, points, TOP + row * (HEIGHT + GAP), cost)
        panels[0].set_ylabel(label)
        if row == 0:
            figure.legend(*panels[0].get_legend_handles_labels(), loc="upper center", ncols=3)
        for panel in panels:
            panel.tick_params(labelbottom=row == 1)
            if row == 0:
                panel.set_xlabel("")
    return figure


def _row(figure: Figure, points: Sequence[Point], top: float, cost: Cost) -> list[Axes]:
    """Draw one panel per axis."""
    names = list(dict.fromkeys(point.axis for point in points))
    width = (style.PAGE_WIDTH - LEFT - 3) / len(names) - GAP
    costs = [value for point in points if (value := cost(point))]
    panels = []
    for column, name in enumerate(names):
        panel = style.add_axes(figure, LEFT + column * (width + GAP), top, width, HEIGHT)
        on_axis = [point for point in points if point.axis == name]
        _lines(panel, on_axis, cost)
        _scales(panel, sorted({point.size for point in on_axis}))
        if costs:
            # one scale for the whole row
            panel.set_ylim(min(costs) / 1.5, max(costs) * 1.5)
        panel.set_xlabel(name)
        panel.tick_params(labelleft=column == 0)
        panels.append(panel)
    return panels


def _lines(axes: Axes, points: Sequence[Point], cost: Cost) -> None:
    """Draw one line per library, and a grey guide of slope 1 through our largest size."""
    for library, (label, colour, marker) in LINES.items():
        of_library = [point for point in points if point.library == library]
        pairs = [(point.size, value) for point in of_library if (value := cost(point))]
        if not pairs:
            continue
        sizes, costs = zip(*pairs, strict=True)
        axes.plot(sizes, costs, color=colour, marker=marker, markersize=2.5, label=label)
        if library == "lrprism":
            # a line of slope 1 through the largest size
            guide = [costs[-1] * size / sizes[-1] for size in sizes]
            axes.plot(sizes, guide, color=style.LIGHT_GREY, linewidth=0.8, zorder=0, label="linear")


def _scales(axes: Axes, sizes: Sequence[int]) -> None:
    """Set logarithmic scales with numbers written out: the sizes below, decades at the left."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(numticks=10))
    axes.yaxis.set_minor_formatter(NullFormatter())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(style.format_tick))


def save(points: Sequence[Point], folder: Path) -> None:
    """Write ``benchmarks-growth.png`` and ``.svg``."""
    style.save(growth(points), folder, "benchmarks-growth")
