"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[int, typer.Option(help="Seed of everything drawn at random.", min=0)]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
Out = Annotated[Path, typer.Option(help="Folder for the results; it appears when all is written.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in that folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
Rule = Annotated[
    str,
    typer.Option(
        help="LRP rules: tutorial, epsilon-gamma, epsilon, lrp-0, epsilon-plus, epsilon-plus-flat, "
        "epsilon-alpha2-beta1 or epsilon-alpha2-beta1-flat."
    ),
]
Target = Annotated[
    str, typer.Option(help="Class to explain: predicted, true, a class number or a class name.")
]
