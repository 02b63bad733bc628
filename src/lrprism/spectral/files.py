"""The one way to write a file or a folder that is whole or not there."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lrprism.errors import ResultsError

CANNOT_WRITE: Final = (
    "Results should go where they can be written. Found {path}: {reason}. Choose another place."
)


@contextmanager
def write_whole(path: Path, *, message: str = CANNOT_WRITE, unique: bool = True) -> Iterator[Path]:
    """Write a file or a folder under a hidden name beside it, which becomes ``path`` when all is written.

    What was at ``path`` before stays whole until that moment, also through a kill. A file is forced to disk
    before it takes its name. If the block raises, nothing is left of what it wrote.

    Args:
        path: The file or folder to be. Its parent is not made: the block may make it.
        message: Text of the error, with the fields ``path`` and ``reason``.
        unique: Whether the hidden name is one that no other process uses. Otherwise it is always the same:
            however often the process is killed, it leaves one hidden file at most.

    Yields:
        The name to write under.

    Raises:
        ResultsError: If the operating system refuses.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with write_whole(Path(folder) / "bands.csv") as partial:
        ...         _ = partial.write_text("band,wavelength")
        ...     print(*os.listdir(folder))
        bands.csv
    """
    partial = hidden_sibling(path, "partial") if unique else path.with_name(f".{path.name}.partial")
    with report_write_errors(path, message):
        try:
            remove_path(partial)  # of an earlier call that was killed
            yield partial
            if not partial.is_dir():
                _force_to_disk(partial)
            take_name(partial, path)
        finally:
            remove_path(partial)


def take_name(partial: Path, path: Path) -> None:
    """Rename a finished file or folder; what was there before goes only once the name is taken.

    Args:
        partial: The file or folder to rename.
        path: Its final name, on the same disk.

    Raises:
        OSError: If it cannot be renamed; what was there before has its name again.
    """
    if not (_is_folder(partial) and _is_folder(path)):
        partial.replace(path)
        return
    # no system call replaces a folder by a folder: put the old one aside first
    old = hidden_sibling(path, "old")
    path.rename(old)
    try:
        partial.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def hidden_sibling(path: Path, purpose: str) -> Path:
    """Return a hidden name beside a path that no other process uses."""
    return path.parent / f".{path.name}.{purpose}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def remove_path(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if _is_folder(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


@contextmanager
def report_write_errors(path: Path, message: str = CANNOT_WRITE) -> Iterator[None]:
    """Turn a refusal of the operating system to write to a path into an error for the user.

    Args:
        path: The file or folder that is written.
        message: Text of the error, with the fields ``path`` and ``reason``.

    Yields:
        Nothing.

    Raises:
        ResultsError: If the operating system refuses.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or errno.errorcode.get(error.errno or 0, "") or str(error) or "unknown"
        raise ResultsError(message.format(path=path, reason=reason)) from error


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # unlike Path.is_dir, False for a name too long


def _force_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
