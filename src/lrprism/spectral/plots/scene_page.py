"""The page of a figure of a scene: panels with axes in pixels, in the places of a plan."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, Final, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray

from lrprism.spectral.bands.class_codes import get_code
from lrprism.spectral.plots import style
from lrprism.spectral.plots.class_colours import UNEXPLAINED, find_roomiest_pixel
from lrprism.spectral.plots.heading import Heading
from lrprism.spectral.plots.scene_layout import GUTTER, ScenePlan, break_title, plan_scene

TICK: Final = 10.0  # mm of an axis per tick
ROOM: Final = 1.5  # mm round the middle of a class's number


@dataclass(frozen=True, eq=False)
class ScenePage:
    """A figure whose panels all show the same pixels.

    Attributes:
        figure: The figure.
        plan: The places of its panels.
        titles: Of the panels, with their letters.
        shape: Rows and columns of the scene.
        keys: Upper end of the keys of wavelength and relevance, in mm from the top.
    """

    figure: Figure
    plan: ScenePlan
    titles: list[str]
    shape: tuple[int, int]
    keys: float

    @classmethod
    def from_titles(
        cls, titles: list[str], shape: tuple[int, int], heading: Heading, *, classes: float, bars: float
    ) -> Self:
        """Build an empty page of the height that its panels need.

        Args:
            titles: Of the panels, without their letters.
            shape: Rows and columns of the scene.
            heading: What stands above them.
            classes: Height in mm of the key of the classes.
            bars: Height in mm of the keys of wavelength and relevance.
        """
        lettered = [f"{panel_letter(index)}  {title}" for index, title in enumerate(titles)]
        plan = plan_scene(lettered, shape, top=heading.height, foot=classes + bars)
        figure = style.new_figure(style.PAGE_WIDTH, plan.bottom + classes + bars)
        heading.draw(figure)
        return cls(figure, plan, lettered, shape, plan.bottom + classes)

    @property
    def step(self) -> int:
        """Distance between rows and columns that are drawn."""
        return self.plan.step(*self.shape)

    def draw(self, index: int, values: NDArray[np.generic], **look: Any) -> Axes:
        """Draw a panel; masked pixels and NaN are grey.

        Args:
            index: Of the panel.
            values: Of the pixels that are drawn, ``[y, x]`` or ``[y, x, colour]``.
            **look: Colours and their range, as ``imshow`` takes them.
        """
        height, width = self.shape
        axes = style.add_axes(self.figure, *self.plan.corner(index), *self.plan.panel)
        axes.set_facecolor(UNEXPLAINED)
        bottom, right = (self.step * size - 0.5 for size in values.shape[:2])
        axes.imshow(values, extent=(-0.5, right, bottom, -0.5), interpolation="nearest", **look)
        axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        axes.spines[:].set(visible=True, linewidth=0.4, edgecolor=style.GREY)
        self._draw_axes(axes, index)
        self._write_title(axes, index)
        return axes

    def number_classes(
        self, axes: Axes, classes: NDArray[np.integer], attrs: Mapping[Hashable, Any] | None = None
    ) -> None:
        """Write the code of every class on its roomiest place, where that has room for it.

        Args:
            axes: The panel of the classes.
            classes: Class of the pixels that are drawn, ``[y, x]``, negative where there is none.
            attrs: The attributes of the map, which say the codes.
        """
        radius = ROOM * classes.shape[1] / self.plan.panel[0]
        for index in np.unique(classes[classes >= 0]).tolist():
            row, column, depth = find_roomiest_pixel(classes == index)
            if depth < radius:  # the number would cover other classes
                continue
            axes.text(
                (column + 0.5) * self.step - 0.5,
                (row + 0.5) * self.step - 0.5,
                str(get_code(attrs or {}, index)),
                fontsize=style.FONT_SMALL,
                ha="center",
                va="center_baseline",
                path_effects=[withStroke(linewidth=1.2, foreground="white")],
            )

    def _draw_axes(self, axes: Axes, index: int) -> None:
        leftmost, lowest = self.plan.is_outer(index)
        width, height = self.plan.panel
        for axis, length in ((axes.xaxis, width), (axes.yaxis, height)):
            ticks = min(4, int(length / TICK))
            axis.set_major_locator(MaxNLocator(ticks, integer=True) if ticks else FixedLocator([0]))
        axes.tick_params(labelbottom=lowest, labelleft=leftmost, size=1.5)
        if lowest:
            axes.set_xlabel("column", fontsize=style.FONT_SMALL, labelpad=1.0)
        if leftmost:
            axes.set_ylabel("row", fontsize=style.FONT_SMALL, labelpad=1.0)

    def _write_title(self, axes: Axes, index: int) -> None:
        room = self.plan.cell[0] - GUTTER
        lines = break_title(self.titles[index], room)
        widest = max(style.text_width(line, style.FONT) for line in lines)
        # below the smallest size a title reaches over the gutter
        size = max(style.FONT_SMALL, style.FONT * min(1.0, room / widest))
        axes.set_title("\n".join(lines), fontsize=size, pad=2.0, loc="left", linespacing=1.1)


def panel_letter(index: int) -> str:
    """Return the letter of a panel."""
    return ascii_lowercase[index]
