"""A split as a table: one row per sample, with the part that it is in."""

from pathlib import Path

import numpy as np
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.splits.files.sample_set import SampleSet, as_sample_numbers
from lrprism.spectral.splits.split import Numbers

PARTS = ("train", "validation", "test")


def read_split_table(file: Path, samples: SampleSet) -> dict[str, Numbers]:
    """Read the parts out of a table such as ``split.csv`` of a training run.

    Args:
        file: A ``.csv`` file with a column ``part``, one of train, validation and test, and a column
            ``sample`` or, for a scene, ``row`` and ``column``; others are ignored.
        samples: The samples of the data.

    Raises:
        DataError: If the file is damaged, lacks a column, names an unknown part, or has row and column of
            another scene.
    """
    table = _read_columns(file)
    part = table["part"].astype(str).str.strip().str.lower()
    unknown = part[~part.isin(PARTS)]
    if len(unknown):
        raise DataError(
            f"part should be one of {', '.join(PARTS)}. Found {table['part'][unknown.index[0]]!r} in row "
            f"{unknown.index[0] + 1} ({len(unknown)} such rows). Rename the part, or remove the rows."
        )
    numbers = _read_samples(table, samples)
    return {name: numbers[np.asarray(part == name)] for name in PARTS}


def _read_columns(file: Path) -> pd.DataFrame:
    with reading(file, "a table with a column part"):
        # with the names as a row, so that a row of more values than names is an error
        rows = pd.read_csv(file, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    # names in any case, as spreadsheets write them
    table = rows.iloc[1:].reset_index(drop=True)
    table.columns = pd.Index([str(name).strip().lower() for name in rows.iloc[0]])
    names = set(table.columns)
    is_complete = "part" in names and ("sample" in names or {"row", "column"} <= names)
    if not is_complete or len(names) < len(table.columns):
        raise DataError(
            "a split table should have the columns part and sample, or part, row, column, once each. Found "
            f"{', '.join(table.columns)}. Name the columns."
        )
    return table


def _read_samples(table: pd.DataFrame, samples: SampleSet) -> Numbers:
    # a patch set, or a scene by pixel numbers alone
    if not {"row", "column"} <= set(table.columns):
        return _read_number_column(table, "sample")
    if not samples.is_scene:
        raise DataError(
            "a split with row and column should be read with the label map of its scene. Found a list of "
            f"{samples.classes.size} labels. Give the label map, or remove the two columns."
        )
    row, column = _read_number_column(table, "row"), _read_number_column(table, "column")
    # pixels of another scene would land on wrong ones without notice
    height, width = samples.shape
    outside = (row < 0) | (row >= height) | (column < 0) | (column >= width)
    numbers = row * width + column
    if "sample" in table:
        outside |= numbers != _read_number_column(table, "sample")
    if outside.any():
        first = int(np.argmax(outside))
        raise DataError(
            f"row, column and sample = row * width + column should fit the scene of {height} x {width} "
            f"pixels. Found row {row[first]}, column {column[first]} in row {first + 1} of the table "
            f"({int(outside.sum())} such rows). Give the split of this very scene."
        )
    return numbers


def _read_number_column(table: pd.DataFrame, name: str) -> Numbers:
    numbers = pd.to_numeric(table[name], errors="coerce")  # NaN where it is no number
    if numbers.isna().any():
        first = int(np.argmax(numbers.isna()))
        raise DataError(
            f"column {name} should hold numbers. Found {table[name][first]!r} in row {first + 1}. Correct it."
        )
    return as_sample_numbers(numbers.to_numpy())
