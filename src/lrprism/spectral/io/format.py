"""A format: how its files are recognised and read, or written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.hdf5 import Hdf5Outline, is_hdf5, outline_hdf5

_TIFF_MAGIC: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_FIRST_BYTES: Final = 512

Option: TypeAlias = Literal["key", "wavelengths", "band_axis"]
"""What a file may leave open, so that the user has to say it."""


@dataclass(frozen=True)
class FileMarks:
    """The marks of a file or folder by which its format is recognised, each read when it is asked for.

    Args:
        name: The path as the user wrote it.
    """

    name: str

    @property
    def path(self) -> Path:
        """Path of the file or folder."""
        return Path(self.name)

    @cached_property
    def start(self) -> bytes:
        """The first 512 bytes of a file; nothing of a folder.

        Raises:
            DataError: If there is no such file.
        """
        if self.path.is_dir():
            return b""
        if not self.path.is_file():
            raise DataError(
                f"'{self.name}' should be a file with a cube. Found no such file. Correct the path."
            )
        with self.path.open("rb") as file:
            return file.read(_FIRST_BYTES)

    @property
    def is_tiff(self) -> bool:
        """True of a TIFF of either byte order, classic or big."""
        return self.start[:4] in _TIFF_MAGIC

    @property
    def members(self) -> Mapping[str, frozenset[str]]:
        """The members of an HDF5 file with the names inside each; none of another file."""
        return self.hdf5.members if self.hdf5 else {}

    @property
    def swaths(self) -> frozenset[str]:
        """The names of the swaths and grids of an HDF-EOS file; none of another file."""
        return self.hdf5.swaths if self.hdf5 else frozenset()

    @cached_property
    def hdf5(self) -> Hdf5Outline | None:
        """The names in an HDF5 file; None for another file.

        Raises:
            DataError: If it is damaged, or points to another file.
        """
        return outline_hdf5(self.path) if is_hdf5(self.path) else None


@dataclass(frozen=True)
class Format:
    """A format that cubes are read from.

    Args:
        name: Its name in messages and help.
        detect: Returns True if the marks are those of the format. Formats are asked in the order of the
            registry; one that holds others, such as NetCDF, comes after them.
        read: Opens a cube; takes its path and the ``options`` by name.
        files: Endings or words that help to recognise it, for messages and help.
        suffixes: Endings by which a file is given to ``read`` when no format knows its marks: the reader
            says what is wrong with it.
        options: What a file of this format may leave open.
    """

    name: str
    detect: Callable[[FileMarks], bool]
    read: Callable[..., xr.DataArray]
    files: str = ""
    suffixes: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        """Return the name with the endings."""
        return f"{self.name} ({self.files})" if self.files else self.name


@dataclass(frozen=True)
class Writer:
    """A format that cubes are written to.

    Args:
        name: Its name in messages and help.
        suffixes: Endings of the names of its files.
        write: Writes an array to a path.
        files: Returns all files that are written under a path.
        check: Raises ResultsError if a path cannot be written to for a reason of this format.
        check_data: Raises DataError if an array cannot be written for a reason of this format, and InputError
            if a package is missing; no value is read.
        is_own_folder: Of a format that writes folders, returns True if a path is such a folder.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Callable[[xr.DataArray, Path], None]
    files: Callable[[Path], tuple[Path, ...]] = lambda path: (path,)
    check: Callable[[Path], Any] = lambda _: None
    check_data: Callable[[xr.DataArray], Any] = lambda _: None
    is_own_folder: Callable[[Path], bool] | None = None

    @property
    def word(self) -> str:
        """Its name on the command line, such as "netcdf"."""
        return self.name.lower().split()[0]
