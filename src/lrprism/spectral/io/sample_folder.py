"""Folders of samples: a file each, in sub-folders that name the classes."""

from pathlib import Path

import pandas as pd

from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.spectra.labelling import SampleFacts, match_rows
from lrprism.spectral.io.spectra.table_file import read_table_file

FOLDER = "folder"
"""The column that holds the sub-folder of each file."""


def list_files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """List the files with one of some endings in a folder and its sub-folders, sorted by their paths.

    Args:
        folder: The folder.
        suffixes: Endings in small letters.
    """
    files = [file for file in folder.rglob("*") if file.suffix.lower() in suffixes and file.is_file()]
    return sorted(file for file in files if not any(part.startswith(".") for part in _inside(file, folder)))


def read_facts(folder: Path, files: list[Path], options: SampleOptions) -> tuple[SampleFacts, list[str]]:
    """Return names and classes of files: of a table of labels, else of the sub-folders.

    Args:
        folder: The folder.
        files: The files in it.
        options: The path of a table of labels, if the user names one.

    Returns:
        The facts and notes. A file is named by its path inside the folder.

    Raises:
        DataError: If the table cannot be read, or does not name the files.
        InputError: If a package to read it is missing.
    """
    names = [file.relative_to(folder).as_posix() for file in files]
    if options.labels is not None:
        columns, notes = match_rows(names, read_table_file(Path(options.labels)), options.labels)
        return SampleFacts(names, columns), notes
    # the first folder is the class; deeper ones may be plants or days
    first = [parts[0] if len(parts := _inside(file, folder)) > 1 else None for file in files]
    column = FOLDER if any(first) else None
    columns = pd.DataFrame(
        {FOLDER: pd.Series(first, dtype=object)} if column else {}, index=range(len(files))
    )
    return SampleFacts(names, columns, column), ["sub-folders are taken for the classes"] if column else []


def _inside(file: Path, folder: Path) -> tuple[str, ...]:
    return file.relative_to(folder).parts
