"""The attribute of polygons or points that says their class."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.labels.codes import Numbers
from lrprism.spectral.io.labels.names import ClassNames

NO_CODE: Final = -1
"""Stands for a feature without a class."""
_OBVIOUS: Final = frozenset({
    "class", "classname", "class_name", "label", "labels", "crop", "crop_type", "species", "landcover",
    "land_cover", "landuse", "land_use", "lulc", "category", "code", "gridcode", "class_id", "classid",
    "klasse", "type",
})  # fmt: skip
_COUNTERS: Final = frozenset({
    "fid", "id", "ogc_fid", "objectid", "gid", "uid", "uuid", "shape_area", "shape_leng", "shape_length",
    "area", "perimeter", "length", "sample", "part",
})  # fmt: skip
_MOST_CLASSES: Final = 1000


@dataclass(frozen=True, eq=False)
class FeatureClasses:
    """The class of each polygon or point.

    Args:
        codes: Code of each, ``[feature]``; :data:`NO_CODE` where it has none.
        names: The names of the codes, where the attribute is a text.
        notes: What was assumed, one sentence each.
    """

    codes: Numbers
    names: ClassNames | None
    notes: tuple[str, ...]


def read_classes(
    columns: Mapping[str, npt.NDArray[Any]], wanted: str | None, unlabelled: Sequence[int], source: str
) -> FeatureClasses:
    """Read the class of each feature out of its attributes.

    Args:
        columns: The attributes by name, ``[feature]`` each.
        wanted: The attribute that holds the class, in any case; None for the one that obviously does.
        unlabelled: Codes that mean unlabelled.
        source: The file, for messages.

    Raises:
        InputError: If the attribute is not certain.
        DataError: If it holds fractions.
    """
    name, notes = _choose_attribute(columns, wanted, source)
    values = [_clean(value) for value in columns[name].tolist()]
    without = sum(value is None for value in values)
    notes += [f"{without} features have no {name!r} and are left out"] if without else []
    codes, names = _number_values(values, name, source)
    present = np.unique(codes[codes != NO_CODE])
    if len(present) > _MOST_CLASSES:
        raise DataError(
            f"{name!r} in '{source}' should name at most {_MOST_CLASSES} classes. Found {len(present)} "
            "different values. Take another attribute with --label-attribute."
        )
    out = np.isin(codes, np.asarray(unlabelled, dtype=np.int64)) & (codes != NO_CODE)
    notes += [f"{int(out.sum())} features have a code that means unlabelled"] if out.any() else []
    return FeatureClasses(np.where(out, NO_CODE, codes), names, tuple(notes + _note_lookalikes(names)))


def _choose_attribute(columns: Collection[str], wanted: str | None, source: str) -> tuple[str, list[str]]:
    listed = ", ".join(columns) or "none"
    if wanted is not None:
        # the case decides only where two names differ in nothing else
        fitting = [name for name in columns if name == wanted]
        fitting = fitting or [name for name in columns if name.lower() == wanted.lower()]
        if len(fitting) != 1:
            raise InputError(
                f"--label-attribute should name an attribute of '{source}'. Found {wanted!r} among: "
                f"{listed}. Take one of them."
            )
        return fitting[0], []
    candidates = [name for name in columns if name.lower() not in _COUNTERS]
    obvious = [name for name in candidates if name.lower() in _OBVIOUS]
    chosen = obvious or candidates
    if len(chosen) != 1:
        raise InputError(
            f"one attribute of '{source}' should say the class. Found {listed}. Name it with "
            "--label-attribute."
        )
    return chosen[0], [f"the class is taken from the attribute {chosen[0]!r}"]


def _clean(value: Any) -> Any:
    """Return a value as a number or a text without blanks at its ends; None where there is none."""
    if value is None or value != value:  # NaN stands for NULL among numbers
        return None
    if not isinstance(value, str):
        return value
    return value.strip() or None


def _number_values(values: list[Any], name: str, source: str) -> tuple[Numbers, ClassNames | None]:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, str) for value in present):
        if not all(re.fullmatch(r"\d+", value) for value in present):
            words = sorted(set(present))
            code = {word: number for number, word in enumerate(words, start=1)}
            numbers = [NO_CODE if value is None else code[value] for value in values]
            by_code = {number: word for word, number in code.items()}
            names = ClassNames(by_code, f"the attribute {name!r}", has_codes=False)
            return np.asarray(numbers, dtype=np.int64), names
        # a shapefile writes codes as texts too
        values = [None if value is None else int(value) for value in values]
    wrong = [value for value in values if value is not None and not _is_whole(value)]
    if wrong:
        raise DataError(
            f"{name!r} in '{source}' should hold names or whole numbers from 0. Found {wrong[0]!r} "
            f"({len(wrong)} such features). Take another attribute with --label-attribute, or learn the "
            "number with --task regression."
        )
    return np.array([NO_CODE if value is None else int(value) for value in values], dtype=np.int64), None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) and value >= 0 and float(value).is_integer()


def _note_lookalikes(names: ClassNames | None) -> list[str]:
    """Say which names differ in their case alone: a slip of the pen makes a class of its own."""
    by_fold: dict[str, list[str]] = {}
    for name in names.by_code.values() if names is not None else ():
        by_fold.setdefault(name.casefold(), []).append(name)
    return [
        f"{' and '.join(map(repr, alike))} differ in their case alone and are classes of their own"
        for alike in by_fold.values()
        if len(alike) > 1
    ]
