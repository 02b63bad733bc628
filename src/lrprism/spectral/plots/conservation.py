"""Is relevance conserved? One bar per op, output to input, each adding up to the explained output."""

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.plots import style
from lrprism.spectral.plots.style import MARGIN

SINKS: Final[dict[str, tuple[str, str]]] = {  # column -> name in print, colour
    "to_bias": ("bias", style.ORANGE),
    "to_stabilizer": ("stabiliser", style.PINK),
    "to_rule": ("rule", style.GREEN),
    "to_constant": ("constant", "#8C8C8C"),
    "to_unknown": ("no rule", "#333333"),
}
COLUMNS: Final = ("call", "module", "op", "rule", "relevance_out", "relevance_in", *SINKS)
NUMBERS: Final = ("relevance_out", *SINKS, "relevance_in")
INPUT: Final = "network input"
ELSEWHERE: Final = "on other paths"
TOLERANCE: Final = 1e-3  # of the explained output; less than this on other paths is not drawn
ROUNDING: Final = 1e-12  # of the explained output; less than this is float64's own rounding
MOST_ROWS: Final = 40  # with more ops than this, those that pass relevance on unchanged are left out

HEADING: Final = 15.0  # mm
NAMES: Final = 46.0  # mm, the ops' names
SPACE: Final = 2.0  # mm, between the columns of numbers
ROW: Final = 5.4  # mm
FOOT: Final = 23.0  # mm
NUMBER: Final = 5.5  # points, of the numbers


@style.use_house_style
def layer_sums(table: pd.DataFrame, *, unit: str = "logit", way: str = "", doubt: str = "") -> Figure:
    r"""Draw the sum of relevance at every op, from the network's output down to its input.

    .. math:: R_\text{out}(k) + \sum_{l > k} \big(\text{bias}_l + \text{stabiliser}_l + \text{rule}_l
              + \text{constant}_l\big) + \text{other paths} = \text{explained output}

    A bar holds the relevance at the op's output and, stacked beside it, the share of the ops after it: every
    bar adds up to the explained output, the dashed line. Negative parts are stacked to the left of 0. On a
    network with branches the remainder travels on other paths; at the network's input it is printed as not
    accounted for. The columns print what each op itself took.

    Args:
        table: The conservation table: one row per op call in execution order with the columns of
            :data:`COLUMNS`; means per sample. A row with the op "input" holds the relevance at the input;
            without one, that at the input of the first op counts as all of it.
        unit: Unit of the explained output.
        way: The rules and the reference in words, for the heading.
        doubt: Why the figures of the network are not to be read, for the heading.

    Returns:
        The figure, 170 mm wide; it grows with the number of ops.

    Raises:
        DataError: If a column is missing, the table is empty, or a number is not finite.
    """
    rows = stack_rows(table)
    explained = float(rows["relevance_out"].iloc[0])
    bars, hidden = _drop_routing(rows)
    figure = style.new_figure(style.PAGE_WIDTH, HEADING + ROW * len(bars) + FOOT)
    columns = _format_columns(bars)
    width = style.PAGE_WIDTH - 2 * MARGIN - NAMES - sum(column.width for column in columns)
    axes = style.add_axes(figure, MARGIN + NAMES, HEADING, width, ROW * len(bars))
    axes.set(ylim=(len(bars) - 0.5, -0.5), yticks=[], xlabel=f"relevance ({unit}), mean per sample")
    axes.spines["left"].set_visible(False)
    _draw_bars(axes, bars, explained)
    _write_names(axes, bars)
    _write_numbers(axes, columns, width)
    _write_sums_heading(figure, rows, hidden=hidden, unit=unit, way=way, doubt=doubt)
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="lower center",
        bbox_to_anchor=(0.5, 4.0 / style.measure_figure(figure)[1]),
        ncols=4,
        columnspacing=1.5,
    )
    return figure


