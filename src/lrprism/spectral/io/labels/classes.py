"""The classes of a label map: codes that occur, and the names that belong to them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.labels.codes import CodeMap
from lrprism.spectral.io.labels.names import ClassNames, list_names

_MOST_LISTED: Final = 8  # names in a note
_NO_CLASS: Final = (
    "unclass",
    "unlabel",
    "no data",
    "nodata",
    "no_data",
    "none",
    "background",
    "mask",
    "null",
)


def fit_given_names(codes: Sequence[int], names: Sequence[str] | ClassNames) -> tuple[ClassNames, list[str]]:
    """Fit names that the user gives to the codes of a map.

    Args:
        codes: The codes that occur, rising.
        names: Names of codes; or of the classes one after the other, that of code 1 first. A list that is too
            short for the highest code, but as long as the codes that occur, names these in rising order.

    Returns:
        The names by code, and what was assumed.

    Raises:
        DataError: If a code that occurs has no name.
    """
    given = names if isinstance(names, ClassNames) else list_names(names, "those given")
    missing = [code for code in codes if code not in given.by_code]
    if not missing:
        return given, []
    listed = list(given.by_code.values())
    if given.is_list and len(listed) == len(codes):
        pairs = ", ".join(f"{code} {name}" for code, name in zip(codes, listed, strict=True))
        by_code = dict(zip(codes, listed, strict=True))
        return ClassNames(by_code, given.source, is_list=True), [
            f"class names are given to the codes that occur in rising order: {pairs}"
        ]
    if given.is_list:
        raise DataError(
            f"class names should be given for all {max(codes)} classes. Found {len(listed)}, and labels "
            f"{_join(codes)}. Name each class, the one labelled 1 first, or give a file of lines CODE NAME."
        )
    raise DataError(
        f"class names should be given for all codes that occur. Found none for {_join(missing)} in "
        f"{given.source}. Add them."
    )


def build_label_map(codes: CodeMap, names: ClassNames | None, notes: Sequence[str] = ()) -> xr.DataArray:
    """Build the label map of a scene from codes and names.

    Classes are the codes that occur, and those of a full list of classes, in rising order.

    Args:
        codes: The code of each pixel.
        names: The names of codes; a code without one is called "class CODE".
        notes: What was assumed besides the notes of ``codes``.

    Returns:
        int64 array ``(y, x)``: 0 where unlabelled, else 1 + the class; ``attrs`` has ``class_names``,
        ``class_codes`` (the code of each class in the file, none where it names classes in words) and
        ``assumed``; polygons have their number as coordinate ``polygon``.
    """
    used, further = _choose_names(codes, names)
    listed = {code for code in used.by_code if code > 0} if used is not None and used.is_list else set()
    classes = sorted({*codes.codes, *listed})
    by_code = {} if used is None else used.by_code
    position = np.array([0, *(1 + classes.index(code) for code in codes.codes)], dtype=np.int64)
    labels = xr.DataArray(
        position[codes.numbers],
        dims=("y", "x"),
        attrs={
            "class_names": _make_unique(classes, [by_code.get(code, f"class {code}") for code in classes]),
            "class_codes": classes if used is None or used.has_codes else [],
            "assumed": [*codes.notes, *notes, *further],
        },
    )
    return labels if codes.polygons is None else labels.assign_coords(polygon=(("y", "x"), codes.polygons))


def align_classes(labels: xr.DataArray, names: Sequence[str], codes: Sequence[int]) -> xr.DataArray:
    """Number the classes of labels as other labels do: those that a network was trained with.

    A class is the one of the same name, or of the same code where one of the two has no name for it.

    Args:
        labels: Labels as :func:`build_label_map` builds them.
        names: The names of the classes, class 0 first.
        codes: Their codes; none where they were named in words.

    Returns:
        The labels with these classes; pixels of other classes are unlabelled, and a note counts them.

    Raises:
        DataError: If none of the classes is among them.
    """
    own, own_codes = labels.attrs["class_names"], labels.attrs["class_codes"]
    targets = [
        _find_class(name, own_codes[number] if own_codes else None, names, codes)
        for number, name in enumerate(own)
    ]
    unknown = [name for name, target in zip(own, targets, strict=True) if target is None]
    if own and len(unknown) == len(own):
        raise DataError(
            f"labels should be of the classes that the network was trained with: {_join(names)}. Found "
            f"{_join(own)}. Name them alike with the file of names beside the labels, or give their codes."
        )
    position = np.array([0, *(0 if target is None else 1 + target for target in targets)], dtype=np.int64)
    aligned = labels.copy(data=position[labels.values])
    lost = int(((labels.values > 0) & (aligned.values == 0)).sum())
    notes = [f"{lost} pixels of classes that the network does not know are unlabelled: {_join(unknown)}"]
    assumed = [*labels.attrs["assumed"], *(notes if lost else [])]
    return aligned.assign_attrs(class_names=list(names), class_codes=list(codes), assumed=assumed)


def _find_class(name: str, code: int | None, names: Sequence[str], codes: Sequence[int]) -> int | None:
    """Return the number of the class with this name or code, or None."""
    if name in names:
        return list(names).index(name)
    if code is None or code not in codes:
        return None
    number = list(codes).index(code)
    plain = f"class {code}"  # no name
    return number if plain in {name, names[number]} else None


def _choose_names(codes: CodeMap, names: ClassNames | None) -> tuple[ClassNames | None, list[str]]:
    """Return the names if they fit, and what is to be said of them."""
    if names is None:
        return None, []
    notes = []
    if names.is_guess:
        # a text in the same folder may belong to another map
        if any(code not in names.by_code for code in codes.codes):
            return None, [f"{names.source} beside the labels is not used: it does not name all of its codes"]
        notes.append(f"class names are those in {names.source} beside the labels")
    absent = [name for code, name in names.by_code.items() if code not in codes.codes and code != 0]
    if absent and not names.is_list:
        notes.append(f"{len(absent)} classes of the legend have no pixel and are left out: {_join(absent)}")
    zero = names.by_code.get(0, "")
    # the name alone cannot say that 0 is a class
    if zero and 0 not in codes.codes and not any(word in zero.lower() for word in _NO_CLASS):
        notes.append(
            f"pixels of value 0, {zero!r}, are taken for unlabelled; with --unlabelled none they are a class"
        )
    return names, notes


def _make_unique(codes: Sequence[int], names: Sequence[str]) -> list[str]:
    """Add the code to names that several classes share, so that a name means one class."""
    return [
        f"{name} ({code})" if names.count(name) > 1 else name for code, name in zip(codes, names, strict=True)
    ]


def _join(entries: Sequence[int] | Sequence[str]) -> str:
    listed = ", ".join(map(str, entries[:_MOST_LISTED]))
    return listed if len(entries) <= _MOST_LISTED else f"{listed} and {len(entries) - _MOST_LISTED} more"
