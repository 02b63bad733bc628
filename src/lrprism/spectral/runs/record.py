"""The record of a run: ``run.json``, the versions of packages, hashes of files."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.files import write_whole

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
"""The packages that results can depend on."""


def read_run(folder: str | Path) -> dict[str, Any]:
    """Read the ``run.json`` of a run folder.

    Args:
        folder: The run folder.

    Returns:
        Its content.

    Raises:
        DataError: If the folder has no ``run.json``, or it is not a JSON object.
    """
    try:
        return read_json(Path(folder) / RUN_FILE)
    except FileNotFoundError as error:
        raise DataError(
            f"A run folder should hold a {RUN_FILE} that can be read. Found {folder}: {error.strerror}. "
            "Give the folder that `lrprism train`, `explain` or `demo` wrote."
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.

    Returns:
        Its content.

    Raises:
        DataError: If it is not a JSON object, or cannot be read.
        FileNotFoundError: If there is no such file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DataError(
            f"{path} should be a file that can be read. Found: {error.strerror}. Check it."
        ) from error
    except ValueError as error:
        raise DataError(
            f"{path} should be JSON. Found an error: {error}. Run again to write it anew."
        ) from error
    if not isinstance(content, dict):
        raise DataError(f"{path} should hold a JSON object. Found a {type(content).__name__}. Run again.")
    return content


def format_json(data: Mapping[str, Any]) -> str:
    """Return data as indented JSON; numpy numbers and arrays and paths become plain, NaN and infinity null.

    Args:
        data: The content.

    Raises:
        TypeError: If a value has no JSON.
    """
    return json.dumps(_convert_to_json(data), indent=2, ensure_ascii=False, allow_nan=False)


def write_json(path: str | Path, data: Mapping[str, Any]) -> Path:
    """Write a JSON file: UTF-8, indented, forced to disk; a kill leaves an older file of that name whole.

    Args:
        path: The file to write.
        data: The content; numpy numbers and arrays and paths become plain JSON, NaN and infinity null.

    Returns:
        The path of the file.

    Raises:
        ResultsError: If the data cannot be written as JSON, or the file cannot be written.
    """
    path = Path(path)
    try:
        text = format_json(data) + "\n"
    except TypeError as error:
        raise ResultsError(
            f"{path.name} should hold numbers, texts, lists and tables. Found an error: {error}. Convert "
            "the value."
        ) from error
    with write_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
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
        # piece by piece: cubes are larger than memory
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"{path} should be a file that can be read. Found: {error.strerror}. Check it."
        ) from error


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """List the versions of packages that a run depends on.

    Args:
        packages: Names of installed packages.

    Returns:
        Version by name, ``python`` first; a package that is not installed is left out.
    """
    installed = {"python": platform.python_version()}
    for name in packages:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:  # one of an extra that this machine lacks
            continue
    return installed


def _convert_to_json(value: Any) -> Any:
    """Turn numpy values and paths into plain JSON."""
    # numpy first: a numpy number may be NaN too
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float) and not np.isfinite(value):  # JSON has no NaN
        return None
    if isinstance(value, Mapping):
        return {str(key): _convert_to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_convert_to_json(item) for item in value]
    return str(value) if isinstance(value, Path) else value
