"""``lrprism inspect``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.cli import options
from lrprism.workbench.inspecting import describe_data, describe_network


def inspect(
    what: Annotated[
        str, typer.Argument(help="An HDF5 patch file, indian-pines, or a folder that lrprism train wrote.")
    ],
    wavelengths: Annotated[
        str | None, typer.Option(help="For a patch file: FIRST:LAST in nm, or a text file.")
    ] = None,
    rule: options.Rule = "tutorial",
) -> None:
    """Show what a data file holds, or which rule each layer of a network gets.

    Examples:
        lrprism inspect weed_dataset_w25.hdf5

        lrprism inspect runs/kochia --rule epsilon-gamma
    """
    text = describe_network(Path(what), rule) if Path(what).is_dir() else describe_data(what, wavelengths)
    Console().print(text, highlight=False, soft_wrap=True, markup=False)
