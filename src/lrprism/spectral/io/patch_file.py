"""The patch file of the LRP tutorial: labelled square patches in one HDF5 file."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.cubes.patches import PatchSet, make_patches
from lrprism.spectral.cubes.wavelengths import (
    ASK_FOR_WAVELENGTHS,
    MissingWavelengthsError,
    WavelengthSource,
    read_wavelengths,
)
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.hdf5 import find_dataset, is_hdf5, open_hdf5
from lrprism.spectral.io.hdf5_values import check_stored
from lrprism.spectral.io.labels.codes import MOST_CLASSES
from lrprism.spectral.io.sample_format import SampleFormat, SampleOptions
from lrprism.spectral.io.spectra.classes import Classes, number_classes
from lrprism.spectral.io.traits.columns import frame_targets, lay_traits_out
from lrprism.spectral.io.traits.options import TraitOptions

_PATCHES, _LABELS = "train_img", "train_labels"
_TRUTH: Final = "truth"
"""The group that ``lrprism simulate`` writes beside its patches, see :func:`write_simulation`."""
_KOCHIA_BANDS, _KOCHIA_RANGE = 300, "387.12:1023.5"
_REFLECTANCE: Final = {"attribution": "", "quantity": "reflectance", "units": "1"}
_REFLECTANCE_NOTE: Final = "values are reflectance: the file does not say what they are"
_SAMPLES_AT_ONCE: Final = 64  # keeps the extra memory to some tens of MB while a file of many GB is read


def read_patch_file(
    path: str | PathLike[str],
    *,
    wavelengths: WavelengthSource | None = None,
    class_names: Sequence[str] | Mapping[int, str] | None = None,
    traits: TraitOptions | None = None,
) -> PatchSet:
    """Read ``train_img`` (sample, y, x, band) and ``train_labels`` (sample) from an HDF5 file.

    A file of ``lrprism simulate`` carries its wavelengths, others carry none. With 300 bands these are taken
    to be those of the tutorial's camera, 387.12 to 1023.5 nm, evenly spaced; ``attrs["assumed"]`` says so.

    Args:
        path: The file, e.g. ``weed_dataset_w25.hdf5``.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file; see :func:`read_wavelengths`.
        class_names: Name of each class, class 0 first; or, as many as the numbers that occur, the lowest
            first; or by the numbers in the file. By default "class 0", "class 1", ... for those that occur.
            In the tutorial's kochia file they are: susceptible, glyphosate-resistant, dicamba-resistant.
        traits: Of a file whose ``train_labels`` are measured numbers (sample) or (sample, trait): what the
            user says about them; None for classes.

    Returns:
        The patches, bands moved in front of the rows.

    Raises:
        DataError: If the file, its layout, a value or a label is not what it should be.
    """
    file = Path(path)
    with open_hdf5(file) as opened:
        images, labels = _find_patches(opened, file)
        targets = None if traits is None else _read_targets(labels, len(images), file, traits)
        numbers = _read_patch_labels(labels, len(images), file) if targets is None else None
        patch = _read_images(images, file)
        if wavelengths is None:
            wavelengths = _read_own_wavelengths(opened)
    bands = patch.shape[1]
    centre, fwhm, notes = _settle_camera(wavelengths, bands, file)
    coords = band_coords(bands, centre, fwhm=fwhm)
    attrs: dict[str, object] = {
        "title": file.name, **_REFLECTANCE, "assumed": [*notes, _REFLECTANCE_NOTE],
    }  # fmt: skip
    if targets is not None and traits is not None:
        none = np.full(len(patch), -1, dtype=np.int64)
        patches = make_patches(patch, none, coords=coords, class_names=[], attrs=attrs)
        return lay_traits_out(patches, targets.to_numpy(np.float64), list(targets.columns), traits)
    assert numbers is not None
    classes = _number_classes(numbers, class_names, file)
    attrs["class_codes"] = classes.codes
    return make_patches(patch, classes.label, coords=coords, class_names=classes.names, attrs=attrs)


def is_patch_file(path: str | PathLike[str]) -> bool:
    """Return True if a file is HDF5 and holds one of the datasets of a patch file."""
    if not is_hdf5(path):
        return False
    with open_hdf5(path) as opened:
        return not {_PATCHES, _LABELS}.isdisjoint(opened)


def _find_patches(opened: h5py.File, file: Path) -> tuple[h5py.Dataset, h5py.Dataset]:
    items = {name: opened.get(name) for name in opened}  # None for a link that leads nowhere
    datasets = {name: item for name, item in items.items() if isinstance(item, h5py.Dataset)}
    missing = [name for name in (_PATCHES, _LABELS) if name not in datasets]
    if missing:
        raise DataError(
            f"'{file}' should hold the datasets {_PATCHES} and {_LABELS}. Found "
            f"{sorted(datasets) or 'none'}: {' and '.join(missing)} missing. Rename the datasets."
        )
    images = datasets[_PATCHES]
    if images.ndim != 4 or 0 in images.shape or images.dtype.kind not in "fiu":
        raise DataError(
            f"{_PATCHES} of '{file}' should hold numbers as (sample, y, x, band), none of them 0 long. "
            f"Found shape {images.shape} of {images.dtype}. Write it again in this layout."
        )
    # bands in front of the rows look like oblong patches
    if images.shape[1] != images.shape[2]:
        raise DataError(
            f"patches of '{file}' should be square. Found {images.shape[1]} x {images.shape[2]} pixels. "
            "Crop them, or move the bands to the last axis."
        )
    for dataset in (images, datasets[_LABELS]):
        check_stored(dataset)
    return images, datasets[_LABELS]


def _read_patch_labels(labels: h5py.Dataset, samples: int, file: Path) -> npt.NDArray[np.int64]:
    if labels.shape != (samples,) or labels.dtype.kind not in "fiu":
        raise DataError(
            f"{_LABELS} of '{file}' should hold one number per patch, shape ({samples},). "
            f"Found shape {labels.shape} of {labels.dtype}. Write the labels that belong to these patches."
        )
    values = labels[()]
    wrong = np.flatnonzero(~np.isfinite(values) | (values < 0) | (values != np.floor(values)))
    if wrong.size:
        raise DataError(
            f"{_LABELS} of '{file}' should be whole numbers from 0. Found {values[wrong[0]]} at patch "
            f"{wrong[0]} ({wrong.size} such labels). Number the classes 0, 1, 2, ...; measured values are "
            "learned with --task regression."
        )
    count = np.unique(values).size
    if count > MOST_CLASSES:
        raise DataError(
            f"{_LABELS} of '{file}' should be of at most {MOST_CLASSES} classes. Found {count} different "
            "numbers. Give classes, not measurements or identifiers."
        )
    return np.asarray(values, dtype=np.int64)


def _number_classes(
    numbers: npt.NDArray[np.int64], names: Sequence[str] | Mapping[int, str] | None, file: Path
) -> Classes:
    """Return the classes of patches: those of a list that begins with number 0, else those that occur.

    Raises:
        DataError: If the names do not fit the numbers.
    """
    # a class of the list that has no patch is kept: the network may know it
    if names is not None and not isinstance(names, Mapping) and len(names) > numbers.max():
        return Classes(numbers, list(names), list(range(len(names))))
    if names is None:
        names = {int(code): f"class {code}" for code in np.unique(numbers)}
    return number_classes(pd.Series(numbers, name=_LABELS), names, file=str(file))


def _read_targets(labels: h5py.Dataset, samples: int, file: Path, traits: TraitOptions) -> pd.DataFrame:
    if labels.ndim not in {1, 2} or len(labels) != samples or labels.dtype.kind not in "fiu":
        raise DataError(
            f"{_LABELS} of '{file}' should hold one number per patch, or one for each trait: shape "
            f"({samples},) or ({samples}, traits). Found shape {labels.shape} of {labels.dtype}. Write the "
            "targets that belong to these patches."
        )
    return frame_targets(labels[()], traits, str(file))


def _read_images(images: h5py.Dataset, file: Path) -> npt.NDArray[np.float32]:
    # [sample, band, y, x], block by block: the file is in memory only once
    samples, rows, columns, bands = images.shape
    patch = np.empty((samples, bands, rows, columns), dtype=np.float32)
    bad, first = 0, ""
    for start in range(0, samples, _SAMPLES_AT_ONCE):
        block = slice(start, start + _SAMPLES_AT_ONCE)
        patch[block] = np.moveaxis(images[block], -1, 1)
        wrong = np.argwhere(~np.isfinite(patch[block]))
        if len(wrong) and not bad:
            sample, band, row, column = wrong[0]
            first = f"patch {start + sample}, band {band}, row {row}, column {column}"
        bad += len(wrong)
    if bad:
        raise DataError(
            f"{_PATCHES} of '{file}' should hold finite numbers. Found {bad} NaN or infinite values, the "
            f"first at {first}. Remove or fill these patches."
        )
    return patch


def _read_own_wavelengths(opened: h5py.File) -> list[float] | None:
    """Return the wavelengths of simulated patches in nm; None in a file of another origin.

    Raises:
        DataError: If they lie in another file, or are damaged.
    """
    if not isinstance(opened.get(_TRUTH), h5py.Group):
        return None
    dataset = find_dataset(opened, f"{_TRUTH}/wavelengths")
    check_stored(dataset)
    return [float(nm) for nm in np.ravel(dataset[()])]


def _settle_camera(
    source: WavelengthSource | None, bands: int, file: Path
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, list[str]]:
    if source is not None:
        centre, fwhm = read_wavelengths(source, bands)
        spaced = isinstance(source, str) and not Path(source).is_file()  # FIRST:LAST
        return centre, fwhm, [f"{bands} bands evenly spaced over {source} nm"] if spaced else []
    if bands != _KOCHIA_BANDS:
        raise MissingWavelengthsError(
            f"wavelengths should be given for '{file}', which carries none. Found {bands} bands, and only "
            f"for {_KOCHIA_BANDS} are they known. {ASK_FOR_WAVELENGTHS}"
        )
    centre, _ = read_wavelengths(_KOCHIA_RANGE, bands)
    note = f"{bands} bands evenly spaced from 387.12 to 1023.5 nm: the file carries no wavelengths"
    return centre, None, [note]


def _is_marked(marks: FileMarks) -> bool:
    return is_patch_file(marks.path)


def _read_samples(path: Path, options: SampleOptions) -> PatchSet:
    return read_patch_file(
        path, wavelengths=options.wavelengths, class_names=options.class_names, traits=options.traits
    )


PATCH_FILE: Final = SampleFormat(
    "HDF5 patch file",
    _is_marked,
    _read_samples,
    files="train_img, train_labels",
    options=("wavelengths", "class_names", "traits"),
)
