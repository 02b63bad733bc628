"""The limit to what a file may declare: as much as it can hold."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from lrprism.errors import DataError

_DENSEST: Final = 2000  # deflate packs zeros about 1030 : 1
_HARMLESS_BYTES: Final = 2**30


def check_declared(
    path: Path,
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    *,
    parts: Sequence[Path] = (),
) -> None:
    """Refuse an array that is too large for its file, before anything is set aside for it.

    Args:
        path: The file, or the folder of a Zarr store.
        name: The array in the file.
        shape: Its declared shape.
        dtype: Its declared type.
        parts: Further files that the numbers lie in.

    Raises:
        DataError: If it declares over 1 GiB and more than 2000 times what is stored.
    """
    declared = math.prod(shape) * dtype.itemsize
    if declared <= _HARMLESS_BYTES:
        return
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    stored = sum(file.stat().st_size for file in (*files, *parts))
    if declared > _DENSEST * stored:
        raise DataError(
            f"'{name}' in '{path}' should fit its file of {stored} bytes. Found shape {shape}, "
            f"{declared} bytes. Copy or download the file again."
        )
