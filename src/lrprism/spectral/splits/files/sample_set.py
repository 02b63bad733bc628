"""The samples that a split file may name: their classes, and a part as numbers or as a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.splits.split import Numbers, name_classes

_MAP_AXES: Final = 2
_EXACT: Final = 2**53  # up to here float64 holds every whole number


@dataclass(frozen=True, eq=False)
class SampleSet:
    """The samples of a patch set or the pixels of a scene.

    Args:
        classes: Class of each, from 0, the pixels of a scene row by row; -1 where there is none.
        shape: ``(sample,)`` or ``(y, x)``.
        class_names: Name of each class, class 0 first.
        scene: The labels of a scene, which may say where it lies; None without one.
    """

    classes: Numbers
    shape: tuple[int, ...]
    class_names: list[str]
    scene: xr.DataArray | None = None

    @classmethod
    def from_labels(cls, labels: npt.ArrayLike, class_names: Sequence[str] | None) -> Self:
        """Build the set from the labels of the data.

        Args:
            labels: ``[y, x]`` of a scene, 0 where unlabelled, else 1 + the class; or ``[sample]`` of a patch
                set, the class from 0, -1 where there is none.
            class_names: Name of each class, class 0 first; by default ``labels.attrs["class_names"]``, else
                "class 0", "class 1", ...

        Raises:
            DataError: If the labels are neither, or there are fewer names than classes.
        """
        values = np.asarray(labels)
        offset = 1 if values.ndim == _MAP_AXES else 0
        is_integer = values.ndim in {1, _MAP_AXES} and values.dtype.kind in "iu" and values.size > 0
        if not is_integer or values.min() < offset - 1 or values.max() < offset:
            raise DataError(
                "labels should be integers with some labelled: (y, x) with 0 where unlabelled, or one list "
                f"of classes from 0. Found shape {values.shape} of {values.dtype}. Give the labels of the "
                "data."
            )
        classes = values.ravel().astype(np.int64) - offset
        scene = labels if isinstance(labels, xr.DataArray) and values.ndim == _MAP_AXES else None
        stored = labels.attrs.get("class_names") if isinstance(labels, xr.DataArray) else None
        return cls(classes, values.shape, name_classes(classes, class_names or stored), scene)

    @property
    def is_scene(self) -> bool:
        """True if the samples are the pixels of a scene."""
        return len(self.shape) == _MAP_AXES

    @property
    def noun(self) -> str:
        """Name of a sample: "pixel" or "sample"."""
        return "pixel" if self.is_scene else "sample"

    def describe(self, number: int) -> str:
        """Name a sample for an error message: "sample 7", or "pixel 7 (row 0, column 7)"."""
        if not self.is_scene:
            return f"sample {number}"
        row, column = divmod(number, self.shape[1])
        return f"pixel {number} (row {row}, column {column})"

    def find_members(self, values: npt.NDArray[np.generic]) -> Numbers:
        """Return the numbers of the samples that an array names, in its order.

        Args:
            values: A map of the scene, nonzero where in the part; a mask with a bool per sample; or a list
                of numbers.

        Raises:
            DataError: If it is a map of another shape, or not of whole numbers.
        """
        numbers = as_sample_numbers(values)
        if values.shape == self.shape and (self.is_scene or values.dtype == np.bool_):
            return np.flatnonzero(numbers)
        # no axis but one is longer than 1: a list, perhaps MATLAB's row or column
        if values.dtype == np.bool_ or values.size != max(values.shape, default=0):
            raise DataError(
                f"a part should be a list of numbers, or a map or mask of shape {self.shape} like the "
                f"labels. Found shape {values.shape} of {values.dtype}. Give the split of this very data."
            )
        return numbers.ravel()


def as_sample_numbers(values: npt.NDArray[np.generic]) -> Numbers:
    """Return whole numbers or bools as int64.

    Raises:
        DataError: If one is not whole, or they are no numbers.
    """
    if values.dtype.kind not in "iufb":
        raise DataError(
            f"a split should be told in numbers. Found {values.dtype}. Number the samples from 0."
        )
    if values.dtype.kind == "f" and len(wrong := values[~(np.abs(values) < _EXACT) | (values % 1 != 0)]):
        raise DataError(
            f"a split should be told in whole numbers. Found {wrong[0]:g} ({len(wrong)} such). Number the "
            "samples from 0."
        )
    return values.astype(np.int64)
