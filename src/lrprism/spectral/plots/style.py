"""The look of every figure: sizes in mm, fonts in points, colours, and how a figure is written."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from numpy.typing import NDArray

from lrprism.errors import ResultsError
from lrprism.spectral.files import write_whole

_CANNOT_WRITE: Final = (
    "Figures should be written to {path.parent}. Found: {reason}. Try another folder or free some space."
)

Parameters = ParamSpec("Parameters")

MM_PER_INCH: Final = 25.4
MM_PER_POINT: Final = MM_PER_INCH / 72
COLUMN: Final = 85.0  # mm: one column of most journals
PAGE_WIDTH: Final = 180.0  # mm: two columns
MARGIN: Final = 3.0  # mm, round the page

# Figures are printed as wide as they are drawn: no letter is smaller than FONT_SMALL on paper.
FONT: Final = 7.0
FONT_TITLE: Final = 8.0
FONT_SMALL: Final = 6.0
LINE: Final = 2.9  # mm, a line of text of the size FONT_SMALL

# Okabe & Ito's palette: distinct with every common kind of colour blindness.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
PINK: Final = "#CC79A7"
VERMILION: Final = "#D55E00"
SKY: Final = "#56B4E9"
WINE: Final = "#882255"  # beside greys, where deuteranopes see the pink as grey
BLACK: Final = "#000000"
RED: Final = "#B2182B"  # the dark red of the diverging scale: what is not to be read
GREY: Final = "#6E6E6E"
LIGHT_GREY: Final = "#D9D9D9"
DIVERGING: Final = "RdBu_r"  # blue speaks against, white is 0, red speaks for; safe for the colour-blind

# Any: newer matplotlib types the keys as one long Literal, older as str.
_RC: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same figure on every machine
    "font.size": FONT,
    "axes.titlesize": FONT_TITLE,
    "axes.labelsize": FONT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.labelsize": FONT_SMALL,
    "ytick.labelsize": FONT_SMALL,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": FONT_SMALL,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "hatch.linewidth": 0.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.hinting": "none",  # letters of 300 dpi need no fitting to pixels, which takes most of their time
    "text.parse_math": False,  # a dollar sign in a class name is a dollar sign
    "svg.fonttype": "none",  # text stays text: searchable, and editable in a drawing program
    "svg.hashsalt": "lrprism",  # the same figure gives the same bytes
}


@contextmanager
def house_style() -> Iterator[None]:
    """Set matplotlib to its defaults and ours on top, whatever the user's own style; restored on leaving."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def use_house_style(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Run a drawing function with the house style and leave matplotlib's own settings as they were."""

    @functools.wraps(draw)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with house_style():
            return draw(*args, **kwargs)

    return wrapper


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` x ``height`` mm, bound to no window and to no global state."""
    return Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH))


def measure_figure(figure: Figure) -> tuple[float, float]:
    """Return width and height of a figure in mm."""
    width, height = figure.get_size_inches()
    return float(width) * MM_PER_INCH, float(height) * MM_PER_INCH


def add_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes whose upper left corner lies ``left`` and ``top`` mm from the figure's upper left corner."""
    page_width, page_height = measure_figure(figure)
    bottom = page_height - top - height
    return figure.add_axes(
        (left / page_width, bottom / page_height, width / page_width, height / page_height)
    )


def write(figure: Figure, left: float, top: float, text: str, *, size: float, colour: str = BLACK) -> None:
    """Write text whose upper left corner lies ``left`` and ``top`` mm from the figure's upper left corner."""
    page_width, page_height = measure_figure(figure)
    figure.text(
        left / page_width,
        1 - top / page_height,
        text,
        fontsize=size,
        color=colour,
        ha="left",
        va="top",
        linespacing=1.35,
    )


@functools.cache
def text_width(text: str, size: float) -> float:
    """Return the width of one line of text in mm, in the font of the figures; 0 for an empty one."""
    if not text.strip():
        return 0.0
    font = get_font(findfont(FontProperties(family="DejaVu Sans")))
    font.set_size(1000, 72)  # large: widths free of the grid that small letters are fitted to
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64 * size / 1000 * MM_PER_POINT  # 64ths of a point


def format_number(value: float, digits: int = 3) -> str:
    """Return a number for print: ``digits`` significant digits, a true minus sign, and ``0`` for zero."""
    if value == 0:
        return "0"
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def format_tick(value: float, _position: float = 0) -> str:
    """Return a number at a tick, written out in full: no power of ten apart from the axis."""
    return format_number(value, 6)


def spread_labels(
    positions: NDArray[np.float64], gap: float, bounds: tuple[float, float]
) -> NDArray[np.float64]:
    r"""Move sorted positions as little as possible so that neighbours keep a distance.

    .. math:: \min_q \sum_i (q_i - p_i)^2 \quad \text{with} \quad q_{i+1} - q_i \ge \text{gap},
              \quad \text{lower} \le q_i \le \text{upper}

    With ``u_i = q_i - i gap`` the distances become ``u_i <= u_{i+1}``: an isotonic regression, clipped to
    the bounds (Barlow, Bartholomew, Bremner and Brunk 1972, Statistical Inference under Order Restrictions).

    Args:
        positions: Wanted positions in ascending order, ``[n]``, any unit.
        gap: Smallest distance, same unit. Made smaller where ``n`` positions do not fit between the bounds.
        bounds: Lowest and highest position allowed, same unit.
    """
    from scipy.optimize import isotonic_regression  # late: only labelled figures pay for scipy

    lower, upper = bounds
    count = len(positions)
    if count == 0:
        return positions
    gap = min(gap, (upper - lower) / max(count - 1, 1))
    steps = np.arange(count) * gap
    fitted = np.asarray(isotonic_regression(positions - steps).x, dtype=np.float64)
    moved: NDArray[np.float64] = np.clip(fitted, lower, upper - steps[-1]) + steps
    return moved


def save(
    figure: Figure, folder: Path, stem: str, *, dpi: int = 300, attribution: str = ""
) -> tuple[Path, Path]:
    """Write a figure as ``stem.png`` and ``stem.svg``; the same figure always gives the same bytes.

    The SVG keeps text as text. Neither file carries a date.

    Args:
        figure: The figure.
        folder: Where to write; made if it does not exist.
        stem: File name without its ending.
        dpi: Dots per inch of the PNG, at least 200.
        attribution: Whose data the figure shows; stored in the metadata of both files.

    Returns:
        The paths of the PNG and of the SVG.

    Raises:
        ResultsError: If ``dpi`` is below 200 or a file cannot be written.
    """
    if dpi < 200:
        raise ResultsError(f"dpi should be at least 200 for print. Found {dpi}. Try dpi=300.")
    png, svg = folder / f"{stem}.png", folder / f"{stem}.svg"
    looks: dict[Path, dict[str, Any]] = {
        png: {
            "dpi": dpi,
            "metadata": {"Copyright": attribution} if attribution else None,
            # the usual level of 6 takes three times as long for files a tenth smaller
            "pil_kwargs": {"compress_level": 2},
        },
        svg: {"metadata": {"Date": None} | ({"Rights": attribution} if attribution else {})},
    }
    with house_style():
        for path, look in looks.items():
            with write_whole(path, message=_CANNOT_WRITE) as partial:
                folder.mkdir(parents=True, exist_ok=True)
                figure.savefig(partial, format=path.suffix[1:], **look)
    return png, svg
