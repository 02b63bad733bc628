"""What a command says when it is done."""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from lrprism.spectral.bands.statistics import top_bands
from lrprism.spectral.knowledge.absorption import describe


def is_first_process() -> bool:
    """Whether this process speaks for all that work together."""
    from lightning.pytorch.utilities import rank_zero_only  # late: it takes seconds

    return getattr(rank_zero_only, "rank", 0) == 0


def print_training(console: Console, record: dict[str, Any]) -> None:
    """Say how good the network is, and on what."""
    test, split = record["test"], record["split"]
    kappa = "" if test["kappa"] is None else f", kappa {test['kappa']:.3f}"
    scores = f"Accuracy {100 * test['accuracy']:.1f} %, macro F1 {test['macro_f1']:.3f}{kappa}"
    _line(console, f"{scores} on {split['test']} test patches, split by {split['scheme']}.")
    overlap = split["test_windows_that_overlap_a_training_window"]
    if overlap is not None:
        found = (
            "No test window overlaps" if not overlap else f"{100 * overlap:.1f} % of the test windows overlap"
        )
        _line(console, f"{found} a window that the network was trained with.")
    for note in [*record["data"]["assumed"], *split["notes"]]:
        _line(console, f"Note: {note}.")


def print_seeds(console: Console, table: pd.DataFrame) -> None:
    """Say how far the results of several seeds scatter."""
    overall = table[table["quantity"] != "f1"]
    _line(console, f"Over {int(table['n'].max())} seeds, mean with its 95 % interval:")
    for _, row in overall.iterrows():
        name = str(row["quantity"]).replace("_", " ").replace("f1", "F1")
        _line(
            console, f"  {name} {row['mean']:.4f} ({row['low']:.4f} to {row['high']:.4f}), sd {row['sd']:.4f}"
        )


def print_bands(console: Console, table: pd.DataFrame) -> None:
    """Say in words which three bands speak most for each explained class."""
    _line(console, "The three bands that speak most for each class:")
    for target, rows in table.groupby("class", sort=True):
        best = top_bands(table, int(str(target)))
        words = [_band(float(row["wavelength_nm"])) for _, row in best.iterrows()]
        _line(console, f"  {rows['class_name'].iloc[0]}: {'; '.join(words)}")


def _band(nm: float) -> str:
    cause = describe(nm)
    return f"{nm:.1f} nm, {cause}" if cause else f"{nm:.1f} nm"


def print_conservation(console: Console, summary: dict[str, float]) -> None:
    """Say where relevance went."""
    taken = [
        f"{summary[name]:.3g} to {name.removeprefix('to_')}" for name in summary if name.startswith("to_")
    ]
    whole = f"Of {summary['explained']:.4g} explained (logit, mean per patch), {summary['at_input']:.4g}"
    rest = f"{summary['unaccounted']:.1g} unaccounted for"
    _line(console, f"{whole} reached the input; {', '.join(taken)}; {rest}.")


def print_files(console: Console, folder: Path) -> None:
    """Say where each result lies."""
    _line(console, "Results:")
    for path in sorted(folder.iterdir()):
        inside = f"/ ({len(list(path.iterdir()))} files)" if path.is_dir() else ""
        _line(console, f"  {path}{inside}")


def print_attribution(console: Console, record: dict[str, Any]) -> None:
    """Name whose data it is."""
    if record["data"]["attribution"]:
        _line(console, f"Data: {record['data']['attribution']}")


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
