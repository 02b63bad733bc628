"""Tables as HTML: inherited colours, so that they read in a light and in a dark notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_LONGEST = 300
"""The most lines that a cell shows; the table of a large transformer would slow the notebook down."""

_LINE = "rgba(128,128,128,0.35)"
"""The colour of lines: grey that is seen on white and on black."""


def draw_table(head: Sequence[str], lines: Sequence[Sequence[str]], note: str = "") -> str:
    """Return a table as HTML; columns of numbers stand to the right.

    Args:
        head: The names of the columns. Like all texts here they may hold any characters.
        lines: The cells of each line.
        note: A sentence below the table.
    """
    shown = lines[:_LONGEST]
    aligns = ["right" if _are_numbers([line[k] for line in shown]) else "left" for k in range(len(head))]
    rows = [_draw_line("th", head, aligns), *(_draw_line("td", line, aligns) for line in shown)]
    if len(lines) > len(shown):
        note = f"{len(lines) - len(shown)} more lines: print() shows all. {note}".rstrip()
    below = f'<p style="margin:4px 0">{escape(note)}</p>' if note else ""
    return (
        '<div style="max-height:26em;overflow:auto"><table style="border-collapse:collapse;color:inherit">'
        f"{''.join(rows)}</table></div>{below}"
    )


def _draw_line(tag: str, cells: Sequence[str], aligns: Sequence[str]) -> str:
    style = f"padding:2px 8px;white-space:nowrap;border-bottom:1px solid {_LINE};text-align:"
    inner = (
        f'<{tag} style="{style}{align}">{escape(cell)}</{tag}>'
        for cell, align in zip(cells, aligns, strict=True)
    )
    return f"<tr>{''.join(inner)}</tr>"


def _are_numbers(cells: Sequence[str]) -> bool:
    try:
        [float(cell) for cell in cells if cell not in {"", "-"}]
    except ValueError:
        return False
    return any(cell not in {"", "-"} for cell in cells)


def fold(title: str, content: str) -> str:
    """Return HTML behind a line that opens it.

    Args:
        title: The line.
        content: HTML.
    """
    return f'<details><summary style="cursor:pointer">{escape(title)}</summary>{content}</details>'


def frame(title: str, *contents: str) -> str:
    """Return HTML under a title.

    Args:
        title: The title, in bold.
        contents: HTML, one below the other.
    """
    head = f'<div style="margin:4px 0"><b>{escape(title)}</b></div>'
    return f'<div style="font-size:90%">{head}{"".join(contents)}</div>'
