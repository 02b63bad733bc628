"""Zip archives that torch writes, opened only if they are whole, plain and no larger than they look."""

import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from lrprism.errors import DataError

LARGEST_EXPANSION: Final = 20
"""Most bytes that an archive may unpack to, for each byte of the file; torch stores its tensors unpacked."""
UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
)
"""Errors of zipfile on damaged and encrypted archives."""

Result = TypeVar("Result")


def read_archive(path: Path, noun: str) -> dict[str, bytes]:
    """Return the content of each member by its name, after :func:`check_archive`; all in memory."""
    check_archive(path, noun)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check_archive(path: Path, noun: str) -> None:
    """Refuse a file that is no zip archive, or one that is cut, damaged, or made to harm.

    Args:
        path: The file.
        noun: Name of such a file, for the messages: ``"program"``.

    Raises:
        DataError: If the file is missing, is not a whole zip archive, has a member twice or one that points
            out of the archive, or would unpack to more than 20 times its size.
    """
    if not path.is_file():
        raise DataError(f"The {noun} should be a file. Found no file at {path}. Check the path.")
    _check_members(_open_archive(zipfile.ZipFile.infolist, path, noun), path, noun)
    _open_archive(_check_sums, path, noun)


def _open_archive(read: Callable[[zipfile.ZipFile], Result], path: Path, noun: str) -> Result:
    try:
        with zipfile.ZipFile(path) as archive:
            return read(archive)
    except UNREADABLE as error:
        raise DataError(
            f"The {noun} should be a whole zip archive, as torch writes it. Found {path}: {error}. "
            "Write or copy it again."
        ) from error


def _check_sums(archive: zipfile.ZipFile) -> None:
    damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"{damaged} does not match its checksum")


def _check_members(members: list[zipfile.ZipInfo], path: Path, noun: str) -> None:
    # two members of one name: a check could read the first, torch the second
    for name, times in Counter(member.filename for member in members).items():
        if times > 1:
            raise DataError(
                f"The {noun} should have each member once. Found {name} {times} times in {path}. "
                "Write it again."
            )
        # absolute paths, drives and parent folders
        if name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts:
            raise DataError(
                f"Every member of the {noun} should lie within the archive. Found {name!r} in {path}. "
                "Do not use this file: torch does not write such names."
            )
    # a zip bomb
    unpacked, size = sum(member.file_size for member in members), path.stat().st_size
    if unpacked > LARGEST_EXPANSION * size:
        raise DataError(
            f"The {noun} should unpack to at most {LARGEST_EXPANSION} times its size. Found {unpacked} bytes "
            f"packed into the {size} of {path}. Write it with torch, which does not pack tensors."
        )
