"""Patches or spectra in one ``.npy`` file, their classes in another."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    read_wavelengths,
)
from lrprism.spectral.io.failures import LIBRARY_ERRORS, reading
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.sample_format import SampleFormat, SampleOptions
from lrprism.spectral.io.spectra.labelling import SampleFacts, lay_patches_out
from lrprism.spectral.io.traits.columns import frame_targets
from lrprism.spectral.io.traits.options import TraitOptions

_PAIR: Final = {"x.npy": "y.npy", "X.npy": "y.npy"}
_MAGIC: Final = b"\x93NUMPY"


def read_patch_arrays(path: Path, options: SampleOptions) -> PatchSet:
    """Read patches ``[N, band, y, x]`` or ``[N, y, x, band]``, or spectra ``[N, band]``, with their classes.

    The two equal sides next to each other are the rows and columns. The classes stand in ``options.labels``,
    by default in ``y.npy`` beside ``x.npy``.

    Args:
        path: The ``.npy`` file.
        options: Wavelengths, the file of classes, and their names.

    Returns:
        The samples, named by their position; the label is -1 where there are no classes.

    Raises:
        DataError: If a file cannot be read, or its axes are not certain.
        MissingWavelengthsError: If wavelengths are not given.
    """
    stored = _load(path, "patches in a .npy file")
    patch, note = _order_axes(stored, path)
    if options.wavelengths is None:
        raise MissingWavelengthsError(
            f"wavelengths should be given for '{path}', which carries none. Found {patch.shape[1]} bands. "
            f"{ASK_FOR_WAVELENGTHS}"
        )
    centre, fwhm = read_wavelengths(options.wavelengths, patch.shape[1])
    labels = _find_labels(path, options)
    columns, options, further = _read_columns(labels, len(patch), options)
    bad = np.flatnonzero(~np.isfinite(patch).all(axis=(1, 2, 3)))
    if bad.size:
        raise DataError(
            f"'{path}' should have no missing value. Found {bad.size} samples with one, the first is "
            f"{bad[0]}. Fill or remove them."
        )
    notes = [*note, *further]
    attrs = {
        "title": path.name,
        "attribution": "",
        "quantity": "unknown",
        "units": "unknown",
        "assumed": notes,
    }
    facts = SampleFacts(
        [f"row {row}" for row in range(len(patch))], columns, "label" if labels is not None else None
    )
    return lay_patches_out(patch, band_coords(patch.shape[1], centre, fwhm=fwhm), facts, options, attrs)


def _load(path: Path, what: str) -> npt.NDArray[np.generic]:
    with reading(path, what):
        array = np.load(path, allow_pickle=False)
        if array.dtype.kind not in "iufbU" or not array.size:
            found = f"shape {array.shape} of {array.dtype}"
            raise DataError(f"'{path}' should hold numbers or texts. Found {found}. Save it again.")
        return np.asarray(array)


def _order_axes(array: npt.NDArray[np.generic], path: Path) -> tuple[npt.NDArray[np.float32], list[str]]:
    """Return ``[N, band, y, x]`` and a note on the axes.

    Raises:
        DataError: If they are not certain, or there are no numbers.
    """
    if array.dtype.kind not in "iuf":
        raise DataError(
            f"'{path}' should hold numbers. Found {array.dtype}. Save the patches, not their names."
        )
    if array.ndim == 2:
        return array.astype(np.float32)[:, :, None, None], []
    _, first, second, third = array.shape
    band_first, band_last = second == third, first == second
    if band_first == band_last:
        raise DataError(
            f"'{path}' should hold square patches, [N, band, y, x] or [N, y, x, band]. Found shape "
            f"{array.shape}, {'which may be either' if band_first else 'which is neither'}. Crop them, or "
            "save them in another format with names of the axes."
        )
    moved = array if band_first else np.moveaxis(array, -1, 1)
    axis = 1 if band_first else 3
    return moved.astype(np.float32), [f"axis {axis} of {array.shape} is taken for the bands"]


def _find_labels(path: Path, options: SampleOptions) -> Path | None:
    if options.labels is not None:
        return Path(options.labels)
    beside = path.with_name(_PAIR[path.name]) if path.name in _PAIR else None
    return beside if beside is not None and beside.is_file() else None


def _read_labels(path: Path, samples: int) -> npt.NDArray[np.generic]:
    labels = _load(path, "the class of each sample in a .npy file")
    if labels.shape not in {(samples,), (samples, 1)}:
        raise DataError(
            f"'{path}' should hold one class for each of the {samples} samples. Found shape {labels.shape}. "
            "Give the classes of these samples."
        )
    return labels.ravel()


def _read_columns(
    path: Path | None, samples: int, options: SampleOptions
) -> tuple[pd.DataFrame, SampleOptions, list[str]]:
    """Return classes or targets as columns, the options with the names of the targets, and a note."""
    if path is None:
        return pd.DataFrame(index=range(samples)), options, []
    if options.traits is None:
        classes = pd.DataFrame({"label": _read_labels(path, samples)})
        return classes, options, [f"classes are read from {path.name}"]
    targets = _read_targets(path, samples, options.traits)
    traits = replace(options.traits, columns=tuple(targets.columns))
    return targets, replace(options, traits=traits), [f"targets are read from {path.name}"]


def _read_targets(path: Path, samples: int, traits: TraitOptions) -> pd.DataFrame:
    targets = _load(path, "the targets of each sample in a .npy file")
    if targets.ndim not in {1, 2} or len(targets) != samples or targets.dtype.kind not in "iuf":
        raise DataError(
            f"'{path}' should hold one number, or one for each trait, of each of the {samples} samples. "
            f"Found shape {targets.shape} of {targets.dtype}. Give the targets of these samples."
        )
    return frame_targets(targets, traits, str(path))


def _is_arrays(marks: FileMarks) -> bool:
    if not marks.start.startswith(_MAGIC):
        return False
    try:
        return np.load(marks.path, mmap_mode="r", allow_pickle=False).ndim in {2, 4}
    except LIBRARY_ERRORS:  # the reader of cubes says what is wrong with it
        return False


PATCH_ARRAYS: Final = SampleFormat(
    "patches or spectra in .npy",
    _is_arrays,
    read_patch_arrays,
    files="x.npy with y.npy",
    options=("wavelengths", "class_names", "labels", "traits"),
)
