"""Points in a table of text: coordinates, or rows and columns, with the class of each."""

import csv
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.io.labels.attribute import FeatureClasses
from lrprism.spectral.io.labels.codes import CodeMap
from lrprism.spectral.io.labels.features import paint_points
from lrprism.spectral.io.labels.grid import find_pixels, name_crs, transform_points

_ROW, _COLUMN = ("row", "line"), ("column", "col", "sample_x")
_LONGITUDE, _LATITUDE = ("lon", "longitude", "long", "lng"), ("lat", "latitude")
_X, _Y = ("x", "easting", "east", "xcoord", "x_coord"), ("y", "northing", "north", "ycoord", "y_coord")
_CRS: Final = ("crs", "epsg", "srid")
_PAIRS: Final = ((_ROW, _COLUMN), (_LONGITUDE, _LATITUDE), (_X, _Y))
_WGS84: Final = "EPSG:4326"
_DELIMITERS: Final = ",;\t"


def is_point_table(file: Path) -> bool:
    """Return True if the first line of a text file is a heading, so that it is no map of numbers."""
    if file.suffix.lower() not in {".csv", ".txt", ".tsv"} or not file.is_file():
        return False
    with file.open(encoding="utf-8-sig", errors="replace") as opened:
        line = opened.readline(2**16)
    return any(not _is_number(word) for word in line.strip().split(_find_delimiter(line)) if word.strip())


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _find_delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def read_point_table(file: Path) -> dict[str, npt.NDArray[np.object_]]:
    """Read the columns of a table of points.

    Args:
        file: Text with a heading; commas, semicolons or tabs between its columns.

    Returns:
        The texts of each column by its heading.

    Raises:
        DataError: If it has no row, or a row of another length.
    """
    with file.open(encoding="utf-8-sig", newline="") as opened:
        delimiter = _find_delimiter(opened.readline())
        opened.seek(0)
        heading, *rows = [row for row in csv.reader(opened, delimiter=delimiter) if row]
    wrong = [number for number, row in enumerate(rows, start=2) if len(row) != len(heading)]
    if wrong or not rows:
        found = f"another number in line {wrong[0]}" if wrong else "no row"
        raise DataError(
            f"'{file}' should have a heading and a row per point, with {len(heading)} columns each. Found "
            f"{found}. Correct the table."
        )
    names = [name.strip() for name in heading]
    return {
        name: np.array(column, dtype=object)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def attribute_columns(
    columns: Mapping[str, npt.NDArray[np.object_]], file: Path
) -> dict[str, npt.NDArray[np.object_]]:
    """Return the columns of a table that do not say where a point lies.

    Raises:
        DataError: If no pair of columns says it.
    """
    _find_pair(columns, file)
    placed = {name for pair in _PAIRS for names in pair for name in names} | set(_CRS)
    return {name: column for name, column in columns.items() if name.lower() not in placed}


def paint_table(
    columns: Mapping[str, npt.NDArray[np.object_]],
    classes: FeatureClasses,
    crs: str | None,
    cube: xr.DataArray,
    file: Path,
) -> CodeMap:
    """Give the pixels in which the points of a table lie their classes.

    Args:
        columns: The columns of the table: ``row`` and ``column``, from 0; ``lon`` and ``lat``; or ``x`` and
            ``y``.
        classes: The class of each point.
        crs: The reference system of coordinates; by default that in a column ``crs`` or ``epsg``, else WGS 84
            of longitudes and that of the cube of x and y.
        cube: The cube.
        file: The table, for messages.

    Raises:
        DataError: If the columns are no numbers, or the points and the cube cannot meet.
    """
    first, second = _find_pair(columns, file)
    there = _read_numbers(columns, first, file), _read_numbers(columns, second, file)
    if first.lower() in _ROW:
        note = f"{first!r} and {second!r} are rows and columns of the cube, counted from 0"
        return paint_points(*there, classes.codes, cube).note(note)
    place = georeference_of(cube)
    if place is None:
        raise DataError(
            f"points in map coordinates should be for a cube that lies on a map. Found {first!r} and "
            f"{second!r} in "
            f"'{file}', and a cube without a place. Give rows and columns as 'row' and 'column'."
        )
    if first.lower() in _LATITUDE:
        there = there[::-1]
    stated = crs or _read_crs(columns, file)
    source = stated or (_WGS84 if first.lower() in _LONGITUDE else place.crs)
    note = f"points are in {name_crs(source)}" + ("" if stated else ", which the table does not state")
    row, column = find_pixels(place, *transform_points(source, place.crs, *there))
    return paint_points(row, column, classes.codes, cube).note(note)


def _find_pair(columns: Collection[str], file: Path) -> tuple[str, str]:
    lower = {name.lower(): name for name in columns}
    for pair in _PAIRS:
        first, second = (next((lower[name] for name in names if name in lower), None) for names in pair)
        if first is not None and second is not None:
            return first, second
    raise DataError(
        f"'{file}' should say where each point lies, in columns row and column, lon and lat, or x and y. "
        f"Found {', '.join(columns)}. Rename them."
    )


def _read_numbers(
    columns: Mapping[str, npt.NDArray[np.object_]], name: str, file: Path
) -> npt.NDArray[np.float64]:
    words = columns[name].tolist()
    wrong = [number for number, word in enumerate(words, start=2) if not _is_number(word)]
    if wrong:
        raise DataError(
            f"{name!r} in '{file}' should be numbers. Found {words[wrong[0] - 2]!r} in line {wrong[0]} "
            f"({len(wrong)} such). Correct the table."
        )
    return np.array(words, dtype=np.float64)


def _read_crs(columns: Mapping[str, npt.NDArray[np.object_]], file: Path) -> str | None:
    stated = {str(word).strip() for name in columns if name.lower() in _CRS for word in columns[name]}
    if len(stated) > 1:
        raise DataError(
            f"the points of '{file}' should be in one reference system. Found "
            f"{', '.join(sorted(stated))}. Give a table for each."
        )
    code = next(iter(stated), None)
    return f"EPSG:{code}" if code is not None and code.isdecimal() else code
