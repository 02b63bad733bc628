"""Label maps: the class on the ground of each pixel."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.formats.envi_header import read_header
from lrprism.spectral.io.formats.matlab_file import open_matlab
from lrprism.spectral.io.raster import open_raster
from lrprism.spectral.knowledge.benchmark_scenes import BENCHMARK_SCENES

_MOST_CLASSES: Final = 10_000  # a map of heights or identifiers is no map of classes
_NO_CLASS: Final = frozenset({"unclassified", "unlabelled", "unlabeled", "background"})
_SCENE_KEYS: Final = frozenset(key for scene in BENCHMARK_SCENES for key in scene.label_keys)
_Map: TypeAlias = tuple[npt.NDArray[np.generic], Sequence[str] | None]
"""Stored numbers and, where the file has them, the names of the classes."""


def read_labels(
    path: str | PathLike[str], *, key: str | None = None, class_names: Sequence[str] | None = None
) -> xr.DataArray:
    """Read the label map that belongs to a cube.

    Args:
        path: A ``.mat``, ``.npy``, ``.tif`` or ``.csv`` file, or an ENVI classification with its header.
        key: Name of the variable in a ``.mat`` file that holds several, in any case.
        class_names: Name of each class, the one labelled 1 first; by default those in the file or of the
            benchmark scene, else "class 1", "class 2", ...

    Returns:
        int64 array ``(y, x)``: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]``.

    Raises:
        InputError: If ``key`` is given for another format.
        DataError: If the file is damaged, is not a map of whole numbers from 0, or has more classes than
            names.
    """
    file = Path(path)
    with reading(file, "a label map"):
        if file.suffix.lower() == ".mat":
            values, names = _read_matlab_map(file, key)
        elif key is not None:
            raise InputError(
                f"key should name a variable of a .mat file. Found {key!r} for '{file}'. Leave it out."
            )
        else:
            values, names = _READERS.get(file.suffix.lower(), _read_envi_map)(file)
        return _build_label_map(file, check_label_numbers(values), class_names or names)


def _read_matlab_map(file: Path, key: str | None) -> _Map:
    matlab = open_matlab(file)
    name = matlab.choose(key, _SCENE_KEYS, 2)
    values = np.asarray(matlab.read(name))
    scenes = (
        scene.class_names
        for scene in BENCHMARK_SCENES
        if name.lower() in scene.label_keys or scene.shape[:2] == values.shape
    )
    # a map of another kind may have the shape of a scene, and more classes
    return values, next((names for names in scenes if len(names) >= values.max(initial=0)), None)


def _read_npy_map(file: Path) -> _Map:
    return np.load(file, mmap_mode="r", allow_pickle=False), None


def _read_csv_map(file: Path) -> _Map:
    return np.loadtxt(file, delimiter=",", ndmin=2), None


def _read_tiff_map(file: Path) -> _Map:
    with open_raster(file) as dataset:
        _check_one_band(file, dataset.count)
        return dataset.read(1), None


def _read_envi_map(file: Path) -> _Map:
    try:
        header = read_header(file)
    except DataError as error:  # the last format to be tried: the file may be of any kind
        raise DataError(
            f"'{file}' should be a label map: .mat, {', '.join(_READERS)} or an ENVI classification (.hdr). "
            f"Found none of them. {error}"
        ) from error
    shape = (header.integer("lines", least=1), header.integer("samples", least=1))
    _check_one_band(file, header.integer("bands", 1, least=1))
    header.check_size(shape)
    numbers = np.memmap(header.data, header.dtype(), "r", header.integer("header offset", 0), shape)
    names = header.words("class names")
    # most programs name the unlabelled pixels first, as class 0
    return numbers, names[1:] if names and names[0].lower() in _NO_CLASS else names or None


_READERS: Final[Mapping[str, Callable[[Path], _Map]]] = {
    ".npy": _read_npy_map,
    ".tif": _read_tiff_map,
    ".tiff": _read_tiff_map,
    ".csv": _read_csv_map,
}


def _check_one_band(file: Path, bands: int) -> None:
    if bands != 1:
        raise DataError(f"'{file}' should have one band, the labels. Found {bands}. Give the label map.")


def check_label_numbers(values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Check that stored numbers can be the labels of pixels.

    Shapes: ``values`` and the result: ``[y, x]``.

    Args:
        values: The numbers in the file.

    Returns:
        The labels: 0 where unlabelled, else 1 + the class.

    Raises:
        DataError: If they are not numbers along two axes, or not whole numbers from 0 to 10000.
    """
    if values.ndim != 2 or not values.size or values.dtype.kind not in "iufb":
        raise DataError(
            f"labels should be numbers as (y, x). Found shape {values.shape} of {values.dtype}. "
            "Give one label per pixel."
        )
    numbers = np.asarray(values, dtype=np.float64)
    wrong = np.argwhere(~((numbers >= 0) & (numbers <= _MOST_CLASSES) & (numbers == np.floor(numbers))))
    if len(wrong):
        y, x = wrong[0]
        raise DataError(
            f"labels should be whole numbers from 0, the unlabelled, to {_MOST_CLASSES}. Found "
            f"{numbers[y, x]:g} at row {y}, column {x} ({len(wrong)} such pixels). Number the classes 1, 2, "
            "3, ..., or name the array that holds the labels with key."
        )
    return numbers.astype(np.int64)


def _build_label_map(file: Path, labels: npt.NDArray[np.int64], names: Sequence[str] | None) -> xr.DataArray:
    highest = int(labels.max())
    class_names = [str(name) for name in names or [f"class {number + 1}" for number in range(highest)]]
    if len(class_names) < highest:
        raise DataError(
            f"class names should be given for all {highest} classes of '{file}'. Found {len(class_names)}. "
            "Name each class, the one labelled 1 first."
        )
    return xr.DataArray(labels, dims=("y", "x"), attrs={"class_names": class_names})
