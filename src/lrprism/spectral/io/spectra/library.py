"""An ENVI spectral library as samples, with their classes in a table beside it."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.formats.spectral_library import is_spectral_library, read_spectral_library
from lrprism.spectral.io.sample_format import SampleFormat, SampleOptions
from lrprism.spectral.io.spectra.labelling import SampleFacts, lay_spectra_out, match_rows
from lrprism.spectral.io.spectra.table_file import read_table_file


def read_library_samples(path: Path, options: SampleOptions) -> PatchSet:
    """Read a spectral library as patches of 1 x 1 pixel; its spectra with missing values are left out.

    A library has names of spectra but no classes: a table, ``options.labels``, has them beside the names.

    Args:
        path: The header or the ``.sli`` file.
        options: Wavelengths, the table of labels and its columns, names of the classes.

    Returns:
        The samples; the label is -1 where it is not known.

    Raises:
        DataError: If the library or the table cannot be read, or they do not fit each other.
        InputError: If a package to read the table is missing.
    """
    library = read_spectral_library(path, wavelengths=options.wavelengths)
    values = library.values
    complete = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not complete.size:
        raise DataError(f"'{path}' should hold spectra without missing values. Found none. Fill them.")
    notes = list(library.attrs["assumed"])
    if len(complete) < len(values):
        notes.append(f"{len(values) - len(complete)} spectra have missing values and are left out")
    names = [str(name) for name in library["name"].values]
    columns = pd.DataFrame(index=range(len(names)))
    if options.labels is not None:
        with naming(options.labels):
            columns, further = match_rows(names, read_table_file(Path(options.labels)), options.labels)
            notes += further
    coords = {str(key): (str(coord.dims[0]), coord.values) for key, coord in library.coords.items()}
    del coords["name"]
    facts = SampleFacts([names[row] for row in complete], columns.iloc[complete])
    attrs = {str(key): value for key, value in library.attrs.items()}
    return lay_spectra_out(values[complete], coords, facts, options, {**attrs, "assumed": notes})


def _is_library(marks: FileMarks) -> bool:
    return marks.path.is_file() and is_spectral_library(marks.path)


LIBRARY: Final = SampleFormat(
    "ENVI spectral library",
    _is_library,
    read_library_samples,
    files=".sli with .hdr",
    options=("wavelengths", "class_names", "labels", "label_column", "group_column", "traits"),
)
