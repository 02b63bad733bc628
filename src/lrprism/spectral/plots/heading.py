"""The heading of a figure: title, why it is not to be read, and facts, broken to the width of the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from matplotlib.figure import Figure

from lrprism.spectral.plots import style
from lrprism.spectral.plots.style import MARGIN

TOP: Final = 2.5  # mm, above the title
TITLE: Final = 3.8  # mm, a line of the title
BELOW: Final = 1.5  # mm, between the last line and the figure
BETWEEN_FACTS: Final = " · "
RASTER: Final = 1.04
"""A raster widens small letters to whole pixels, by up to 4 %."""


@dataclass(frozen=True)
class Heading:
    """The lines above a figure.

    Attributes:
        title: The lines of the title.
        doubt: The lines that say why the figure is not to be read; none where it is to be read.
        facts: The lines of facts.
    """

    title: tuple[str, ...]
    doubt: tuple[str, ...]
    facts: tuple[str, ...]

    @classmethod
    def build(cls, width: float, title: str, facts: Iterable[str], doubt: str = "") -> Self:
        """Break the texts of a heading to lines.

        Args:
            width: Width of the figure in mm.
            title: Its title.
            facts: The facts; empty ones are left out.
            doubt: Why the figure is not to be read; empty where it is to be read.
        """
        room = width - 2 * MARGIN
        doubt = f"{doubt[:1].upper()}{doubt[1:]}"
        return cls(
            tuple(break_text(title, room, style.FONT_TITLE)),
            tuple(break_text(doubt, room, style.FONT_SMALL)) if doubt else (),
            tuple(break_facts([fact for fact in facts if fact], room)),
        )

    @property
    def height(self) -> float:
        """Height in mm, with the space above and below."""
        return TOP + TITLE * len(self.title) + style.LINE * (len(self.doubt) + len(self.facts)) + BELOW

    def draw(self, figure: Figure) -> None:
        """Write the lines at the top of the figure: the title black, the doubt red, the facts grey."""
        blocks = (
            (self.title, style.FONT_TITLE, TITLE, style.BLACK),
            (self.doubt, style.FONT_SMALL, style.LINE, style.RED),
            (self.facts, style.FONT_SMALL, style.LINE, style.GREY),
        )
        top = TOP
        for lines, size, step, colour in blocks:
            for line in lines:
                style.write(figure, MARGIN, top, line, size=size, colour=colour)
                top += step


def break_text(text: str, room: float, size: float) -> list[str]:
    """Break a text between words to lines no wider than the room in mm; a longer word keeps its line."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and style.text_width(longer, size) * RASTER <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def break_facts(facts: list[str], room: float) -> list[str]:
    """Join facts to lines no wider than the room in mm; a fact is broken only if it fits no line."""
    lines: list[str] = []
    for fact in facts:
        longer = f"{lines[-1]}{BETWEEN_FACTS}{fact}" if lines else fact
        if lines and style.text_width(longer, style.FONT_SMALL) * RASTER <= room:
            lines[-1] = longer
        else:
            lines += break_text(fact, room, style.FONT_SMALL)
    return lines
