"""The summary that a command prints at its end."""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from lrprism.spectral.training.tasks.classification import name_groups
from lrprism.spectral.training.tasks.registry import read_task
from lrprism.spectral.workbench.describe_explanation import find_doubt
from lrprism.spectral.workbench.scene_record import note_uneven_classes
from lrprism.spectral.workbench.split_settings import SCENES


def print_training(console: Console, record: dict[str, Any]) -> None:
    """Print the scores of a network, its split, and the notes on its data."""
    test, split = record["test"], record["split"]
    task = read_task(record)
    tested = f"{split['test']} test samples{name_groups(test, task.group)}"
    _print_line(console, f"{task.describe_test(test)} on {tested}, split by {split['scheme']}.")
    # None for patches, whose place is not known
    overlap = split["test_windows_that_overlap_a_training_window"]
    if overlap is not None:
        share = f"{100 * overlap:.1f} % of the test windows overlap" if overlap else "No test window overlaps"
        _print_line(console, f"{share} a window that the network was trained with.")
    # a network that was adopted has no course of a training
    for note in [*record["data"]["assumed"], *split["notes"], *record.get("notes", [])]:
        _print_line(console, f"Note: {note}.")
    doubt = find_doubt(record)
    if doubt:
        _print_line(console, f"Do not explain it yet: {doubt}.")


def print_seeds(console: Console, table: pd.DataFrame) -> None:
    """Print the scatter of the results over several seeds."""
    overall = table[~table["quantity"].isin(("f1", "iou"))].fillna({"output": ""})
    _print_line(console, f"Over {int(table['n'].max())} seeds, mean with its 95 % interval:")
    for _, row in overall.iterrows():
        name = (
            f"{row['quantity']} {row['output']}".strip()
            .replace("_", " ")
            .replace("f1", "F1")
            .replace("iou", "IoU")
        )
        _print_line(
            console, f"  {name} {row['mean']:.4f} ({row['low']:.4f} to {row['high']:.4f}), sd {row['sd']:.4f}"
        )


def print_scenes(console: Console, table: pd.DataFrame, record: dict[str, Any]) -> None:
    """Print the scores of each scene; with the split by scenes each by a network that has not seen it."""
    is_held_out = record["split"]["scheme"] == SCENES
    how = "each by a network that has not seen it" if is_held_out else "each by its test samples"
    _print_line(console, f"Scenes, {how}:")
    for _, row in table.iterrows():
        scores = f"accuracy {100 * row['accuracy']:.1f} %, macro F1 {row['macro_f1']:.3f}"
        _print_line(console, f"  {row['scene']}: {scores}, {int(row['samples'])} samples")
    print_lines(console, note_uneven_classes(record["scene_tests"]))
    if is_held_out and len(record["seeds"]) > 1:
        _print_line(console, f"The run keeps the network that has not seen {table['scene'].iloc[0]}.")


def print_conservation(console: Console, record: dict[str, Any]) -> None:
    """Print the sinks of relevance, from the record of an explanation."""
    summary = record["conservation"]
    unit = record["unit"]
    what = unit if record["reference"] == "zero" else f"{unit} less that of the reference"
    explained, arrived = f"{summary['explained']:.4g}", f"{summary['at_input']:.4g}"
    sinks = [
        f"{summary[name]:.3g} to {name.removeprefix('to_')}" for name in summary if name.startswith("to_")
    ]
    _print_line(
        console,
        f"Of {explained} explained ({what}, mean per sample), {arrived} reached the input; "
        f"{', '.join(sinks)}; {summary['unaccounted']:.1g} unaccounted for.",
    )


def print_files(console: Console, folder: Path) -> None:
    """List the results."""
    _print_line(console, "Results:")
    # relevance.zarr and figures are folders
    for path in sorted(folder.iterdir()):
        inside = f"/ ({len(list(path.iterdir()))} files)" if path.is_dir() else ""
        _print_line(console, f"  {path}{inside}")


def print_lines(console: Console, lines: list[str]) -> None:
    """Print what a step of the workbench says of itself."""
    for line in lines:
        _print_line(console, line)


def print_attribution(console: Console, record: dict[str, Any]) -> None:
    """Print the credit of the data."""
    if record["data"]["attribution"]:
        _print_line(console, f"Data: {record['data']['attribution']}")


def print_truth(console: Console, lines: list[str], file: Path) -> None:
    """Print what carries the class in simulated data, and where they are."""
    for line in lines:
        _print_line(console, f"{line[0].upper()}{line[1:]}.")
    _print_line(console, "Results:")
    _print_line(console, f"  {file}")


def print_split(console: Console, file: Path, split_file: Path) -> None:
    """Print how to train with the split that a blind feature needs."""
    _print_line(console, f"  {split_file}")
    _print_line(
        console,
        f"Train with lrprism train {file} --split {split_file}: with another split nothing is blind.",
    )


def _print_line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
