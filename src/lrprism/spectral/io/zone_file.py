"""A user's own zones of the spectrum, out of a table."""

import csv
import math
from os import PathLike
from pathlib import Path
from typing import Final

from lrprism.errors import DataError
from lrprism.spectral.bands.zones import OTHER, Zones
from lrprism.spectral.io.failures import reading

_COLUMNS: Final = ("name", "start_nm", "end_nm")
_DELIMITERS: Final = ",;\t"
_LEAST: Final = 100.0
"""No band of an optical sensor has a wavelength below this number of nm: the numbers are in another unit."""


def read_zones(path: str | PathLike[str]) -> Zones:
    """Read zones of the spectrum from a table with the columns name, start_nm and end_nm.

    Several rows of one name make one zone. Commas, semicolons or tabs stand between the columns, which may
    have any order and others beside them. A band lies in a zone from its first wavelength up to, not with,
    its last.

    Args:
        path: The file, text in UTF-8.

    Returns:
        By name, stretches of wavelength in nm, in the order of the file.

    Raises:
        DataError: If there is no such file, it is not in UTF-8, a column is missing, or a row names no
            stretch.
    """
    file = Path(path)
    with reading(file, "a table of zones"):
        try:
            file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(
                f"'{file}' should be text in UTF-8. Found the byte 0x{error.object[error.start]:02x}, which "
                'is none, as in Latin-1. Save it as UTF-8, in a spreadsheet "CSV UTF-8".'
            ) from error
    with reading(file, "a table of zones"), file.open(encoding="utf-8-sig", newline="") as opened:
        head = opened.readline()
        opened.seek(0)
        rows = csv.DictReader(opened, delimiter=max(_DELIMITERS, key=head.count))
        columns = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
        missing = [name for name in _COLUMNS if name not in columns]
        if missing:
            raise DataError(
                f"'{file}' should begin with the names of its columns, among them {', '.join(_COLUMNS)}. "
                f"Found no {', '.join(missing)}. Write them into its first line."
            )
        zones: dict[str, list[tuple[float, float]]] = {}
        for row in rows:
            name, *ends = ((row[columns[column]] or "").strip() for column in _COLUMNS)
            zones.setdefault(name, []).append(_read_stretch(file, rows.line_num, name, ends))
    if not zones:
        raise DataError(f"'{file}' should have a row for each stretch of a zone. Found none. Add some.")
    return zones


def _read_stretch(file: Path, line: int, name: str, ends: list[str]) -> tuple[float, float]:
    """Return the first wavelength of a row, and the first beyond.

    Raises:
        DataError: If they are none, or the name cannot be used.
    """
    try:
        low, high = (float(end) for end in ends)
    except ValueError:
        low = high = math.nan
    if not name or name == OTHER or not _LEAST <= low < high < math.inf:
        raise DataError(
            f"'{file}' should name a zone, not '{OTHER}', and its wavelengths in nm in each line, {_LEAST:g} "
            f"or more, start_nm below end_nm. Found {name!r}, {ends[0]!r} to {ends[1]!r} in line {line}. "
            "Correct it."
        )
    return low, high
