"""The values of a table of spectra: numbers, or a refusal that names the cell."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.io.spectra.band_columns import BandColumns
from lrprism.spectral.io.spectra.classes import is_number
from lrprism.spectral.io.spectra.table_file import TableFile

_FILLED: Final = (-9999.0, -999.0)
_MOST_FRACTION, _LEAST_PERCENT = 2.0, 5.0
Kept = npt.NDArray[np.int64]


def read_values(table: TableFile, bands: BandColumns) -> npt.NDArray[np.float64]:
    """Return the values of the bands, NaN where there is none, ``[row, band]``.

    Args:
        table: The table.
        bands: Its bands.

    Raises:
        DataError: If a cell is no number.
    """
    values = np.empty((len(table.frame), len(bands.columns)))
    for band, column in enumerate(bands.columns):
        cells = table.frame[int(column)]
        if not is_number(cells) and cells.notna().any():
            numbers = pd.to_numeric(cells, errors="coerce")
            wrong = (numbers.isna() & cells.notna()).to_numpy()
            row = int(np.argmax(wrong))
            found = f"'{cells.iloc[row]}' in {table.lines[row]}, column '{bands.names[band]}'"
            count = f" ({int(wrong.sum())} such cells in that column)"
            raise DataError(f"spectra should be numbers. Found {found}{count}. Correct or empty the cells.")
        values[:, band] = cells.to_numpy(dtype=np.float64)
    values[np.isin(values, _FILLED) | np.isinf(values)] = np.nan
    return values


def drop_missing(
    values: npt.NDArray[np.float64], table: TableFile, bands: BandColumns
) -> tuple[Kept, Kept, list[str]]:
    """Leave out bands without any value, and then rows with a missing one.

    Args:
        values: The values, NaN where there is none, ``[row, band]``.
        table: The table.
        bands: Its bands.

    Returns:
        Positions of the rows and of the bands that are left, and notes about the others.

    Raises:
        DataError: If no row is left.
    """
    missing = np.isnan(values)
    empty_row, empty_band = missing.all(axis=1), missing[~missing.all(axis=1)].all(axis=0)
    rows = np.flatnonzero(~missing[:, ~empty_band].any(axis=1) & ~empty_row)
    kept = np.flatnonzero(~empty_band)
    if not rows.size:
        raise DataError(
            f"a table of spectra should have rows without a missing value. Found none of {len(values)}. Fill "
            "the cells, or leave out the columns that are often empty."
        )
    notes = []
    if empty_band.any():
        first = bands.names[int(np.argmax(empty_band))]
        notes.append(f"{int(empty_band.sum())} bands have no value and are left out, the first is '{first}'")
    if empty_row.any():
        notes.append(f"{int(empty_row.sum())} rows without a value are left out")
    partly = np.flatnonzero(missing[:, ~empty_band].any(axis=1) & ~empty_row)
    if partly.size:
        first = table.lines[partly[0]]
        notes.append(f"{partly.size} spectra have missing values and are left out, the first is {first}")
    return rows, kept, notes


def note_scale(values: npt.NDArray[np.float64]) -> list[str]:
    """Say where fractions and percent may be mixed, or values look like percent.

    Args:
        values: The spectra, ``[sample, band]``.
    """
    highest = values.max(axis=1)
    percent, fraction = highest >= _LEAST_PERCENT, highest <= _MOST_FRACTION
    if (percent | fraction).all() and percent.any() and fraction.any():
        return [
            f"percent and fractions may be mixed: {int(fraction.sum())} spectra stay below "
            f"{_MOST_FRACTION:g}, {int(percent.sum())} exceed {_LEAST_PERCENT:g}; they are left as they are"
        ]
    if percent.all() and highest.max() <= 110:
        return ["values may be percent; they are left as they are"]
    return []
