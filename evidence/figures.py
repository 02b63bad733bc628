"""One figure for each network: how well each map recovers the bands that carry the class."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evidence.candidates import CANDIDATES, is_ours
from evidence.cells import SCALINGS
from evidence.networks import TITLES
from evidence.results import Result
from evidence.verdict import CONTROLS, Rows, average_metric, list_others
from lrprism.spectral.plots import style
from lrprism.spectral.plots.heading import Heading

TOP, LINE, GAP, BOTTOM = 14.0, 3.6, 4.0, 11.0  # mm
POOLED: Final = ", pooled"
LOWEST: Final = 0.4
"""AUC at the left end; a map of chance has .5."""


@style.use_house_style
def draw_network(network: str, rows: Rows) -> Figure:
    """Draw the mean AUC of every candidate, other method and control, with its interval over the seeds.

    Args:
        network: The network.
        rows: Its results by network and scaling.
    """
    names = list_names(next(iter(rows.values())))
    height = TOP + LINE * len(names) + BOTTOM
    figure = style.new_figure(style.PAGE_WIDTH, height)
    seeds = len(next(iter(rows.values())))
    facts = ["AUC of mean |R| against the bands that carry the class", f"{seeds} seeds"]
    Heading.build(style.PAGE_WIDTH, TITLES[network], facts).draw(figure)
    left = style.MARGIN + 3 + max(style.text_width(name, style.FONT_SMALL) for name in names)
    width = (style.PAGE_WIDTH - left - style.MARGIN - GAP) / 2
    for column, scaling in enumerate(SCALINGS):
        if (network, scaling) in rows:
            axes = style.add_axes(figure, left + column * (width + GAP), TOP, width, LINE * len(names))
            draw_row(axes, names, rows[network, scaling])
            axes.set_xlabel(f"AUC, {scaling} inputs")
            axes.tick_params(labelleft=column == 0)
    figure.legend(handles=list(make_handles()), loc="upper right", ncols=5)
    return figure


def make_handles() -> Iterator[Line2D]:
    """Return the entries of the legend: colours, and open and full circles."""
    entries = (
        ("ours", style.BLUE, "full"),
        ("others", style.ORANGE, "full"),
        ("no network", style.GREY, "full"),
        ("as computed", style.BLACK, "none"),
        ("pooled", style.BLACK, "full"),
    )
    for label, colour, fill in entries:
        yield Line2D(
            [], [], color=colour, marker="o", linestyle="", markersize=3, fillstyle=fill, label=label
        )


def list_names(row: Sequence[Result]) -> list[str]:
    """Return the names of candidates, other methods and controls, unpooled, the best of each last."""
    groups = (
        [str(how) for how in CANDIDATES if not how.pooled],
        [name for name in list_others(row) if not name.endswith(POOLED)],
        list(CONTROLS),
    )
    return [
        name
        for group in reversed(groups)
        for name in sorted(group, key=lambda name: read_value(row, name))
        if average_metric(row, name, "auc") is not None
    ]


def read_value(row: Sequence[Result], name: str) -> float:
    """Return the mean AUC of a map, or 0 if it has none."""
    mean = average_metric(row, name, "auc")
    return mean.value if mean is not None else 0.0


def draw_row(axes: Axes, names: Sequence[str], row: Sequence[Result]) -> None:
    """Draw a line for each map: an open circle as computed, a full one pooled, bars for the intervals."""
    for position, name in enumerate(names):
        colour = style.BLUE if is_ours(name) else style.GREY if name in CONTROLS else style.ORANGE
        for end, fill, shift in (("", "none", -0.15), (POOLED, "full", 0.15)):
            mean = average_metric(row, name + end, "auc")
            if mean is not None:
                axes.errorbar(
                    *(mean.value, position + shift),
                    xerr=mean.half,
                    color=colour,
                    marker="o",
                    markersize=2.5,
                    fillstyle=fill,
                    linewidth=0.6,
                )
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.set_xlim(LOWEST, 1.01)
    axes.axvline(0.5, color=style.LIGHT_GREY, linewidth=0.8, zorder=0)
    axes.grid(axis="y", color=style.LIGHT_GREY, linewidth=0.3)


def save(rows: Rows, folder: Path) -> list[str]:
    """Write ``evidence-<network>.png`` for each network, and return the networks."""
    networks = list(dict.fromkeys(network for network, _ in rows))
    for network in networks:
        chosen = {key: row for key, row in rows.items() if key[0] == network}
        style.save(draw_network(network, chosen), folder, f"evidence-{network}")
    return networks
