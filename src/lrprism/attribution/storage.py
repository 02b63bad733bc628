"""An explanation in one file: tensors, names and numbers alone, and nothing that would run when it is read.

The file is what ``torch.save`` writes of a dict, with the checksums of a zip file, and is read with
``weights_only=True``.
"""

from __future__ import annotations

import os
import pickle
import uuid
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lrprism.engine import Account, PerSample, Row
from lrprism.errors import DataError, InputError, ResultsError

_FORMAT, _VERSION = "lrprism explanation", 1

_NAMES = (str, int, float, bool, type(None))
"""What a key may be beside a tuple of such: torch reads nothing else back without running code."""


def write_content(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write the fields of an explanation to a file that is whole or not there.

    Args:
        path: The file, which is replaced if it is there.
        content: The fields by name; the account among them as an :class:`Account`.

    Raises:
        InputError: If relevance lies under a key that is no text or number.
        ResultsError: If the file cannot be written.
    """
    file = Path(path)
    plain = {name: _to_plain(value) for name, value in content.items()}
    partial = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        try:
            with partial.open("wb") as stream:
                torch.save({"format": _FORMAT, "version": _VERSION, "content": plain}, stream)
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(
            f"An explanation should go where it can be written. Found {file}: {error.strerror or error}. "
            "Choose another place."
        ) from error


def _to_plain(value: Any) -> Any:
    """Return a value as tensors, dicts, lists, tuples, texts and numbers.

    Raises:
        InputError: If a key is no text or number.
    """
    if isinstance(value, Tensor):
        # a subclass would not be read back, and a view would bring all numbers of its storage along
        tensor = value.detach().as_subclass(Tensor)
        is_part = tensor.untyped_storage().nbytes() > tensor.numel() * tensor.element_size()
        return tensor.clone() if is_part else tensor
    if isinstance(value, Account):
        sums = value.per_sample and {
            "explained": value.per_sample.explained,
            "reached": value.per_sample.reached,
        }
        rows = [asdict(row) for row in value.rows]
        return {
            "rows": rows,
            "explained": value.explained,
            "reached": value.reached,
            "unseen": list(value.unseen),
            "per_sample": sums,
        }
    if isinstance(value, dict):
        for key in value:
            _check_key(key)
        return {key: _to_plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_to_plain, value))
    return value


def _check_key(key: Any) -> None:
    parts = key if type(key) is tuple else (key,)
    if any(type(part) not in _NAMES for part in parts):
        raise InputError(
            f"relevance that is saved should lie under texts, numbers or tuples of them. Found {key!r}. "
            "Save the tensors of explanation.relevance yourself."
        )


def read_content(
    path: str | os.PathLike[str], names: Collection[str], device: str | torch.device
) -> dict[str, Any]:
    """Read the fields of an explanation.

    Args:
        path: A file of :func:`write_content`.
        names: The names of the fields.
        device: Where its tensors shall lie.

    Raises:
        ResultsError: If the file cannot be read.
        DataError: If it is damaged, or something else.
    """
    try:
        fault = _find_damage(Path(path))
        stored: Any = None if fault else torch.load(path, map_location=device, weights_only=True)
        fault = fault or _find_foreign(stored, names)
    except OSError as error:
        raise ResultsError(
            f"An explanation should be a file that can be read. Found {path}: {error.strerror or error}. "
            "Give the path that save() got."
        ) from error
    # torch has no error of its own for what it cannot read; nor has a device that is not there
    except (RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(_refuse(path, f"a file that torch cannot read: {first}")) from error
    if fault:
        raise DataError(_refuse(path, fault))
    content: dict[str, Any] = stored["content"]
    return content | {"audit": content["audit"] and _read_account(content["audit"])}


def _refuse(path: str | os.PathLike[str], found: str) -> str:
    return f"'{path}' should be an explanation that save() wrote. Found {found}. Save it again."


def _find_damage(path: Path) -> str:
    """Return what is wrong with a zip file by its own checksums, which torch does not look at."""
    path.open("rb").close()  # a missing file is no foreign one
    if not zipfile.is_zipfile(path):
        return "a foreign or cut file"
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.testzip()
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        return f"a damaged file ({error})"
    return f"a damaged file (checksum of {member})" if member else ""


def _find_foreign(stored: Any, names: Collection[str]) -> str:
    """Return what is wrong with a whole file of torch; empty if it is an explanation."""
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        return "something else in a file of torch"
    if stored.get("version") != _VERSION:
        return f"version {stored.get('version')!r} of the format, where {_VERSION} is known"
    content = stored.get("content")
    if not isinstance(content, dict) or content.keys() != {*names}:
        return "other fields than those of an explanation"
    is_fit = isinstance(content["output"], Tensor) and isinstance(content["layers"], dict)
    return "" if is_fit and _is_account(content["audit"]) else "fields of another kind"


def _is_account(record: Any) -> bool:
    """Return True for None and for a record that :func:`_read_account` takes."""
    if record is None:
        return True
    names = {column.name for column in fields(Row)}
    sums = record.get("per_sample") if isinstance(record, dict) else None
    return (
        isinstance(record, dict)
        and record.keys() == {"rows", "explained", "reached", "unseen", "per_sample"}
        and all(isinstance(row, dict) and row.keys() == names for row in record["rows"])
        and (sums is None or sums.keys() == {"explained", "reached"})
    )


def _read_account(record: dict[str, Any]) -> Account:
    sums = record["per_sample"]
    per_sample = None if sums is None else PerSample(sums["explained"], sums["reached"])
    rows = tuple(Row(**row) for row in record["rows"])
    return Account(rows, record["explained"], record["reached"], tuple(record["unseen"]), per_sample)
