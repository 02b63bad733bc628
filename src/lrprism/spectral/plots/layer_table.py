"""The rows of the figure of sums per layer: a conservation table, its sinks, and the ops that are drawn."""

from typing import Final

import numpy as np
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.plots import style

SINKS: Final[dict[str, tuple[str, str]]] = {  # column -> name in print, colour
    "to_bias": ("bias", style.ORANGE),
    "to_stabilizer": ("stabiliser", style.WINE),
    "to_rule": ("rule", style.GREEN),
    "to_constant": ("constant", "#A6A6A6"),
    "to_unknown": ("no rule", style.BLACK),
}
COLUMNS: Final = ("call", "module", "op", "rule", "relevance_out", "relevance_in", *SINKS)
NUMBERS: Final = ("relevance_out", *SINKS, "relevance_in")
INPUT: Final = "whole network"
LEAST: Final = 5e-3  # of the largest sum of relevance; an op that takes less is not drawn
MOST_ROWS: Final = 12  # ops


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


def choose_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the bars: the network's input, its output and the ops that took most; and how many are left out.

    The totals of all sinks stand in the row of the input.
    """
    ground = rows.iloc[[-1]].copy()
    for sink in SINKS:
        ground[sink] = ground[f"taken_{sink}"]
    ops = rows.iloc[:-1]
    taken = ops[list(SINKS)].abs().sum(axis=1)
    largest = taken[taken > LEAST * float(rows["relevance_out"].abs().max())].nlargest(MOST_ROWS)
    shown = ops.loc[sorted({0, *largest.index})]
    return pd.concat([ground, shown], ignore_index=True), len(ops) - len(shown)
