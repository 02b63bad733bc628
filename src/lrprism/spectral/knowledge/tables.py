"""The csv files beside this module, which hold the facts of the field."""

import csv
from importlib.resources import files


def load_rows(table: str) -> list[dict[str, str]]:
    """Read one of the csv files.

    Args:
        table: Its name without the ending.

    Returns:
        Its rows in order, each under the names of the columns.
    """
    text = (files("lrprism.spectral.knowledge") / f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
