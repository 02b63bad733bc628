"""The parts of a split as files tell them."""

from pathlib import Path
from typing import Final

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.io.failures import naming
from lrprism.spectral.splits.files.split_arrays import ONLY, Array, read_arrays
from lrprism.spectral.splits.files.split_table import read_table
from lrprism.spectral.splits.known_samples import KnownSamples, sample_numbers
from lrprism.spectral.splits.split import Numbers
from lrprism.spectral.splits.split_checks import check_parts

_NAMES: Final = {
    "train": frozenset({"train", "tr", "train_indices", "train_index", "train_idx", "train_mask"}),
    "validation": frozenset({"validation", "val", "validation_indices", "val_indices", "val_mask"}),
    "test": frozenset({"test", "te", "test_indices", "test_index", "test_idx", "test_mask"}),
}
"""Names, in lower case, under which files hold the parts; TR and TE are those of Houston 2013."""
_TRAIN, _TEST = 1, 2


def read_parts(file: Path, test_file: Path | None, known: KnownSamples) -> dict[str, Numbers]:
    """Read and check the parts of a split.

    Args:
        file: The file, or that of the training part.
        test_file: The file of the test part, if it is another.
        known: The samples that there are.

    Returns:
        Numbers of the samples of each part, increasing.

    Raises:
        DataError: If a file or a part is not what it should be; the message names the file.
    """
    if test_file is None:
        with naming(file):
            parts = read_table(file, known) if file.suffix.lower() == ".csv" else _all_parts(file, known)
    else:
        parts = {}
        for part, each in (("train", file), ("test", test_file)):
            with naming(each):
                parts[part] = known.members(_single(read_arrays(each, _NAMES[part]), part))
    with naming(file if test_file is None else f"{file}' and '{test_file}"):
        check_parts(parts, known)
    return {part: np.sort(numbers) for part, numbers in parts.items()}


def _all_parts(file: Path, known: KnownSamples) -> dict[str, Numbers]:
    arrays = read_arrays(file, frozenset().union(*_NAMES.values()))
    if ONLY in arrays:
        return _parts_of_map(arrays[ONLY], known)
    named = {part: {name: arrays[name] for name in arrays if name in _NAMES[part]} for part in _NAMES}
    if not named["validation"]:
        del named["validation"]
    return {part: known.members(_single(found, part)) for part, found in named.items()}


def _single(arrays: dict[str, Array], part: str) -> Array:
    if len(arrays) != 1:
        raise DataError(
            f"a file of a split should hold one array of the {part} part. Found "
            f"{', '.join(arrays) or 'none'}. Name it {part}."
        )
    return next(iter(arrays.values()))


def _parts_of_map(values: Array, known: KnownSamples) -> dict[str, Numbers]:
    if not known.is_scene or values.shape != known.shape:
        raise DataError(
            f"a file with one array should be a map of the scene, of shape {known.shape} like the labels. "
            f"Found shape {values.shape}. Give the split of this very data, or two files."
        )
    flat = sample_numbers(values).ravel()
    unknown = flat[(flat < 0) | (flat > _TEST)]
    if len(unknown):
        raise DataError(
            f"a map of a split should hold 0 (neither), 1 (train) and 2 (test). Found {unknown[0]} "
            f"({len(unknown)} pixels above 2 or below 0). Give two label maps as two files."
        )
    return {"train": np.flatnonzero(flat == _TRAIN), "test": np.flatnonzero(flat == _TEST)}
