"""The plan of a grid of pictures in one column of a journal."""

import math
from dataclasses import dataclass
from typing import Final

from lrprism.spectral.plots import style
from lrprism.spectral.plots.style import MARGIN

COLUMNS: Final = 4
SPACE: Final = 1.5  # mm, between panels
TITLE: Final = 2 * style.LINE  # mm, the two lines above a panel
GAP: Final = 0.4  # mm, from the title to the panel
TALLEST: Final = 60.0  # mm, a panel of a tall window


@dataclass(frozen=True)
class GridPlan:
    """The places of a grid's panels, all lengths in mm from the page's upper left corner.

    Attributes:
        count: Number of panels.
        top: Upper end of the first panel's title.
        panel: Width and height of a panel.
    """

    count: int
    top: float
    panel: tuple[float, float]

    @classmethod
    def build(cls, count: int, aspect: float, top: float) -> "GridPlan":
        """Lay out panels, four in a row.

        Args:
            count: Number of panels.
            aspect: Height of a panel over its width.
            top: Where the grid begins.
        """
        width = (style.COLUMN - 2 * MARGIN + SPACE) / COLUMNS - SPACE
        height = min(width * aspect, TALLEST)
        return cls(count, top, (height / aspect, height))

    @property
    def bottom(self) -> float:
        """Lower end of the last row."""
        return self.top + math.ceil(self.count / COLUMNS) * self._row - SPACE

    @property
    def _row(self) -> float:
        return TITLE + GAP + self.panel[1] + SPACE

    def corner(self, index: int) -> tuple[float, float]:
        """Return left and top of a panel; its title is above it."""
        row, column = divmod(index, COLUMNS)
        cell = (style.COLUMN - 2 * MARGIN + SPACE) / COLUMNS
        left = MARGIN + column * cell + (cell - SPACE - self.panel[0]) / 2
        return left, self.top + row * self._row + TITLE + GAP
