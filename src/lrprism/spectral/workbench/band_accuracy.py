"""The accuracies of networks trained again with few bands, summed up, and in words."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from lrprism.spectral.plots.selection import FEW
from lrprism.spectral.training.seeds import measure_scatter
from lrprism.spectral.workbench.retrain import ALL

LOSS: Final = 0.02
"""Accuracy that few bands may lose and still do in place of all."""


def note_few_trainings(summary: pd.DataFrame) -> list[str]:
    """Say that intervals from fewer than 5 trainings are wide; nothing where each is from more, or from one.

    Args:
        summary: The result of :func:`summarize_accuracy`.
    """
    fewest = int(summary.loc[summary["n"] > 1, "n"].min()) if (summary["n"] > 1).any() else FEW
    if fewest >= FEW:
        return []
    return [f"{fewest} trainings where at least {FEW} are asked for: intervals are wide"]


def tell_sufficient(summary: pd.DataFrame) -> list[str]:
    """Say of each choice of bands if it would do in place of all bands.

    It would where the 95 % interval of the paired difference in accuracy lies above a loss of
    :data:`LOSS`, and would not where it lies below.

    Args:
        summary: The result of :func:`summarize_accuracy`.

    Returns:
        A line for each choice, behind a line that says what is asked; none without trainings with all bands.
    """
    chosen = summary[(summary["method"] != ALL) & summary["less_all"].notna()]
    if chosen.empty:
        return []
    lines = [
        f"Would they do? Points of accuracy beside all bands, paired by seed; at most {100 * LOSS:.0f} lost:"
    ]
    for row in chosen.to_dict("records"):
        change = f"{100 * row['less_all']:+.1f}"
        if not np.isnan(row["less_all_low"]):
            change += f" ({100 * row['less_all_low']:+.1f} to {100 * row['less_all_high']:+.1f})"
        lines.append(f"  {row['k']} bands by {row['method']}: {change}, {_judge_loss(row)}")
    return lines


def _judge_loss(row: Mapping[Any, Any]) -> str:
    """Return in words if a choice of bands loses little enough."""
    if np.isnan(row["less_all_low"]):
        return "one training cannot tell"
    if row["less_all_low"] >= -LOSS:
        return "they would do"
    if row["less_all_high"] < -LOSS:
        return "they would not"
    return f"{row['n']} trainings cannot tell"


def summarize_accuracy(table: pd.DataFrame) -> pd.DataFrame:
    """Summarise the trainings of each method and number of bands: mean accuracy with its 95 % interval.

    The interval is Student's t over seeds, see :func:`lrprism.spectral.training.summarize_seeds`: it speaks
    of other trainings on this split, for random bands also of other draws; not of other fields or images.
    Its ends are cut off at 0 and 1, as no accuracy lies beyond.

    Args:
        table: The result of :func:`lrprism.spectral.workbench.retrain.retrain`.

    Returns:
        A row per method and k in the order of the trainings: method, k, mean, sd, low, high, n; of_all, the
        mean as a share of that with all bands; and the difference from all bands, paired by seed, as
        less_all with its 95 % interval less_all_low and less_all_high.
    """
    full_by_seed = table[table["method"] == ALL].set_index("seed")["accuracy"]
    rows = []
    for (method, k), group in table.groupby(["method", "k"], sort=False):
        scatter = measure_scatter(group["accuracy"].tolist())
        paired = (group.set_index("seed")["accuracy"] - full_by_seed).dropna().tolist()
        less = measure_scatter(paired)
        ends = {"less_all_low": less["low"], "less_all_high": less["high"]}
        rows.append({"method": method, "k": k, **scatter, "less_all": less["mean"], **ends})
    summary = pd.DataFrame(rows)
    # Student's t knows no bounds: two trainings may give -0.5 to 1.6
    summary[["low", "high"]] = summary[["low", "high"]].clip(0.0, 1.0)
    full = summary.loc[summary["method"] == ALL, "mean"]
    return summary.assign(of_all=summary["mean"] / full.iloc[0] if len(full) else float("nan"))
