"""The codes of a label map: which occur, which pixels have none, and a number for each class."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference

UNLABELLED: Final = (0,)
"""Codes that mean unlabelled unless the user says otherwise."""
MOST_CLASSES: Final = 1000
"""A map with more codes than this shows heights or identifiers, no classes."""
_AT_ONCE: Final = 2**20  # pixels
_EXACT: Final = 2**53  # up to here float64 holds every whole number

Numbers: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CodeMap:
    """The code of each pixel, stored as its position among the codes that occur.

    Shapes: ``numbers``, ``polygons``: ``[y, x]``.

    Args:
        numbers: 0 where unlabelled, else 1 + the position in ``codes``.
        codes: The codes that occur, rising.
        place: Where the pixels lie. Its ``crs`` is empty where the file has a transform alone.
        polygons: Number of the polygon or point of each pixel, from 1; 0 where there is none. None of a map.
        notes: What was assumed, one sentence each.
    """

    numbers: Numbers
    codes: tuple[int, ...]
    place: Georeference | None = None
    polygons: Numbers | None = None
    notes: tuple[str, ...] = ()

    def note(self, *notes: str) -> Self:
        """Return the map with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def take(self, numbers: Numbers, place: Georeference | None) -> Self:
        """Return the map with the pixels of another grid, and the codes that still occur.

        Args:
            numbers: Of each pixel of that grid, 0 or 1 + the position in ``codes``.
            place: Where that grid lies.
        """
        present = np.flatnonzero(np.bincount(numbers.ravel())[1:]) + 1
        renumbered = np.zeros(len(self.codes) + 1, dtype=np.int64)
        renumbered[present] = 1 + np.arange(len(present))
        codes = tuple(self.codes[number - 1] for number in present)
        return replace(self, numbers=renumbered[numbers], codes=codes, place=place)

    def restore(self) -> Numbers:
        """Return the code of each pixel, 0 where unlabelled."""
        return np.asarray([0, *self.codes], dtype=np.int64)[self.numbers]


def read_codes(
    values: npt.NDArray[Any],
    *,
    missing: Mask | None = None,
    unlabelled: Sequence[int] = UNLABELLED,
    most: int = MOST_CLASSES,
) -> CodeMap:
    """Read stored numbers as codes of classes.

    Pixels without a number (NaN, or marked in the file) and negative ones are unlabelled, and a note counts
    them. The result does not grow with the codes: 211 and 312 are two classes.

    Shapes: ``values``, ``missing``: ``[y, x]``.

    Args:
        values: The numbers in the file.
        missing: The pixels that the file marks as without data.
        unlabelled: Codes that mean unlabelled.
        most: Number of different codes that a map may have.

    Returns:
        The codes, without a place.

    Raises:
        DataError: If they are not numbers along two axes, not whole, or more than ``most`` different ones.
    """
    if values.ndim != 2 or not values.size or values.dtype.kind not in "iufb":
        raise DataError(
            f"labels should be numbers as (y, x). Found shape {values.shape} of {values.dtype}. "
            "Give one label per pixel."
        )
    missing = np.zeros(values.shape, dtype=bool) if missing is None else missing
    absent, notes = _find_absent(values, missing)
    _check_whole(values, absent)
    rows = _list_blocks(values.shape)
    present = [np.unique(values[block][~absent[block]]) for block in rows]
    listed = np.unique(np.concatenate(present))
    is_class = ~np.isin(listed, np.asarray(unlabelled, dtype=np.float64))
    codes = tuple(int(code) for code in listed[is_class])
    if len(codes) > most:
        raise DataError(
            f"labels should be of at most {most} classes. Found {len(codes)} different numbers, {codes[0]} "
            f"to {codes[-1]}. Give a map of classes, not of heights or identifiers."
        )
    number_of = np.where(is_class, np.cumsum(is_class), 0)
    numbers = np.zeros(values.shape, dtype=np.int64)
    for block in rows:
        known = ~absent[block]
        numbers[block][known] = number_of[np.searchsorted(listed, values[block][known])]
    return CodeMap(numbers, codes, notes=tuple(notes))


def _list_blocks(shape: tuple[int, ...]) -> list[slice]:
    """Return slices of rows, so that what is computed of a large map at a time stays small."""
    step = max(1, _AT_ONCE // shape[1])
    return [slice(start, start + step) for start in range(0, shape[0], step)]


def _find_absent(values: npt.NDArray[Any], missing: Mask) -> tuple[Mask, list[str]]:
    """Mark the pixels without a label, and say how many there are of each kind."""
    empty = np.isnan(values) & ~missing if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)
    # -1 and -9999 are what programs write where nothing is known
    negative = (values < 0) & ~missing if values.dtype.kind in "if" else np.zeros(values.shape, dtype=bool)
    kinds = {"without a number (NaN)": empty, "with a negative label": negative}
    counts = {kind: int(mask.sum()) for kind, mask in kinds.items()}
    notes = [f"{count} pixels {kind} are taken for unlabelled" for kind, count in counts.items() if count]
    return missing | empty | negative, notes


def _check_whole(values: npt.NDArray[Any], absent: Mask) -> None:
    if values.dtype.kind != "f" and values.dtype.itemsize < 8:
        return
    wrong = np.argwhere(~absent & ~((values == np.floor(values)) & (values < _EXACT)))
    if len(wrong):
        y, x = wrong[0]
        raise DataError(
            f"labels should be whole numbers, 0 where unlabelled. Found {values[y, x]:g} at row {y}, column "
            f"{x} ({len(wrong)} such pixels). Number the classes 1, 2, 3, ...; measured values are "
            "learned with --task regression."
        )
