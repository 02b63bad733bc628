"""``lrprism compare``."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import json_output, options


def compare(
    results: Annotated[list[str], typer.Argument(help="Folders that lrprism explain wrote: one or two.")],
    out: options.Out,
    classes: Annotated[
        str | None,
        typer.Option(help="Two classes of one result, or one of two: names, or numbers in the labels."),
    ] = None,
    right_wrong: Annotated[
        bool, typer.Option("--right-wrong", help="Compare right and wrong samples of one result.")
    ] = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Compare the relevance of two classes, two results, or right and wrong samples.

    Writes contrast.csv, a row per band with the difference and its 95 % interval, and a figure.

    Examples:
        lrprism compare results/pines --classes Corn-notill,Soybean-mintill --out results/corn-soybean

        lrprism compare results/pines --right-wrong --out results/errors

        lrprism compare results/year-1 results/year-2 --classes Corn --out results/years
    """
    from lrprism.spectral.cli import output  # late: --help should not wait for the workbench
    from lrprism.spectral.runs import UnfinishedRun, versions
    from lrprism.spectral.workbench.compare import ComparisonSettings, compare_into
    from lrprism.spectral.workbench.progress import Reporter

    names = () if classes is None else tuple(name.strip() for name in classes.split(","))
    settings = ComparisonSettings(tuple(results), names, right_wrong)
    plan = {"comparison": asdict(settings), "versions": versions()}
    with UnfinishedRun.open(out, plan, overwrite=overwrite) as unfinished:
        lines = compare_into(unfinished.work, settings, Reporter(not quiet))
        unfinished.finish()
    if as_json:
        json_output.print_run(out)
        return
    console = Console()
    output.print_lines(console, lines)
    output.print_files(console, out)
