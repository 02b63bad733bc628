"""``lrprism evaluate``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import options, output
from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.workbench.composites import COMPOSITES
from lrprism.spectral.workbench.evaluate import RULES, EvaluationSettings, evaluate_into, plan_evaluation
from lrprism.spectral.workbench.progress import Reporter


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder that lrprism train or demo wrote.")],
    out: options.Out,
    rules: Annotated[
        str, typer.Option(help=f"Rules to judge, by commas: {', '.join(COMPOSITES)}.")
    ] = ",".join(RULES),
    samples: Annotated[int, typer.Option(help="Samples of the test part at most.", min=1)] = 250,
    width: Annotated[int, typer.Option(help="Bands that are removed together.", min=1)] = 5,
    greedy: Annotated[int, typer.Option(help="Samples of the greedy ceiling; 0 for none.", min=0)] = 0,
    seed: options.Seed = 0,
    model: options.TrustedModel = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Judge how far explanations of a trained network can be believed; write tables and curves.

    Windows of bands are removed by relevance and filled in four ways; a random ranking and maps that know no
    network are judged beside the rules.

    Examples:
        lrprism evaluate runs/pines --out results/pines-evaluation

        lrprism evaluate runs/kochia --rules tutorial,epsilon-plus --samples 60 --out results/trust
    """
    settings = EvaluationSettings(
        rules=tuple(name.strip() for name in rules.split(",") if name.strip()),
        samples=samples,
        width=width,
        greedy=greedy,
        seed=seed,
        model=model,
    )
    with UnfinishedRun.open(out, plan_evaluation(run, settings), overwrite=overwrite) as unfinished:
        judgement = evaluate_into(unfinished.work, run, settings, Reporter(not quiet))
        unfinished.finish()
    console = Console()
    console.print(str(judgement), highlight=False, soft_wrap=True, markup=False)
    output.print_files(console, out)
