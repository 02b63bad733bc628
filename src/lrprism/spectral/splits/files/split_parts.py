"""The parts of a split, read from one file or two."""

from pathlib import Path
from typing import Final

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.io.failures import naming
from lrprism.spectral.splits.files.sample_set import SampleSet, as_sample_numbers
from lrprism.spectral.splits.files.split_arrays import ONLY, Array, read_arrays
from lrprism.spectral.splits.files.split_checks import check_split_parts
from lrprism.spectral.splits.files.split_table import read_split_table
from lrprism.spectral.splits.split import Numbers

_NAMES: Final = {
    "train": frozenset({"train", "tr", "train_indices", "train_index", "train_idx", "train_mask"}),
    "validation": frozenset({"validation", "val", "validation_indices", "val_indices", "val_mask"}),
    "test": frozenset({"test", "te", "test_indices", "test_index", "test_idx", "test_mask"}),
}
"""Names, in lower case, under which files hold the parts; TR and TE are those of Houston 2013."""
_TRAIN, _TEST = 1, 2


def read_parts(file: Path, test_file: Path | None, samples: SampleSet) -> dict[str, Numbers]:
    """Read and check the parts of a split.

    Args:
        file: The file, or that of the training part.
        test_file: The file of the test part, if it is another.
        samples: The samples of the data.

    Returns:
        Numbers of the samples of each part, increasing.

    Raises:
        DataError: If a file cannot be read or a part is impossible; the message names the file.
    """
    # one file with all parts, or one for training and one for testing
    if test_file is None:
        with naming(file):
            is_table = file.suffix.lower() == ".csv"
            parts = read_split_table(file, samples) if is_table else _read_all_parts(file, samples)
    else:
        parts = {}
        for part, path in (("train", file), ("test", test_file)):
            with naming(path):
                parts[part] = samples.find_members(
                    _get_only(read_arrays(path, _NAMES[part], samples.scene), part)
                )
    with naming(file if test_file is None else f"{file}' and '{test_file}"):
        check_split_parts(parts, samples)
    return {part: np.sort(numbers) for part, numbers in parts.items()}


def _read_all_parts(file: Path, samples: SampleSet) -> dict[str, Numbers]:
    arrays = read_arrays(file, frozenset().union(*_NAMES.values()), samples.scene)
    # one map for all parts
    if ONLY in arrays:
        return _split_map(arrays[ONLY], samples)
    parts = {part: {name: arrays[name] for name in arrays if name in _NAMES[part]} for part in _NAMES}
    # most people draw none
    if not parts["validation"]:
        del parts["validation"]
    return {part: samples.find_members(_get_only(candidates, part)) for part, candidates in parts.items()}


def _get_only(arrays: dict[str, Array], part: str) -> Array:
    if len(arrays) != 1:
        raise DataError(
            f"a file of a split should hold one array of the {part} part. Found "
            f"{', '.join(arrays) or 'none'}. Name it {part}."
        )
    return next(iter(arrays.values()))


def _split_map(values: Array, samples: SampleSet) -> dict[str, Numbers]:
    if not samples.is_scene or values.shape != samples.shape:
        raise DataError(
            f"a file with one array should be a map of the scene, of shape {samples.shape} like the labels. "
            f"Found shape {values.shape}. Give the split of this very data, or two files."
        )
    flat = as_sample_numbers(values).ravel()
    unknown = flat[(flat < 0) | (flat > _TEST)]
    if len(unknown):
        raise DataError(
            f"a map of a split should hold 0 (neither), 1 (train) and 2 (test). Found {unknown[0]} "
            f"({len(unknown)} pixels above 2 or below 0). Give two label maps as two files."
        )
    return {"train": np.flatnonzero(flat == _TRAIN), "test": np.flatnonzero(flat == _TEST)}
