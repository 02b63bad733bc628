"""``lrprism evaluate``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import json_output, options, output
from lrprism.spectral.runs import UnfinishedRun
from lrprism.spectral.workbench.calibrate import WORDS
from lrprism.spectral.workbench.composites import COMPOSITES
from lrprism.spectral.workbench.evaluate import (
    JUDGEMENT,
    RULES,
    EvaluationSettings,
    evaluate_into,
    plan_evaluation,
)
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.references import REFERENCES


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder that lrprism train or demo wrote.")],
    out: options.Out,
    rules: Annotated[
        str,
        typer.Option(
            help="Composites to judge, by commas: NAME, compared with zero, or NAME@REFERENCE. "
            f"Names: {', '.join(COMPOSITES)}. References: {', '.join(REFERENCES)}."
        ),
    ] = ",".join(RULES),
    samples: Annotated[int, typer.Option(help="Samples of the test part at most.", min=1)] = 250,
    width: Annotated[int, typer.Option(help="Bands that are removed together.", min=1)] = 5,
    greedy: Annotated[int, typer.Option(help="Samples of the greedy ceiling; 0 for none.", min=0)] = 0,
    seed: options.Seed = 0,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Also plant features into the data, train the same network on them, and rank ways to "
            "explain by how well they find them: as long as the training.",
        ),
    ] = False,
    model: options.TrustedModel = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Judge how far explanations of a trained network can be believed; write tables and curves.

    Windows of bands are removed by relevance and filled in four ways; a random ranking and maps that know no
    network are judged beside the rules.

    Examples:
        lrprism evaluate runs/pines --out results/pines-evaluation

        lrprism evaluate runs/kochia --rules tutorial,epsilon@mean --samples 60 --out results/trust

        lrprism evaluate runs/pines --calibrate --out results/pines-calibration
    """
    names = tuple(name.strip() for name in rules.split(",") if name.strip())
    settings = EvaluationSettings(
        # without a choice, calibration has a longer list of its own
        rules=None if names == RULES else names,
        samples=samples,
        width=width,
        greedy=greedy,
        seed=seed,
        model=model,
        calibrate=calibrate,
    )
    with UnfinishedRun.open(out, plan_evaluation(run, settings), overwrite=overwrite) as unfinished:
        judgement = evaluate_into(unfinished.work, run, settings, Reporter(not quiet))
        unfinished.finish()
    console = Console()
    files = [JUDGEMENT, *([WORDS] if calibrate else [])]
    texts = [(out / name).read_text(encoding="utf-8").rstrip("\n") for name in files]
    if as_json:
        words = [line for text in texts for line in text.splitlines()]
        json_output.print_run(out, judgement=judgement.rows(), words=words)
        return
    console.print("\n\n".join(texts), highlight=False, soft_wrap=True, markup=False)
    output.print_files(console, out)
