"""The command line: options in, run folders out."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.errors import LRPrismError
from lrprism.memory import keep_freed_memory
from lrprism.spectral.cli.adopt import adopt
from lrprism.spectral.cli.demo import demo
from lrprism.spectral.cli.explain import explain
from lrprism.spectral.cli.inspect import inspect
from lrprism.spectral.cli.train import train


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("lrprism"))
        raise typer.Exit


app = typer.Typer(
    name="lrprism",
    help="Which wavelengths and pixels did a network use? Relevance propagation for spectral images.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    del show_version


for command in (demo, train, adopt, explain, inspect):
    app.command(no_args_is_help=command is not demo)(command)


def main() -> None:
    """Run the command line; a user's error ends with one line and exit code 2."""
    keep_freed_memory()
    sys.path.append(str(Path.cwd()))  # last: a network in the folder is found, and no file hides a package
    try:
        app()
    except LRPrismError as error:
        Console(stderr=True).print(
            f"[bold red]error:[/] {_escaped(str(error))}", highlight=False, soft_wrap=True
        )
        sys.exit(2)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
