"""``lrprism view``."""

import signal
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrprism.errors import InputError


def view(
    results: Annotated[Path, typer.Argument(help="Folder that lrprism explain or demo wrote.")],
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the place of the page, and open no browser.")
    ] = False,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Show every pixel of a scene of any size: the page asks this command for its numbers, on "
            "the loopback address alone, until Ctrl-C.",
        ),
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(help="With --serve: the port; by default one that is free.", min=0, max=65535),
    ] = None,
) -> None:
    """Open the explorer of some results in the browser.

    The page is one file that asks for no other: it can be sent to somebody else as it is. It has room for
    about 8 million numbers: of a scene with more it shows labelled pixels. With --serve it shows them all.

    Examples:
        lrprism view results/pines-map

        lrprism view results/kochia --print

        lrprism view results/field-map --serve
    """
    if serve:
        _serve(results, port or 0, opens=not print_only)
        return
    if port is not None:
        raise InputError(f"--port should come with --serve. Found --port {port} alone. Add --serve.")
    from lrprism.spectral.workbench.explore import find_explorer  # late: --help should not wait for it

    page = find_explorer(results).resolve()
    _print_line(str(page))
    if not print_only and not webbrowser.open(page.as_uri()):
        _print_line("No browser was found here: open the file in one.")


def _serve(results: Path, port: int, *, opens: bool) -> None:
    """Serve the scene until Ctrl-C."""
    from lrprism.spectral.explorer.server import SceneServer  # late: --help should not wait for it
    from lrprism.spectral.workbench.explore import open_served_scene

    with open_served_scene(results) as scene, SceneServer(scene, port) as server:
        # a shell lets what runs in the background ignore Ctrl-C, and kill should end it as quietly
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.default_int_handler)
        try:
            _print_line(f"{server.url} until Ctrl-C")
            if opens and not webbrowser.open(server.url):
                _print_line("No browser was found here: open the address in one.")
            server.serve_forever()
        except KeyboardInterrupt:
            # the way to end it
            return


def _print_line(line: str) -> None:
    Console().print(line, highlight=False, soft_wrap=True, markup=False)
