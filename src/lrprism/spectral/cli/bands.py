"""``lrprism bands``."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lrprism.engine import format_table
from lrprism.errors import InputError
from lrprism.spectral.bands import SELECTORS
from lrprism.spectral.cli import options, output
from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.workbench.progress import Reporter
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
    seeds: Annotated[int, typer.Option(help="Trainings with each choice, for intervals.", min=1)] = 5,
    seed: options.Seed = 0,
    model: options.TrustedModel = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Select bands in several ways and train again with each; write tables and a figure.

    Bands are selected on the training part alone, and networks are tested on the test part, with all bands
    beside. After a kill the same command goes on.

    Examples:
        lrprism bands runs/pines --select relevance,gss,equal,random -k 5,10,30 --out results/pines-bands

        lrprism bands runs/kochia --select relevance,anova,mrmr -k 10 --seeds 10 --out results/ten-bands
    """
    settings = SelectionSettings(_read_names(select), _read_counts(counts), seeds, seed, model)
    with UnfinishedRun.open(out, plan_selection(run, settings), overwrite=overwrite) as unfinished:
        record = select_into(unfinished.work, run, settings, Reporter(not quiet))
        unfinished.finish()
    console = Console()
    console.print("\n".join(_describe(record)), highlight=False, soft_wrap=True, markup=False)
    output.print_files(console, out)


def _read_names(select: str | None) -> tuple[str, ...]:
    """Read the ways to select.

    Raises:
        InputError: If there is none.
    """
    if select is None:
        raise InputError(
            "bands should be told how to select them. Found no --select. Name some of "
            f"{', '.join(SELECTORS)}."
        )
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
    lines.append("The bands, in nm, and as the next command takes them:")
    for choice in record["bands"]:
        which = f", seed {choice['seeds']}" if SELECTORS[choice["method"]].is_random else ""
        nm = choice["wavelength_nm"].replace(",", ", ")
        lines.append(f"  {choice['method']} {choice['k']}{which}: {nm}")
        if choice["bands"]:
            lines.append(f"    --bands {choice['bands']}")
    lines.append("Note: the intervals speak of other trainings on this split, not of other fields or images.")
    return [*lines, *(f"Note: {note}." for note in record["notes"])]


def _format_row(row: dict[str, Any]) -> list[str]:
    # one training has no interval
    interval = f"{row['low']:.4f} to {row['high']:.4f}" if row["n"] > 1 else "-"
    numbers = [f"{row['mean']:.4f}", interval, str(row["n"]), f"{100 * row['of_all']:.1f} %"]
    return [row["method"], str(row["k"]), *numbers]
