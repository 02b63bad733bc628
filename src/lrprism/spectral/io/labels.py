"""Label maps: the class on the ground of each pixel."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.formats.envi_header import read_header
from lrprism.spectral.io.formats.matlab import read_matlab_labels
from lrprism.spectral.io.formats.raster import opened_raster
from lrprism.spectral.io.whole_numbers import whole_numbers

_ENDINGS: Final = ".mat, .npy, .tif, .csv or an ENVI classification (.hdr)"
_UNNAMED: Final = frozenset({"unclassified", "unlabelled", "unlabeled", "background"})


def read_labels(
    path: str | PathLike[str], *, key: str | None = None, class_names: Sequence[str] | None = None
) -> xr.DataArray:
    """Read the label map that belongs to a cube.

    Args:
        path: A ``.mat``, ``.npy``, ``.tif`` or ``.csv`` file, or an ENVI classification with its header.
        key: Name of the variable in a ``.mat`` file that holds several.
        class_names: Name of each class, the one labelled 1 first; by default those in the file, else
            "class 1", "class 2", ...

    Returns:
        int64 array ``(y, x)``: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]``.

    Raises:
        InputError: If ``key`` is given for another format.
        DataError: If the file is damaged, is not a map of whole numbers from 0, or has more classes than
            names.
    """
    file = Path(path)
    ending = file.suffix.lower()
    if ending == ".mat":
        labels = read_matlab_labels(file, key=key)
        return _named(file, labels.values, class_names or labels.attrs["class_names"])
    if key is not None:
        raise InputError(
            f"key should name a variable of a .mat file. Found {key!r} for '{file}'. Leave it out."
        )
    with reading(file, "a label map"):
        values, names = _read(file, ending)
        return _named(file, whole_numbers(values), class_names or names)


def _read(file: Path, ending: str) -> tuple[npt.NDArray[np.generic], list[str] | None]:
    if ending == ".npy":
        return np.load(file, mmap_mode="r", allow_pickle=False), None
    if ending == ".csv":
        return np.loadtxt(file, delimiter=",", ndmin=2), None
    if ending in {".tif", ".tiff"}:
        return _read_tiff(file), None
    return _read_envi_classes(file)


def _read_tiff(file: Path) -> npt.NDArray[np.generic]:
    with opened_raster(file) as opened:
        if opened.count != 1:
            raise DataError(
                f"'{file}' should have one band, the labels. Found {opened.count}. Give the label map."
            )
        values: npt.NDArray[np.generic] = opened.read(1)
    return values


def _read_envi_classes(file: Path) -> tuple[npt.NDArray[np.generic], list[str] | None]:
    try:
        header = read_header(file)
    except DataError as error:
        raise DataError(f"'{file}' should be a label map: {_ENDINGS}. Found none of them. {error}") from error
    bands = header.integer("bands", 1, least=1)
    shape = (header.integer("lines", least=1), header.integer("samples", least=1))
    if bands != 1:
        raise DataError(f"'{file}' should have one band, the labels. Found {bands}. Give the label map.")
    header.check_size(shape)
    mapped = np.memmap(header.data, header.dtype(), "r", header.integer("header offset", 0), shape)
    names = header.words("class names")
    return mapped, names[1:] if names and names[0].lower() in _UNNAMED else names or None


def _named(file: Path, labels: npt.NDArray[np.int64], names: Sequence[str] | None) -> xr.DataArray:
    highest = int(labels.max())
    known = [str(name) for name in names or [f"class {number + 1}" for number in range(highest)]]
    if len(known) < highest:
        raise DataError(
            f"class names should be given for all {highest} classes of '{file}'. Found {len(known)}. Name "
            "each class, the one labelled 1 first."
        )
    return xr.DataArray(labels, dims=("y", "x"), attrs={"class_names": known})
