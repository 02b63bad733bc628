"""The plan of the panels of a scene on the page, for square, wide and tall scenes."""

import math
from dataclasses import dataclass
from typing import Final

from lrprism.spectral.plots import style
from lrprism.spectral.plots.style import MARGIN

LEFT: Final = 12.0  # mm, the rows' axis with its label
TICKS: Final = 8.5  # mm, the columns' axis with its label, below the last row of panels
GUTTER: Final = 4.0  # mm, between panels side by side
TITLE: Final = 3.2  # mm, a line of a panel's title
SPACE: Final = 2.0  # mm, from a panel to the title below it
TALLEST: Final = 245.0  # mm, the text height of an A4 page
DOTS: Final = 15.0  # per mm, about 400 per inch: a scene of more pixels is thinned out


@dataclass(frozen=True)
class ScenePlan:
    """The places of a scene's panels, all lengths in mm from the page's upper left corner.

    Attributes:
        count: Number of panels.
        columns: Number of panels in a row.
        panel: Width and height of a panel.
        cell: Width and height of a panel with its title and the space round it.
        top: Where the panels begin, below the heading.
    """

    count: int
    columns: int
    panel: tuple[float, float]
    cell: tuple[float, float]
    top: float

    @property
    def bottom(self) -> float:
        """Lower end of the panels and their axis."""
        return self.top + math.ceil(self.count / self.columns) * self.cell[1] + TICKS - SPACE

    @property
    def covered(self) -> float:
        """Share of the panels in the paper that they take up."""
        return self.count * self.panel[0] * self.panel[1] / (style.PAGE_WIDTH * self.bottom)

    def corner(self, index: int) -> tuple[float, float]:
        """Return left and top of a panel."""
        row, column = divmod(index, self.columns)
        top = self.top + (row + 1) * self.cell[1] - SPACE - self.panel[1]
        return LEFT + column * self.cell[0], top

    def is_outer(self, index: int) -> tuple[bool, bool]:
        """Return if a panel is leftmost, and if none is below it: only these show their axes."""
        return index % self.columns == 0, index + self.columns >= self.count

    def step(self, height: int, width: int) -> int:
        """Return the distance between drawn rows and columns of a scene: as many as print can show."""
        return max(1, math.ceil(width / self.panel[0] / DOTS), math.ceil(height / self.panel[1] / DOTS))


def plan_scene(titles: list[str], shape: tuple[int, int], *, top: float, foot: float) -> ScenePlan:
    """Lay out panels of one scene on a page, so that they cover as much of their paper as can be.

    Wide scenes are stacked, tall ones placed side by side.

    Args:
        titles: Of the panels; a narrow panel writes its title in two lines.
        shape: Rows and columns of the scene.
        top: Height in mm of the heading.
        foot: Height in mm that is needed below the panels.
    """
    plans = [_plan_columns(titles, columns, shape, (top, foot)) for columns in range(1, len(titles) + 1)]
    return max(plans, key=lambda plan: plan.covered)


def _plan_columns(
    titles: list[str], columns: int, shape: tuple[int, int], ends: tuple[float, float]
) -> ScenePlan:
    top, foot = ends
    room = (style.PAGE_WIDTH - LEFT - MARGIN + GUTTER) / columns
    rows = math.ceil(len(titles) / columns)
    lines = max(len(break_title(title, room - GUTTER)) for title in titles)
    above = lines * TITLE + SPACE
    highest = max((TALLEST - top - TICKS - foot) / rows - above, 1.0)
    width = min(room - GUTTER, highest * shape[1] / shape[0])
    height = width * shape[0] / shape[1]
    return ScenePlan(len(titles), columns, (width, height), (room, height + above), top)


def break_title(title: str, width: float) -> list[str]:
    """Break a title in two, behind its comma if it has one, where it is wider than its panel in mm."""
    if style.text_width(title, style.FONT) <= width:
        return [title]
    spaces = [place for place, letter in enumerate(title) if letter == " "]
    middle = title.find(",") + 1 or min(spaces, key=lambda place: abs(place - len(title) / 2))
    return [title[:middle], title[middle + 1 :]]
