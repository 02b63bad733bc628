"""Tables out of files: csv with any separator and decimal sign, and parquet."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.failures import reading

PARQUET_MAGIC: Final = b"PAR1"
_SEPARATORS: Final = ("\t", ";", ",")
_SAMPLE_LINES: Final = 20
_COMMA, _POINT = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?"), re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_MISSING: Final = ["", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "-", "?"]


@dataclass(frozen=True, eq=False)
class TableFile:
    """A table as its file has it.

    Args:
        names: The column names, also where two are equal.
        frame: The cells, with columns 0, 1, 2, ...; NaN where there is none.
        lines: The name of each row for people: "line 2" is the second line of a text file.
        notes: What was taken for granted, one sentence each.
    """

    names: tuple[str, ...]
    frame: pd.DataFrame
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_table_file(path: Path) -> TableFile:
    """Read a csv (comma, semicolon or tab; decimal point or comma) or parquet file.

    Args:
        path: The file.

    Raises:
        DataError: If it cannot be read, is empty, or mixes decimal signs.
        InputError: If the package for parquet is missing.
    """
    with reading(path, "a table of spectra", csv.Error, pd.errors.ParserError):
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET_MAGIC
        return _read_parquet(path) if is_parquet else _read_csv(path)


def _read_parquet(path: Path) -> TableFile:
    try:
        frame = pd.read_parquet(path)
    except ImportError as error:
        raise InputError(
            f"'{path}' should be read with pyarrow. Found it not installed. Install it with "
            "pip install 'lrprism[spectra]', or save the table as csv."
        ) from error
    # the index of a frame holds the names of the samples, unless it counts them
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    names = tuple(str(name) for name in frame.columns)
    return TableFile(
        names,
        frame.set_axis(range(len(names)), axis=1),
        tuple(f"row {number}" for number in range(len(frame))),
    )


def _read_csv(path: Path) -> TableFile:
    text, notes = _decode(path)
    lines = text.rstrip().splitlines()
    # comments before the header, as spectrometer software writes them
    first = next((number for number, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
    if first is None:
        raise DataError(f"'{path}' should hold a table of spectra. Found an empty file. Copy it again.")
    head = lines[first : first + _SAMPLE_LINES]
    separator = max(_SEPARATORS, key=lambda mark: (head[0].count(mark) > 0, -_SEPARATORS.index(mark)))
    names = tuple(name.strip() for name in next(csv.reader([head[0]], delimiter=separator)))
    decimal = _find_decimal(path, head, separator)
    body = "\n".join(lines[first + 1 :])
    _check_widths(path, lines, first, len(names), separator)
    options: dict[str, Any] = {
        "header": None, "names": list(range(len(names))), "sep": separator, "decimal": decimal,
        "index_col": False, "keep_default_na": False, "skipinitialspace": True, "low_memory": False,
        "skip_blank_lines": False,
    }  # fmt: skip
    frame = (
        pd.read_csv(io.StringIO(body), na_values=_MISSING, **options)
        if body
        else pd.DataFrame(columns=range(len(names)))
    )
    notes += _count_missing_words(names, frame, body, options)
    if decimal == ",":
        notes.append("decimal commas are read")
    numbers = range(first + 2, first + 2 + len(frame))
    return TableFile(names, frame, tuple(f"line {number}" for number in numbers), tuple(notes))


def _count_missing_words(
    names: Sequence[str], frame: pd.DataFrame, body: str, options: Mapping[str, Any]
) -> Iterator[str]:
    """Say which words of a column of words were read as missing: a class may be called NA."""
    gaps = frame.select_dtypes(exclude="number").isna().any()
    words = [number for number in range(len(names)) if gaps.get(number, default=False)]
    if not words:
        return
    cells = pd.read_csv(io.StringIO(body), usecols=words, dtype=str, **options)
    for column in words:
        counts = cells[column][cells[column].isin(_MISSING[1:])].value_counts()
        if len(counts):
            listed = ", ".join(f"'{word}' {count} times" for word, count in counts.items())
            yield f"missing cells in the column '{names[column]}': {listed}"


def _decode(path: Path) -> tuple[str, list[str]]:
    data = path.read_bytes()
    if b"\0" in data[:1000] and data[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        raise DataError(f"'{path}' should be a text table. Found binary data. Save it as csv.")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16"), []
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:  # Excel on Windows
        return data.decode("cp1252", errors="replace"), ["the text is taken to be of code page 1252"]


def _find_decimal(path: Path, head: list[str], separator: str) -> str:
    """Return the decimal sign of the first lines.

    Raises:
        DataError: If they have both.
    """
    if separator == ",":
        return "."
    cells = [cell.strip() for line in csv.reader(head[1:], delimiter=separator) for cell in line]
    comma = next((cell for cell in cells if _COMMA.fullmatch(cell)), None)
    point = next((cell for cell in cells if _POINT.fullmatch(cell)), None)
    if comma and point:
        raise DataError(
            f"numbers of '{path}' should have one decimal sign. Found '{comma}' and '{point}'. Write all of "
            "them with a point."
        )
    return "," if comma else "."


def _check_widths(path: Path, lines: list[str], first: int, width: int, separator: str) -> None:
    """Refuse lines with more or fewer cells than the header, of which pandas would fill or shift cells.

    Raises:
        DataError: If there is one.
    """
    quoted = any('"' in line for line in lines[first + 1 :])
    for number, line in enumerate(lines[first + 1 :], start=first + 2):
        if not line.strip():
            continue
        cells = len(next(csv.reader([line], delimiter=separator))) if quoted else line.count(separator) + 1
        if cells != width:
            hint = " Write decimal points, or separate the columns by semicolons." if separator == "," else ""
            raise DataError(
                f"each line of '{path}' should have {width} cells, as its header. Found {cells} in line "
                f"{number}.{hint or ' Correct the line.'}"
            )
