"""``lrprism view``."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.spectral.cli import output
from lrprism.spectral.workbench.explore import find_explorer


def view(
    results: Annotated[Path, typer.Argument(help="Folder that lrprism explain or demo wrote.")],
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the place of the page, and open no browser.")
    ] = False,
) -> None:
    """Open the explorer of some results in the browser.

    The page is one file that asks for no other: it can be sent to somebody else as it is.

    Examples:
        lrprism view results/pines-map

        lrprism view results/kochia --print
    """
    page = find_explorer(results).resolve()
    output.print_lines(Console(), [str(page)])
    if not print_only and not webbrowser.open(page.as_uri()):
        output.print_lines(Console(), ["No browser was found here: open the file in one."])
