"""A table of spectra: a row per spectrum, a column per wavelength, columns for classes and groups."""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.sample_format import SampleFormat, SampleOptions
from lrprism.spectral.io.spectra.band_columns import find_band_columns
from lrprism.spectral.io.spectra.classes import ID_NAMES
from lrprism.spectral.io.spectra.labelling import SampleFacts, lay_spectra_out
from lrprism.spectral.io.spectra.table_file import PARQUET_MAGIC, TableFile, read_table_file
from lrprism.spectral.io.spectra.values import drop_missing, note_scale, read_values

_SUFFIXES: Final = (".csv", ".tsv", ".parquet")


def read_spectra_table(path: Path, options: SampleOptions) -> PatchSet:
    """Read a table of spectra, csv or parquet, as patches of 1 x 1 pixel.

    Bands without any value and spectra with missing values are left out, which is noted. The name of a sample
    is that in a column of names or numbers of samples, else its line in the file.

    Args:
        path: The file.
        options: Wavelengths or their unit, the label and the group column, names of the classes.

    Returns:
        The samples; the label is -1 where it is not known.

    Raises:
        DataError: If the table cannot be read, or leaves open what its columns mean.
        InputError: If the package for parquet is missing.
    """
    table = read_table_file(path)
    with naming(path):
        bands = find_band_columns(table.names, options.wavelengths)
        values = read_values(table, bands)
        rows, kept, notes = drop_missing(values, table, bands)
        values = values[np.ix_(rows, kept)]
        others = np.setdiff1d(np.arange(len(table.names)), bands.columns)
        columns = table.frame.loc[rows, others].set_axis([table.names[column] for column in others], axis=1)
        originals = [bands.names[band] for band in kept]
        names, name_notes = _name_samples(
            table, rows, columns.drop(columns=_list_chosen(options), errors="ignore")
        )
        coords = band_coords(len(kept), bands.wavelength[kept], original_band=originals)
        return lay_spectra_out(
            values.astype(np.float32),
            coords,
            SampleFacts(names, columns),
            options,
            {
                "title": path.name, "attribution": "", "quantity": "unknown", "units": "unknown",
                "assumed": [*table.notes, *bands.notes, *notes, *name_notes, *note_scale(values)],
            },
        )  # fmt: skip


def _list_chosen(options: SampleOptions) -> list[str]:
    """Return the columns of classes and groups that the user names: they do not name samples."""
    return [name for name in (options.label_column, options.group_column) if name is not None]


def _name_samples(
    table: TableFile, rows: npt.NDArray[np.int64], columns: pd.DataFrame
) -> tuple[list[str], list[str]]:
    """Return the name of each sample, and notes on columns of names that do not tell them apart.

    The names are those of the first column that tells all samples apart, else their lines.
    """
    notes = []
    for position, name in enumerate(columns.columns):
        cells = columns.iloc[:, position]
        if str(name).casefold() not in ID_NAMES:
            continue
        if cells.notna().all() and cells.is_unique:
            return [str(cell).strip() for cell in cells], []
        notes.append(
            f"the column '{name}' does not tell the {len(cells)} samples apart (different names: "
            f"{cells.nunique()}); they are named by their lines"
        )
    return [table.lines[row] for row in rows], notes


def _is_table(marks: FileMarks) -> bool:
    return marks.path.is_file() and (
        marks.start[:4] == PARQUET_MAGIC or marks.path.suffix.lower() in _SUFFIXES
    )


TABLE: Final = SampleFormat(
    "table of spectra",
    _is_table,
    read_spectra_table,
    files=", ".join(_SUFFIXES),
    options=("wavelengths", "class_names", "label_column", "group_column", "traits"),
)
