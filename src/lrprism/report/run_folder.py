"""A folder of results that is either whole or not there: ``run.json`` and the files beside it."""

import errno
import hashlib
import json
import os
import platform
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from lrprism._errors import DataError, ResultsError

RUN_FILE: Final = "run.json"
"""The file that makes a folder a run folder."""
PACKAGES: Final = (
    "lrprism",
    "h5netcdf",
    "h5py",
    "lightning",
    "matplotlib",
    "numpy",
    "pandas",
    "safetensors",
    "scipy",
    "spectral",
    "tensorly",
    "torch",
    "xarray",
)


@contextmanager
def writing_run(folder: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Collect the results of a run in a temporary folder that takes its final name only when all is written.

    The temporary folder is a hidden sibling of ``folder``. After the block it is renamed into place. With
    ``overwrite`` the old run stays whole until that moment: it is renamed aside, the new one renamed in, then
    the old one deleted. If the second rename fails the old run gets its name back, and the error says where
    the finished results are. If the block raises, the temporary folder is removed and the old run stays as it
    was.

    Args:
        folder: Where the results should be in the end. Missing parents are created.
        overwrite: Whether a run that is already there may be replaced.

    Yields:
        The temporary folder to write into. It must hold a ``run.json`` in the end.

    Raises:
        ResultsError: If ``folder`` is a file, a link or a mount point, holds a run and ``overwrite`` is not
            set, holds anything but a run, or cannot be written; or if the block leaves no ``run.json``.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as parent:
        ...     with writing_run(Path(parent) / "run") as partial:
        ...         _ = write_json(partial / "run.json", {"seed": 0})
        ...     read_run(Path(parent) / "run")
        {'seed': 0}
    """
    folder = Path(os.path.abspath(Path(folder).expanduser()))
    _check_free(folder, overwrite=overwrite)
    partial = _sibling(folder, "partial")
    with _write_errors(folder):
        partial.mkdir(parents=True)
    try:
        yield partial
        if not (partial / RUN_FILE).is_file():
            raise ResultsError(
                f"A run should hold a {RUN_FILE}. Found none in {partial}. Write it before the end."
            )
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    try:
        _check_free(folder, overwrite=overwrite)  # another process may have been faster
        with _write_errors(folder):
            _swap(partial, folder)
    except ResultsError as error:
        raise ResultsError(f"{error} The finished results are whole in {partial}.") from error


def read_run(folder: str | Path) -> dict[str, Any]:
    """Read the ``run.json`` of a run folder.

    Args:
        folder: The run folder.

    Returns:
        Its content.

    Raises:
        DataError: If the folder has no ``run.json``, or it is not a JSON object.
    """
    path = Path(folder) / RUN_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"A run folder should hold a {RUN_FILE} that can be read. Found {folder}: {error.strerror}. "
            "Give the folder that `lrprism train`, `explain` or `demo` wrote."
        ) from error
    except ValueError as error:
        raise DataError(
            f"{path} should be JSON. Found an error: {error}. Run again to write it anew."
        ) from error
    if not isinstance(content, dict):
        raise DataError(f"{path} should hold a JSON object. Found a {type(content).__name__}. Run again.")
    return content


def write_json(path: str | Path, data: Mapping[str, Any]) -> Path:
    """Write a JSON file: UTF-8, indented, forced to disk; a kill leaves an older file of that name whole.

    Args:
        path: The file to write.
        data: What to write; numpy numbers and arrays and paths are turned into plain JSON, NaN and
            infinity into null.

    Returns:
        The path of the file.

    Raises:
        ResultsError: If the data cannot be written as JSON, or the file cannot be written.
    """
    path = Path(path)
    try:
        text = json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except TypeError as error:
        raise ResultsError(
            f"{path.name} should hold numbers, texts, lists and tables. Found an error: {error}. Convert "
            "the value."
        ) from error
    partial = _sibling(path, "partial")
    with _write_errors(path):
        try:
            with partial.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return path


def file_hash(path: str | Path) -> str:
    """Compute the SHA-256 of a file's bytes.

    Args:
        path: The file.

    Returns:
        64 hexadecimal digits.

    Raises:
        DataError: If the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"{path} should be a file that can be read. Found: {error.strerror}. Check it."
        ) from error


def array_hash(array: np.ndarray[Any, Any]) -> str:
    """Compute the SHA-256 of an array's dtype, shape and values, whatever its byte order or memory layout.

    Args:
        array: Numbers of any shape.

    Returns:
        64 hexadecimal digits.
    """
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.dtype.str} {array.shape} ".encode())
    digest.update(little.data if little.size else b"")
    return digest.hexdigest()


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """List the versions that a run depends on.

    Args:
        packages: Names of installed packages.

    Returns:
        Version by name, ``python`` first; a package that is not installed is left out.
    """
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _check_free(folder: Path, *, overwrite: bool) -> None:
    kinds = {"a link": folder.is_symlink(), "a mount point": folder.is_mount(), "a file": folder.is_file()}
    kind = next((kind for kind, found in kinds.items() if found), None)
    if kind:
        raise ResultsError(
            f"Results should go into a plain folder. Found {kind}: {folder}. Choose another folder."
        )
    with _write_errors(folder):
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
    if not names:
        return
    if RUN_FILE not in names:
        raise ResultsError(
            f"Results should go into a new or empty folder, or replace an earlier run. Found {len(names)} "
            f"other files in {folder}, {names[0]} among them, and no {RUN_FILE}. Choose another folder."
        )
    if not overwrite:
        raise ResultsError(
            f"Results should go into a new or empty folder. Found an earlier run in {folder}. "
            "Choose another folder, or replace the run with --overwrite."
        )


def _swap(partial: Path, folder: Path) -> None:
    # what was there before goes only once the new name is taken
    if not folder.exists():
        partial.rename(folder)
        return
    old = _sibling(folder, "old")
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sibling(path: Path, purpose: str) -> Path:
    return path.parent / f".{path.name}.{purpose}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except ResultsError:
        raise
    except OSError as error:
        reason = error.strerror or errno.errorcode.get(error.errno or 0, "unknown")
        raise ResultsError(
            f"Results should go where they can be written. Found {path}: {reason}. Choose another place."
        ) from error


def _plain(value: Any) -> Any:
    """Turn numpy values and paths into what JSON knows."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
