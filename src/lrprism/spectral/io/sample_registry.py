"""The registry of formats of samples: a reader is one file and one line here."""

from pathlib import Path
from typing import Final

from lrprism.errors import InputError
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.patch_arrays import PATCH_ARRAYS
from lrprism.spectral.io.patch_file import PATCH_FILE
from lrprism.spectral.io.patch_folders import PATCH_FOLDER
from lrprism.spectral.io.sample_format import OPTION_WORDS, SampleFormat, SampleOptions
from lrprism.spectral.io.spectra.library import LIBRARY
from lrprism.spectral.io.spectra.spectrum_files import SPECTRUM_FILES
from lrprism.spectral.io.spectra.table import TABLE

SAMPLE_FORMATS: Final[tuple[SampleFormat, ...]] = (
    PATCH_FILE,
    LIBRARY,
    TABLE,
    PATCH_ARRAYS,
    PATCH_FOLDER,
    SPECTRUM_FILES,
)
"""All formats that samples are read from, in the order in which they are asked; other data are cubes."""


def find_sample_format(source: str) -> SampleFormat | None:
    """Find the format of samples by what a file or folder holds; None where it is none of them.

    Args:
        source: The path of a file or folder.

    Raises:
        DataError: If the file is damaged.
    """
    marks = FileMarks(source)
    return next((candidate for candidate in SAMPLE_FORMATS if candidate.detect(marks)), None)


def read_samples(source: str, sample_format: SampleFormat, options: SampleOptions) -> PatchSet:
    """Read all samples of a file or folder.

    Args:
        source: Its path.
        sample_format: Its format.
        options: What the user says about it.

    Raises:
        DataError: If it cannot be read.
        InputError: If an option does not go with the format.
    """
    for option, word in OPTION_WORDS.items():
        value = getattr(options, option)
        if value is not None and option not in sample_format.options:
            raise InputError(
                f"{word} should be given only for data that leave it open. Found {value!r} for '{source}', "
                f"read as {sample_format.name}. Leave it out."
            )
    return sample_format.read(Path(source), options)


def check_no_columns(source: str, options: SampleOptions) -> None:
    """Refuse columns of a cube.

    Args:
        source: The cube.
        options: What the user says about it.

    Raises:
        InputError: If a column is named.
    """
    for option in ("label_column", "group_column"):
        if getattr(options, option) is not None:
            raise InputError(
                f"{OPTION_WORDS[option]} should name a column of a table. Found a cube, '{source}'. Give "
                "label and group maps with --labels and --groups."
            )
