"""The figure of docs/physics.md: the relevance of minerals beside their diagnostic features."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from court.physics.library import Windows, join_windows
from court.physics.minerals import TRIAL, Trained, train_case
from court.physics.page import AS_COMPUTED
from court.physics.problem import DEFAULT, average_magnitude, list_methods
from lrprism.spectral.plots import style
from lrprism.spectral.plots.heading import Heading

NAME: Final = "physics-minerals"
TOP, LEGEND, ROW, GAP, BOTTOM, LEFT = 16.0, 9.0, 11.0, 3.0, 9.0, 24.0  # mm


def save(models: Path, folder: Path) -> None:
    """Draw the first case and write ``physics-minerals.png`` and ``.svg``.

    Args:
        models: Where the networks are kept.
        folder: Where figures go.
    """
    style.save(draw_minerals(train_case(TRIAL.cases[0], models)), folder, NAME)


@style.use_house_style
def draw_minerals(trained: Trained) -> Figure:
    """Draw for each mineral the mean spectrum, its windows, and the relevance as computed and pooled."""
    count = len(trained.minerals)
    figure = style.new_figure(style.PAGE_WIDTH, TOP + count * (ROW + GAP) + BOTTOM)
    heading = Heading.build(
        style.PAGE_WIDTH,
        "Relevance of minerals beside their diagnostic features",
        [TRIAL.cases[0], "mean |R| as a share of its largest"],
    )
    heading.draw(figure)
    methods = list_methods(trained.problem, is_dense=False)
    maps = {
        name: average_magnitude(methods[name](trained.model, trained.x, trained.y), trained.y)
        for name in (AS_COMPUTED, DEFAULT)
    }
    wavelength = trained.problem.wavelength
    for label, (mineral, rules) in enumerate(trained.minerals.items()):
        top = TOP + label * (ROW + GAP)
        axes = style.add_axes(figure, LEFT, top, style.PAGE_WIDTH - LEFT - style.MARGIN, ROW)
        shade(axes, join_windows(rules), style.GREEN)
        shade(axes, join_windows(rules, decoys=True), style.ORANGE)
        spectrum = trained.x[trained.y == label].mean(0).numpy()
        draw_curve(axes, wavelength, spectrum, style.LIGHT_GREY, 1.0)
        draw_curve(axes, wavelength, maps[AS_COMPUTED][label], style.BLUE, 0.6)
        draw_curve(axes, wavelength, maps[DEFAULT][label], style.BLACK, 1.0)
        axes.set_ylabel(mineral, rotation=0, ha="right", va="center")
        axes.set(xlim=(wavelength[0], wavelength[-1]), ylim=(0, 1.05), yticks=[])
        axes.tick_params(labelbottom=label == count - 1)
    axes.set_xlabel("wavelength (nm)")
    _, height = style.measure_figure(figure)
    figure.legend(handles=list_handles(), loc="upper right", bbox_to_anchor=(1, 1 - LEGEND / height), ncols=5)
    return figure


def shade(axes: Axes, windows: Windows, colour: str) -> None:
    """Shade windows behind the curves; what several share is as light as the rest."""
    grid = np.arange(350.0, 2501.0, 5.0)
    inside = np.zeros(len(grid), dtype=bool)
    for first, last in windows:
        inside |= (grid >= first) & (grid <= last)
    axes.fill_between(grid, 0, 1.05, where=inside, color=colour, alpha=0.25, linewidth=0)


def draw_curve(axes: Axes, wavelength: np.ndarray, values: np.ndarray, colour: str, width: float) -> None:
    """Draw values as a share of their largest, broken where bands were left out."""
    steps = np.diff(wavelength)
    pieces = np.split(np.arange(len(values)), np.flatnonzero(steps > 3 * np.median(steps)) + 1)
    for piece in pieces:
        axes.plot(wavelength[piece], values[piece] / values.max(), color=colour, linewidth=width)


def list_handles() -> list[Line2D | Patch]:
    """Return the entries of the legend."""
    curves = (("mean spectrum", style.LIGHT_GREY), ("as computed", style.BLUE), ("pooled", style.BLACK))
    areas = (("diagnostic", style.GREEN), ("decoy", style.ORANGE))
    return [
        *(Line2D([], [], color=colour, label=name) for name, colour in curves),
        *(Patch(color=colour, alpha=0.25, label=name) for name, colour in areas),
    ]
