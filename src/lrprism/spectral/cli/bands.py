"""``lrprism bands``."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lrprism.engine import format_table
from lrprism.errors import InputError
from lrprism.spectral.bands import SELECTORS
from lrprism.spectral.cli import json_output, options, output
from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.retrained_shares import ShareSettings, measure_shares_into, plan_shares
from lrprism.spectral.workbench.select_bands import SelectionSettings, plan_selection, select_into


def bands(
    run: Annotated[Path, typer.Argument(help="Folder that lrprism train or demo wrote.")],
    out: options.Out,
    select: Annotated[
        str | None,
        typer.Option(
            help="Ways to select bands, by commas: "
            + "; ".join(f"{name}, {selector.summary}" for name, selector in SELECTORS.items())
            + ". Each choice is trained again."
        ),
    ] = None,
    counts: Annotated[
        str, typer.Option("-k", "--count", help="Numbers of bands to select, by commas.")
    ] = "5,10,30",
    seeds: Annotated[
        int | None,
        typer.Option(
            help="Trainings, for intervals: with each choice, by default 5; without --select with all bands.",
            min=1,
        ),
    ] = None,
    per_class: Annotated[
        int, typer.Option(help="Without --select: test samples of each class at most.", min=1)
    ] = ShareSettings.per_class,
    least_accuracy: Annotated[
        float | None,
        typer.Option(
            help="Without --select: the accuracy that a network needs to count, from 0 to 1. By default all "
            "count but those well below the median."
        ),
    ] = None,
    redraw: Annotated[
        bool,
        typer.Option(
            "--redraw/--no-redraw",
            help="Without --select: each training draws its training samples again, whole groups of them, so "
            "that intervals speak of other training samples too.",
        ),
    ] = ShareSettings.redraw,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Without --select: trainings at a time; by default one per core of the processor.", min=1
        ),
    ] = None,
    seed: options.Seed = 0,
    model: options.TrustedModel = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Select bands in several ways and train again with each; write tables and a figure.

    Bands are selected on the training part alone, and networks are tested on the test part, with all bands
    beside. Without --select the network is trained again with other seeds, and the bands that every network
    uses, some do or none does are told, with intervals. After a kill the same command goes on.

    Examples:
        lrprism bands runs/pines --select relevance,gss,equal,random -k 5,10,30 --out results/pines-bands

        lrprism bands runs/kochia --select relevance,anova,mrmr -k 10 --seeds 10 --out results/ten-bands

        lrprism bands runs/pines --seeds 30 --out results/pines-shares
    """
    if select is None:
        _check_seeds(seeds)
        shares = ShareSettings(seeds or 0, per_class, least_accuracy, redraw, seed, model)
        words = _measure_shares(run, out, shares, jobs, overwrite=overwrite, quiet=quiet)
    else:
        settings = SelectionSettings(_read_names(select), _read_counts(counts), seeds or 5, seed, model)
        with UnfinishedRun.open(out, plan_selection(run, settings), overwrite=overwrite) as unfinished:
            words = _describe(select_into(unfinished.work, run, settings, Reporter(not quiet)))
            unfinished.finish()
    if as_json:
        json_output.print_run(out)
        return
    console = Console()
    output.print_lines(console, words)
    output.print_files(console, out)


def _check_seeds(seeds: int | None) -> None:
    """Refuse a call that asks neither for a selection nor for several trainings.

    Raises:
        InputError: If it does.
    """
    if seeds is None or seeds < 2:
        raise InputError(
            "bands should be told how to select them, or how often to train. Found no --select and "
            f"{'no --seeds' if seeds is None else f'--seeds {seeds}'}. Name some of {', '.join(SELECTORS)}, "
            "or give --seeds 30 for the bands that every network uses."
        )


def _measure_shares(
    run: Path, out: Path, settings: ShareSettings, jobs: int | None, *, overwrite: bool, quiet: bool
) -> list[str]:
    """Train with several seeds; return in words which bands the networks agree on."""
    with UnfinishedRun.open(out, plan_shares(run, settings), overwrite=overwrite) as unfinished:
        record = measure_shares_into(unfinished.work, run, settings, Reporter(not quiet), jobs)
        unfinished.finish()
    words: list[str] = record["words"]
    return words


def _read_names(select: str) -> tuple[str, ...]:
    """Read the ways to select."""
    return tuple(name.strip() for name in select.split(",") if name.strip())


def _read_counts(words: str) -> tuple[int, ...]:
    """Read the numbers of bands.

    Raises:
        InputError: If a word is no whole number.
    """
    parts = [word.strip() for word in words.split(",") if word.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        raise InputError(
            f"-k should be whole numbers by commas, such as 5,10,30. Found {words!r}. Write them so."
        )
    return tuple(map(int, parts))


def _describe(record: dict[str, Any]) -> list[str]:
    """Return the table of accuracies, the bands of each choice, and the notes, line by line."""
    head = ["bands selected by", "k", "accuracy", "95 % interval", "trainings", "of all bands"]
    lines = [format_table(head, [_format_row(row) for row in record["accuracy"]]), ""]
    lines += record["sufficient"]
    lines.append("The bands, in nm, and as the next command takes them:")
    for choice in record["bands"]:
        which = f", seed {choice['seeds']}" if SELECTORS[choice["method"]].is_random else ""
        nm = choice["wavelength_nm"].replace(",", ", ")
        lines.append(f"  {choice['method']} {choice['k']}{which}: {nm}")
        if choice["bands"]:
            lines.append(f"    --bands {choice['bands']}")
    lines.append("Note: the intervals speak of other trainings on this split, not of other fields or images.")
    if len(record["bands"]) > 1:
        lines.append("Note: all are judged on one test part: whichever does best looks better than it is.")
    return [*lines, *(f"Note: {note}." for note in record["notes"])]


def _format_row(row: dict[str, Any]) -> list[str]:
    # one training has no interval
    interval = f"{row['low']:.4f} to {row['high']:.4f}" if row["n"] > 1 else "-"
    numbers = [f"{row['mean']:.4f}", interval, str(row["n"]), f"{100 * row['of_all']:.1f} %"]
    return [row["method"], str(row["k"]), *numbers]
