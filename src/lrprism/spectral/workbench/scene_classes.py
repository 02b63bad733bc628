"""The classes of several scenes, as one list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lrprism.errors import DataError
from lrprism.spectral.workbench.scene_labels import KnownClasses


@dataclass
class _Class:
    """A class under construction: its name, its code if it has one, and the scene that named it."""

    name: str
    code: int | None
    scene: str

    @property
    def is_plain(self) -> bool:
        """True if a code alone says what it is."""
        return self.code is not None and self.name == f"class {self.code}"


def join_classes(scenes: Mapping[str, KnownClasses]) -> tuple[KnownClasses, list[list[int]]]:
    """Join the classes of several scenes to their union.

    Two classes are one if they have the same name, or the same code and at most one of them a name.

    Args:
        scenes: The classes of each scene, by its name.

    Returns:
        The union, by rising codes where all classes have one; and for each scene the number of each of its
        classes in it.

    Raises:
        DataError: If a code has two names, a name two codes, two names differ in capitals alone, or some
            scenes name their classes in words and others by codes alone.
    """
    union: list[_Class] = []
    places = []
    for scene, known in scenes.items():
        codes: Sequence[int | None] = known.codes or [None] * len(known.names)
        places.append(
            [_place(union, _Class(name, code, scene)) for name, code in zip(known.names, codes, strict=True)]
        )
    _check_words(union)
    order = list(range(len(union)))
    has_codes = all(entry.code is not None for entry in union)
    if has_codes:
        order.sort(key=lambda number: union[number].code or 0)
    rank = {number: position for position, number in enumerate(order)}
    names = [union[number].name for number in order]
    joined = KnownClasses(names, [union[number].code or 0 for number in order] if has_codes else [])
    return joined, [[rank[number] for number in place] for place in places]


def _place(union: list[_Class], new: _Class) -> int:
    """Return the position of a class in the union; add it if it is not there.

    Raises:
        DataError: If it contradicts one that is there.
    """
    match = None
    for number, entry in enumerate(union):
        same_code = new.code is not None and new.code == entry.code
        same_name = new.name == entry.name
        if same_code and not same_name and not new.is_plain and not entry.is_plain:
            raise DataError(
                _describe_conflict(f"code {new.code}", entry, repr(entry.name), new, repr(new.name))
            )
        if same_name and None not in {new.code, entry.code} and not same_code:
            raise DataError(
                _describe_conflict(repr(new.name), entry, f"code {entry.code}", new, f"code {new.code}")
            )
        if not same_name and new.name.casefold() == entry.name.casefold():
            raise DataError(_describe_conflict("a class", entry, repr(entry.name), new, repr(new.name)))
        if same_name or same_code:
            match = number
    if match is None:
        union.append(new)
        return len(union) - 1
    entry = union[match]
    if entry.is_plain and not new.is_plain:
        entry.name, entry.scene = new.name, new.scene
    entry.code = new.code if entry.code is None else entry.code
    return match


def _describe_conflict(what: str, entry: _Class, before: str, new: _Class, now: str) -> str:
    return (
        f"labels of several scenes should mean the same classes. Found {what} as {before} in "
        f"'{entry.scene}' and as {now} in '{new.scene}'. Name and number classes alike in all scenes."
    )


def _check_words(union: list[_Class]) -> None:
    """Refuse classes in words beside codes without a name: which of them are one cannot be told.

    Raises:
        DataError: If there are such.
    """
    words = [entry for entry in union if entry.code is None]
    plain = [entry for entry in union if entry.is_plain]
    if words and plain:
        raise DataError(
            "labels of several scenes should name their classes alike. Found words in "
            f"'{words[0].scene}', {words[0].name!r}, and codes alone in '{plain[0].scene}', {plain[0].code}. "
            "Give --class-names FILE with lines CODE NAME, or name them in the labels."
        )
