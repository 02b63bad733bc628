"""Is relevance conserved? A bar of where it ends, and one per op that keeps some, output to input."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.spectral.plots import style
from lrprism.spectral.plots.heading import Heading
from lrprism.spectral.plots.layer_table import SINKS, choose_rows, stack_rows
from lrprism.spectral.plots.legend import draw_legend, measure_legend
from lrprism.spectral.plots.style import MARGIN

REFERENCE: Final = "of_reference"
ELSEWHERE: Final = "on other paths"
TOLERANCE: Final = 1e-3  # of the largest sum of relevance; a part that is less everywhere is not drawn
ROUNDING: Final = 1e-12  # of the explained output; less than this is float64's own rounding

NAMES: Final = 46.0  # mm, the ops' names
SPACE: Final = 2.0  # mm, between the columns of numbers
TITLES: Final = 7.0  # mm, the titles of the columns of numbers
ROW: Final = 6.0  # mm
FIRST: Final = 1.4  # rows, from the first bar to the first op
AXIS: Final = 9.5  # mm
LEGEND: Final = 4  # entries side by side


@style.use_house_style
def layer_sums(
    table: pd.DataFrame,
    *,
    output: float | None = None,
    unit: str = "logit",
    facts: Iterable[str] = (),
    doubt: str = "",
) -> Figure:
    r"""Draw what the output is made of: bands, the reference, biases, stabilisers, rules; and which ops took.

    .. math:: R_\text{out}(k) + \sum_{l > k} \big(\text{bias}_l + \text{stabiliser}_l + \text{rule}_l
              + \text{constant}_l\big) + \text{other paths} = \text{explained output}

    The first bar is the relevance at the network's input and, stacked beside it, all that was taken on the
    way; where inputs are compared with a reference, also the output of the reference. Below it are the
    network's output and the ops that took most, output first: the relevance at the op's output, beside it the
    share of the ops after it. The first bar adds up to the output, the others to the explained output, the
    dashed line; negative parts are stacked to the left of 0. On a network with branches the remainder travels
    on other paths; at the network's input it is printed as not accounted for. Ops that only pass relevance on
    are counted, not drawn.

    Args:
        table: The conservation table: one row per op call in execution order with the columns of
            :data:`lrprism.spectral.plots.layer_table.COLUMNS`; means per sample. A row with the op "input"
            holds the relevance at the input; without one, that at the input of the first op counts as all.
        output: The mean output of the network where inputs are compared with a reference: what is not
            explained of it is the output of the reference. The explained output if None.
        unit: Unit of the explained output.
        facts: The samples, the rules and the reference in words, for the heading.
        doubt: Why the figures of the network are not to be read, for the heading.

    Returns:
        The figure, 180 mm wide: two columns.

    Raises:
        DataError: If a column is missing, the table is empty, or a number is not finite.
    """
    rows = stack_rows(table)
    bars, hidden = choose_rows(rows)
    explained = float(rows["relevance_out"].iloc[0])
    bars[REFERENCE] = 0.0
    bars.loc[0, REFERENCE] = 0.0 if output is None else output - explained
    lines = [*_describe_sums(rows, unit, output), *facts, _count_hidden(hidden)]
    heading = Heading.build(style.PAGE_WIDTH, "What the output is made of", lines, doubt)
    top, length = heading.height + TITLES, ROW * (len(bars) + FIRST - 1.0)
    legend = measure_legend(len(SINKS) + 4, LEGEND)
    figure = style.new_figure(style.PAGE_WIDTH, top + length + AXIS + legend)
    heading.draw(figure)
    columns = _format_columns(bars)
    width = style.PAGE_WIDTH - 2 * MARGIN - NAMES - sum(column.width for column in columns)
    axes = style.add_axes(figure, MARGIN + NAMES, top, width, length)
    axes.set(ylim=(length / ROW - 0.5, -0.5), yticks=[], xlabel=f"relevance ({unit}), mean per sample")
    axes.spines["left"].set_visible(False)
    places = np.arange(len(bars), dtype=np.float64)
    places[1:] += FIRST - 1.0
    _draw_bars(axes, bars, places, explained)
    _write_names(axes, bars, places)
    _write_numbers(axes, columns, places, width)
    draw_legend(figure, [axes], LEGEND)
    return figure


def _stack_parts(rows: pd.DataFrame) -> list[tuple[str, NDArray[np.float64], str]]:
    """Return legend, lengths and colour of the parts of a bar, without parts that nobody would see."""
    parts = [("relevance at the bands, or at the op's output", rows["relevance_out"], style.BLUE)]
    parts.append(("output of the reference", rows[REFERENCE], style.SKY))
    parts += [(f"taken by {name}", rows[f"taken_{sink}"], colour) for sink, (name, colour) in SINKS.items()]
    parts.append((ELSEWHERE, rows["elsewhere"], "white"))
    smallest = TOLERANCE * float(rows["relevance_out"].abs().max())
    lengths = [(label, values.to_numpy(dtype=np.float64), colour) for label, values, colour in parts]
    return [part for part in lengths if np.abs(part[1]).max() > smallest]


def _draw_bars(axes: Axes, rows: pd.DataFrame, places: NDArray[np.float64], explained: float) -> None:
    # positive parts grow to the right of 0, negative ones to the left
    positive, negative = np.zeros(len(rows)), np.zeros(len(rows))
    for label, values, colour in _stack_parts(rows):
        hatched = label == ELSEWHERE
        axes.barh(
            places,
            values,
            left=np.where(values >= 0, positive, negative),
            height=np.where(places > 0, 0.62, 0.9),
            color=colour,
            edgecolor=style.GREY if hatched else "none",
            linewidth=0.4,
            hatch="////" if hatched else None,
            label=label,
        )
        positive, negative = positive + np.maximum(values, 0), negative + np.minimum(values, 0)
    low, high = float(negative.min()), float(positive.max())
    room = 0.04 * ((high - low) or 1.0)
    axes.set_xlim(low - room, high + room)
    axes.xaxis.set_major_formatter(style.format_tick)
    axes.axvline(0, color=style.BLACK, linewidth=0.6)
    axes.axvline(explained, color=style.BLACK, linewidth=0.8, linestyle="--", label="explained output")


def _write_names(axes: Axes, rows: pd.DataFrame, places: NDArray[np.float64]) -> None:
    names = zip(places, rows["module"], rows["op"], rows["rule"], strict=True)
    for place, module, op, rule in names:
        name = _shorten_name(module, f" ({op})" if op else "") if module else op
        lines = [(name, 1.0 if rule else -2.2, style.FONT_SMALL, style.BLACK)]
        lines.append((_cut_rule(rule), -6.5, style.FONT_SMALL, style.GREY))
        for text, lift, size, colour in lines:
            axes.annotate(
                text,
                (0, place),
                xycoords=axes.get_yaxis_transform(),
                xytext=(-6, lift),
                textcoords="offset points",
                ha="right",
                va="baseline",
                fontsize=size,
                color=colour,
            )


def _shorten_name(text: str, suffix: str) -> str:
    """Take characters out of the middle until the name fits its column."""
    short, drop = text + suffix, 0
    while style.text_width(short, style.FONT_SMALL) > NAMES - 4.0 and drop < len(text):
        drop += 1
        keep = len(text) - drop
        short = f"{text[: keep // 2]}…{text[len(text) - (keep - keep // 2) :]}{suffix}"
    return short


def _cut_rule(text: str) -> str:
    """Take characters off the end until the rule fits its column."""
    short = text
    while style.text_width(short, style.FONT_SMALL) > NAMES - 4.0:
        short = f"{short.rstrip('…')[:-1]}…"
    return short


@dataclass(frozen=True)
class _Column:
    """A column of numbers in print."""

    title: str
    colour: str
    texts: list[str]

    @property
    def width(self) -> float:
        """Width in mm, with the space before it."""
        return SPACE + max(style.text_width(text, style.FONT_SMALL) for text in (self.title, *self.texts))


def _format_columns(rows: pd.DataFrame) -> list[_Column]:
    columns = [
        _Column("relevance", style.BLUE, [style.format_number(value) for value in rows["relevance_out"]])
    ]
    for sink, (title, colour) in SINKS.items():
        texts = [style.format_number(value, 2) for value in rows[sink]]
        columns.append(_Column(title, colour, texts))
    return columns


def _write_numbers(axes: Axes, columns: list[_Column], places: NDArray[np.float64], width: float) -> None:
    transform = axes.get_yaxis_transform()
    write = functools.partial(axes.text, ha="right", fontsize=style.FONT_SMALL, transform=transform)
    ends = 1 + np.cumsum([column.width for column in columns]) / width
    top = -0.55
    write(ends[-1], top - 0.5, "taken: first line by all ops, below by this op", va="bottom")
    for end, column in zip(ends, columns, strict=True):
        write(end, top, column.title, va="bottom", color=column.colour)
        for place, text in zip(places, column.texts, strict=True):
            write(end, place, text, va="center", color="#A0A0A0" if text == "0" else style.BLACK)


def _describe_sums(rows: pd.DataFrame, unit: str, output: float | None) -> list[str]:
    """Return the sums at the bands, those taken on the way and what is not accounted for, in words."""
    explained, ground = float(rows["relevance_out"].iloc[0]), rows.iloc[-1]
    missing = float(ground["elsewhere"])
    missing = 0.0 if abs(missing) < ROUNDING * abs(explained) else missing
    absorbed = sum(float(ground[f"taken_{sink}"]) for sink in SINKS)
    ends = [
        f"at the bands {style.format_number(float(ground['relevance_out']), 4)} "
        f"+ taken {style.format_number(absorbed, 4)} + not accounted for {style.format_number(missing, 1)}"
        f" = explained {style.format_number(explained, 4)} {unit}"
    ]
    if output is not None:
        ends.append(
            f"explained + output of the reference {style.format_number(output - explained, 4)}"
            f" = output {style.format_number(output, 4)}"
        )
    return ends


def _count_hidden(hidden: int) -> str:
    if not hidden:
        return ""
    return f"{hidden} op{'s that pass' if hidden > 1 else ' that passes'} relevance on left out"