def stack_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Turn the conservation table into the rows of the figure, output first, the network's input last.

    Returns:
        The table's rows in reverse and a last one for the input, with the columns ``taken_<sink>`` (the
        sum that all later ops gave to that sink) and ``elsewhere`` (the remainder to the explained output).

    Raises:
        DataError: If a column is missing, the table is empty, or a number is not finite.
    """
    _check_table(table)
    rows = table[table["op"] != "input"].sort_values("call", ascending=False)[list(COLUMNS)]
    rows = rows.reset_index(drop=True)
    words = ["module", "op", "rule"]
    rows[words] = rows[words].fillna("").astype(str)  # pandas reads an empty field of a CSV as NaN
    last = rows.iloc[-1]
    ground = {
        "call": int(last["call"]) - 1,
        "module": INPUT,
        "op": "",
        "rule": "",
        **dict.fromkeys(SINKS, 0.0),
    }
    arrived = table.loc[table["op"] == "input", "relevance_in"]
    ground["relevance_out"] = ground["relevance_in"] = (
        arrived.iloc[0] if len(arrived) else last["relevance_in"]
    )
    rows = pd.concat([rows, pd.DataFrame([ground])], ignore_index=True)
    for sink in SINKS:
        rows[f"taken_{sink}"] = rows[sink].cumsum().shift(1, fill_value=0.0)
    absorbed = rows[[f"taken_{sink}" for sink in SINKS]].sum(axis=1)
    rows["elsewhere"] = rows["relevance_out"].iloc[0] - rows["relevance_out"] - absorbed
    return rows


def _check_table(table: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing or table.empty:
        raise DataError(
            f"A conservation table should have at least one row and the columns {', '.join(COLUMNS)}. Found "
            f"{len(table)} rows, without {', '.join(missing) or 'any'}. Try the conservation.csv of a run."
        )
    finite = np.isfinite(table[list(NUMBERS)].to_numpy(dtype=np.float64))
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        call = table["call"].iloc[row]
        raise DataError(
            f"A conservation table should hold finite numbers. Found {table[NUMBERS[column]].iloc[row]} in "
            f"{NUMBERS[column]} of call {call}. Look for NaN in the input or in the weights."
        )


def _drop_routing(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    if len(rows) <= MOST_ROWS:
        return rows, 0
    # ops without a rule that took nothing: reshaping, selecting
    silent = (rows[list(SINKS)] == 0).all(axis=1) & (rows["rule"] == "")
    silent &= rows["module"] != INPUT
    silent.iloc[0] = False  # the output
    return rows[~silent].reset_index(drop=True), int(silent.sum())


def _stack_parts(rows: pd.DataFrame) -> list[tuple[str, NDArray[np.float64], str]]:
    """Return legend, lengths and colour of the parts of a bar, without parts that are 0 everywhere."""
    parts = [("relevance at the op's output", rows["relevance_out"], style.BLUE)]
    parts += [(f"taken by {name}", rows[f"taken_{sink}"], colour) for sink, (name, colour) in SINKS.items()]
    smallest = TOLERANCE * float(rows["relevance_out"].abs().max())
    parts.append((ELSEWHERE, rows["elsewhere"].where(rows["elsewhere"].abs() > smallest, 0.0), "white"))
    return [
        (label, values.to_numpy(dtype=np.float64), colour) for label, values, colour in parts if values.any()
    ]


def _draw_bars(axes: Axes, rows: pd.DataFrame, explained: float) -> None:
    # positive parts grow to the right of 0, negative ones to the left
    positive, negative = np.zeros(len(rows)), np.zeros(len(rows))
    for label, values, colour in _stack_parts(rows):
        hatched = label == ELSEWHERE
        axes.barh(
            range(len(rows)),
            values,
            left=np.where(values >= 0, positive, negative),
            height=0.62,
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


def _write_names(axes: Axes, rows: pd.DataFrame) -> None:
    for index, (module, op, rule) in enumerate(zip(rows["module"], rows["op"], rows["rule"], strict=True)):
        name = _shorten_name(module, f" ({op})" if op else "") if module else op
        lines = [(name, 1.0 if rule else -2.2, style.FONT_SMALL, style.BLACK)]
        lines.append((_cut_rule(rule), -6.0, style.FONT_TINY, style.GREY))
        for text, lift, size, colour in lines:
            axes.annotate(
                text,
                (0, index),
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
    while style.text_width(short, style.FONT_TINY) > NAMES - 4.0:
        short = f"{short.rstrip('…')[:-1]}…"
    return short


@dataclass(frozen=True)
class _Column:
    """A column of numbers in print; empty texts at the network's input."""

    title: str
    colour: str
    texts: list[str]

    @property
    def width(self) -> float:
        """Width in mm, with the space before it."""
        return SPACE + max(style.text_width(text, NUMBER) for text in (self.title, *self.texts))


def _format_columns(rows: pd.DataFrame) -> list[_Column]:
    columns = [
        _Column("at output", style.BLUE, [style.format_number(value) for value in rows["relevance_out"]])
    ]
    for sink, (title, colour) in SINKS.items():
        texts = [
            "" if module == INPUT else style.format_number(value, 2)
            for value, module in zip(rows[sink], rows["module"], strict=True)
        ]
        columns.append(_Column(title, colour, texts))
    return columns


def _write_numbers(axes: Axes, columns: list[_Column], width: float) -> None:
    place = axes.get_yaxis_transform()
    write = functools.partial(axes.text, ha="right", fontsize=NUMBER, transform=place)
    ends = 1 + np.cumsum([column.width for column in columns]) / width
    top = -0.62
    write(ends[-1], top - 0.5, "taken by this op", va="bottom")
    for end, column in zip(ends, columns, strict=True):
        write(end, top, column.title, va="bottom", color=column.colour)
        for index, text in enumerate(column.texts):
            write(end, index, text, va="center", color="#A0A0A0" if text == "0" else style.BLACK)


def _write_sums_heading(
    figure: Figure, rows: pd.DataFrame, *, hidden: int, unit: str, way: str, doubt: str
) -> None:
    explained, ground = float(rows["relevance_out"].iloc[0]), rows.iloc[-1]
    missing = float(ground["elsewhere"])
    missing = 0.0 if abs(missing) < ROUNDING * abs(explained) else missing
    absorbed = sum(float(ground[f"taken_{sink}"]) for sink in SINKS)
    facts = [
        f"at the input {style.format_number(float(ground['relevance_out']), 4)} "
        f"+ taken {style.format_number(absorbed, 4)} + not accounted for {style.format_number(missing, 1)}"
        f" = explained {style.format_number(explained, 4)} {unit}",
        way,
    ]
    if hidden:
        facts.append(f"{hidden} ops that pass relevance on unchanged left out")
    style.write_heading(figure, "Relevance from the output to the input", facts, doubt)
    note = "each bar adds up to the explained output (parts left of 0 count as negative)"
    style.write(
        figure, MARGIN, style.measure_figure(figure)[1] - 4.0, note, size=style.FONT_TINY, colour=style.GREY
    )
