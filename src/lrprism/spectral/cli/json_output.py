"""What a command prints with ``--json``: one document on the standard output."""

import sys
from pathlib import Path
from typing import Any

from lrprism.spectral.runs import read_run
from lrprism.spectral.runs.record import format_json


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on the standard output."""
    sys.stdout.write(format_json(document) + "\n")


def print_run(folder: Path, **further: Any) -> None:
    """Print the ``run.json`` of a folder with the folder, its files, and further facts."""
    files = sorted(str(path) for path in folder.iterdir())
    print_json({"folder": str(folder), "files": files, **read_run(folder), **further})
