"""Tables, pictures and curves as HTML for the cell of a notebook: no script, no file."""

from lrprism.display.curve import draw_curve
from lrprism.display.picture import colour_input, colour_relevance, draw_picture, shrink
from lrprism.display.table import draw_table, fold, frame

__all__ = [
    "colour_input",
    "colour_relevance",
    "draw_curve",
    "draw_picture",
    "draw_table",
    "fold",
    "frame",
    "shrink",
]
