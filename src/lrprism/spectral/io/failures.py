"""Errors of libraries on missing or damaged files, turned into errors that name the file."""

import lzma
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Final

from lrprism.errors import DataError, LRPrismError

LIBRARY_ERRORS: Final[tuple[type[Exception], ...]] = (
    OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RuntimeError,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError,
    tokenize.TokenError, SyntaxError,  # numpy parses the header of an array as Python
    MemoryError, SystemError,  # a damaged text or list declares an impossible length
)  # fmt: skip
"""Exceptions that numpy, h5py, xarray and the unpackers raise on damaged files."""


@contextmanager
def reading(
    path: str | PathLike[str], what: str, *further: type[Exception], folder: bool = False
) -> Iterator[None]:
    """Turn every failure to read a file into a DataError that names the file.

    Args:
        path: The file or folder.
        what: What it should be, e.g. "a GeoTIFF".
        *further: Errors of the library at work, besides :data:`LIBRARY_ERRORS`.
        folder: Whether ``path`` should be a folder.

    Raises:
        DataError: If there is no such file, or it cannot be read.
        LRPrismError: Any error of ours, as it was raised.
    """
    if not (Path(path).is_dir() if folder else Path(path).is_file()):
        kind = "folder" if folder else "file"
        raise DataError(f"'{path}' should be {what}. Found no such {kind}. Correct the path.")
    try:
        with naming(path):
            yield
    except LRPrismError:  # says already what is wrong and what to do
        raise
    except LIBRARY_ERRORS + further as error:
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise DataError(
            f"'{path}' should be {what}. Found one that cannot be read: {reason}. Copy or download it again."
        ) from error


@contextmanager
def naming(path: str | PathLike[str]) -> Iterator[None]:
    """Add the file to an error raised while reading it, unless the message names it already.

    Raises:
        DataError: The error, with the file.
    """
    name = fspath(path)
    try:
        yield
    except DataError as error:
        if name in str(error):
            raise
        raise type(error)(f"{error} Found in '{name}'.") from error
