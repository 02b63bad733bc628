"""Errors that name the file they are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath

from lrprism.errors import DataError


@contextmanager
def naming(path: str | PathLike[str]) -> Iterator[None]:
    """Add the file to an error raised while reading it, unless the message names it already.

    Args:
        path: The file.

    Yields:
        Nothing.

    Raises:
        DataError: The error, with the file.
    """
    name = fspath(path)
    try:
        yield
    except DataError as error:
        if name in str(error):
            raise
        raise DataError(f"{error} Found in '{name}'.") from error
