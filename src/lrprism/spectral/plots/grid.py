"""The plan of a grid of heatmaps on the page, for 1 to several hundred bands."""

import math
from dataclasses import dataclass
from typing import Final

from lrprism.spectral.plots import style
from lrprism.spectral.plots.style import MARGIN

HEADING: Final = 12.5  # mm, the title and two lines over the figure
SIDE: Final = 34.0  # mm, the column of picture and colour bar
STRIP: Final = 40.0  # mm, the height of the same things laid over the grid
GUTTER: Final = 6.0  # mm, between the two
LARGEST_PANEL: Final = 38.0  # mm
NARROWEST_PAGE: Final = 130.0  # mm, room for the heading
MOST_BESIDE: Final = 120  # more bands than this take the full width of the page
SPACE: Final = 1.0  # mm, between panels


@dataclass(frozen=True)
class GridPlan:
    """The places of a grid's panels, all lengths in mm from the page's upper left corner.

    Attributes:
        width: Of the page.
        height: Of the page.
        columns: Number of panels in a row.
        left: Of the first panel's cell.
        top: Of the first panel's cell.
        cell: Width and height of a cell: a panel, its title and the space round it.
        panel: Width and height of a panel.
        font: Size of the panels' titles in points.
        beside: Picture and colour bar stand left of the grid, not above it.
    """

    width: float
    height: float
    columns: int
    left: float
    top: float
    cell: tuple[float, float]
    panel: tuple[float, float]
    font: float
    beside: bool

    def corner(self, index: int) -> tuple[float, float]:
        """Return left and top of a panel in mm; its title is above it."""
        row, column = divmod(index, self.columns)
        top = self.top + (row + 1) * self.cell[1] - self.panel[1]
        return self.left + column * self.cell[0], top


def count_columns(count: int) -> int:
    """Return the number of columns: 2:1 for few panels (18 as 3 x 6), square for many (100 as 10 x 10)."""
    if count <= 36:
        return math.ceil(math.sqrt(2 * count))
    if count <= MOST_BESIDE:
        return math.ceil(math.sqrt(count))
    return math.ceil(math.sqrt(1.1 * count))


def plan_grid(count: int, aspect: float, longest_title: str) -> GridPlan:
    """Lay out a grid of panels on a page as wide as a journal's text.

    The page grows beyond :data:`lrprism.spectral.plots.style.PAGE_WIDTH` only where the panels' titles would
    not fit.

    Args:
        count: Number of panels.
        aspect: Height of a panel over its width.
        longest_title: The longest title of a panel; it has to fit over its panel.
    """
    beside = count <= MOST_BESIDE
    columns = count_columns(count)
    start = MARGIN + (SIDE + GUTTER if beside else 0.0)
    top = HEADING + (0.0 if beside else STRIP)
    # a cell is never narrower than a title in the smallest font
    smallest = style.text_width(longest_title, style.FONT_TINY) + 1.3 * SPACE
    room = (style.PAGE_WIDTH - start - MARGIN) / columns
    cell = max(min(room, LARGEST_PANEL + SPACE), smallest)
    panel = cell - SPACE
    font = min(style.FONT, style.FONT_TINY * panel / (smallest - SPACE))
    title = (2.3 * font + 1.5) * style.MM_PER_POINT + SPACE
    rows = math.ceil(count / columns)
    height = top + max(rows * (panel * aspect + title), (SIDE + 34.0) if beside else 0.0) + MARGIN
    width = max(start + columns * cell - SPACE + MARGIN, NARROWEST_PAGE)
    size = (cell, panel * aspect + title)
    return GridPlan(width, height, columns, start, top, size, (panel, panel * aspect), font, beside)
