"""The command line: options in, run folders out."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from typer.core import TyperCommand

from lrprism.errors import LRPrismError
from lrprism.memory import keep_freed_memory
from lrprism.spectral.cli.several_values import SeveralValuesCommand

COMMANDS: Final = {
    "demo": "Train on the Indian Pines scene and explain what the network used, in a few minutes.",
    "train": "Train a network; write weights, split and run.json. After a kill the same command goes on.",
    "adopt": "Take over a network trained elsewhere, test it, and make it ready for lrprism explain.",
    "explain": "Explain samples with a trained network; write relevance, tables and figures.",
    "view": "Open the explorer of some results in the browser.",
    "bands": "Select bands in several ways and train again with each; write tables and a figure.",
    "compare": "Compare the relevance of two classes, two results, or right and wrong samples.",
    "evaluate": "Judge how far explanations of a trained network can be believed; write tables and curves.",
    "convert": "Write a cube or a map into another format, with all that is known of its bands and place.",
    "simulate": "Write images of leaves in which it is known what carries the class.",
    "inspect": "Show what a data file holds, or which rule each layer of a network gets.",
}
"""The commands, each a function of its name in a module of its name, and the first line of its docstring."""


class LateCommand(TyperCommand):
    """A command whose module, and torch with it, is imported when it is called."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **settings: Any) -> Any:
        """Read the arguments with the command itself."""
        return load_command(str(self.name)).make_context(info_name, args, *rest, **settings)


def load_command(name: str) -> Any:
    """Import a command and build its parser.

    Args:
        name: A name in :data:`COMMANDS`.
    """
    # a command is a function of the name of its module
    function = getattr(import_module(f"lrprism.spectral.cli.{name}"), name)
    single = typer.Typer(add_completion=False, rich_markup_mode="rich")
    single.command(name, cls=SeveralValuesCommand, no_args_is_help=name != "demo")(function)
    return typer.main.get_command(single)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version  # late: it takes longer than all that --help needs

        typer.echo(version("lrprism"))
        raise typer.Exit


app = typer.Typer(
    name="lrprism",
    help="Which wavelengths and pixels did a network use? Relevance propagation for spectral images.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    # a bug ends with the plain traceback that an issue needs
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


for command, summary in COMMANDS.items():
    app.command(command, cls=LateCommand, help=summary)(lambda: None)


def main() -> None:
    """Run the command line; a user's error ends with one line and exit code 2."""
    # before the first large array
    keep_freed_memory()
    sys.path.append(str(Path.cwd()))  # last: a network in the folder is found, and no file hides a package
    try:
        app()
    except LRPrismError as error:
        Console(stderr=True).print(
            f"[bold red]error:[/] {_escape_markup(str(error))}", highlight=False, soft_wrap=True
        )
        sys.exit(2)


def _escape_markup(text: str) -> str:
    return text.replace("[", r"\[")
