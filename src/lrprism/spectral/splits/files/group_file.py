"""The plant, field or day of each patch, read from a file."""

from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading


def read_groups(path: str | PathLike[str], samples: int) -> npt.NDArray[np.object_]:
    """Read a list of groups, one for each sample, for :func:`group_split`.

    Args:
        path: A text file (``.csv``, ``.txt``) with a line per sample in their order, or, where its first line
            names a column ``group``, that column; or a ``.npy`` file of numbers or texts.
        samples: Number of samples.

    Returns:
        Name of each sample's group, ``[sample]``.

    Raises:
        DataError: If the file is missing or damaged, or has another number of groups.
    """
    file = Path(path)
    with reading(file, "a file with the group of each sample, one a line"):
        if file.suffix.lower() == ".npy":
            stored = np.load(file, mmap_mode="r", allow_pickle=False)
            groups = np.asarray(stored.astype(str), dtype=object)
        else:
            groups = _read_group_column(file)
    if groups.shape != (samples,):
        raise DataError(
            f"'{file}' should name the group of each of the {samples} samples. Found shape {groups.shape}. "
            "Give one group per sample, in their order."
        )
    return groups


def _read_group_column(file: Path) -> npt.NDArray[np.object_]:
    # a plant may be called NA or null; an empty cell alone is no name
    rows = pd.read_csv(file, header=None, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    # the first line may be a heading or the first group
    heading = [str(name).strip().lower() for name in rows.iloc[0]]
    if "group" in heading:
        column = rows.iloc[1:, heading.index("group")]
    elif len(heading) == 1:  # a plain list without a heading
        column = rows.iloc[:, 0]
    else:
        raise DataError(
            f"'{file}' should have one column, or one called group. Found {', '.join(heading)}. "
            "Name the column."
        )
    names = column.str.strip()
    return np.asarray(names.where(names != ""), dtype=np.object_)
