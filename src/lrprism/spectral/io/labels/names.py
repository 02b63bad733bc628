"""Names of classes, as files state them: in words for each code, or one after the other."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from lrprism.errors import DataError
from lrprism.spectral.io.failures import reading

_CODE_AND_NAME: Final = re.compile(r"(-?\d+)\s*[,;:=\t ]\s*(.*\S)")
_COLOURED: Final = re.compile(r"(-?\d+)((?:\s*[,\s]\s*\d{1,3}){3,4})\s*[,\s]\s*(.*\S)")
_COMMENT: Final = ("#", "INTERPOLATION:")
_NAME_USAGE: Final = "2"  # GFU_Name and GFU_MinMax of GDAL's attribute tables
_CODE_USAGE: Final = "5"
_LARGEST_BYTES: Final = 16 * 2**20
_TEXTS_BESIDE: Final = ("{stem}.txt", "{stem}_names.txt", "{stem}_classes.txt", "labels.txt", "classes.txt")


@dataclass(frozen=True)
class ClassNames:
    """Names of classes and where they come from.

    Args:
        by_code: The name of each code.
        source: Where they stand, for notes: "the header", "'map.qml'".
        is_list: True of a full list of the classes, in which a class without a pixel is one all the same;
            False of a legend, which may name many that do not occur.
        is_guess: True of a file that may belong to another map; it is used only where it names all codes.
        has_codes: False where the codes are mere positions of the names, as those of an attribute of text.
    """

    by_code: Mapping[int, str]
    source: str
    is_list: bool = False
    is_guess: bool = False
    has_codes: bool = True


def list_names(names: Sequence[str], source: str, *, first: int = 1) -> ClassNames:
    """Build the names of classes that are listed one after the other.

    Args:
        names: The names.
        source: Where they stand.
        first: Code of the first one.
    """
    return ClassNames(dict(enumerate(names, start=first)), source, is_list=True)


def read_name_file(file: Path) -> ClassNames:
    """Read names of classes out of a text file or the style of a layer.

    A line is ``CODE NAME`` or ``CODE,NAME``, a line of a colour map ``CODE,R,G,B,A,NAME``, or a name alone,
    the class labelled 1 first; ``#`` begins a comment. A ``.qml`` is a style of QGIS.

    Args:
        file: The file.

    Returns:
        The names.

    Raises:
        DataError: If there is no such file, it names nothing, or a code twice.
    """
    with reading(file, "a file with names of classes", ElementTree.ParseError):
        if file.suffix.lower() == ".qml":
            return ClassNames(_read_style(file), f"'{file.name}'")
        return _read_text(file)


def _read_text(file: Path) -> ClassNames:
    lines = [line.strip() for line in _read_limited(file).decode("utf-8-sig").splitlines()]
    lines = [line for line in lines if line and not line.upper().startswith(_COMMENT)]
    coloured = [_COLOURED.fullmatch(line) for line in lines]
    coded = [_CODE_AND_NAME.fullmatch(line) for line in lines]
    if lines and all(coloured):
        pairs = [(int(match[1]), match[3]) for match in coloured if match]
    elif lines and all(coded[1:]) and (coded[0] or len(lines) > 1):  # the first line may be a heading
        pairs = [(int(match[1]), match[2].strip("\"'")) for match in coded if match]
    else:
        pairs = list(enumerate(lines, start=1))
    names = dict(pairs)
    if not names or len(names) < len(pairs):
        raise DataError(
            f"'{file}' should name each class once, a line each: CODE NAME, or names in their order. Found "
            f"{len(pairs)} lines for {len(names)} classes. Correct it."
        )
    return ClassNames(names, f"'{file.name}'", is_list=not any(coded))


def _read_limited(file: Path) -> bytes:
    if file.stat().st_size > _LARGEST_BYTES:
        raise DataError(
            f"'{file}' should have at most {_LARGEST_BYTES} bytes, as names of classes have. Found "
            f"{file.stat().st_size}. Give another file."
        )
    return file.read_bytes()


def _parse_xml(file: Path) -> ElementTree.Element:
    content = _read_limited(file)
    # an entity that names itself tenfold fills the memory; no program writes one here
    if b"<!ENTITY" in content:
        raise DataError(f"'{file}' should declare no entities. Found one. Save it again.")
    return ElementTree.fromstring(content)


def _read_style(file: Path) -> dict[int, str]:
    root = _parse_xml(file)
    names = {}
    for tag in ("paletteEntry", "item", "category"):  # classes of a raster, of a colour ramp, of polygons
        for element in root.iter(tag):
            value, label = element.get("value", ""), element.get("label", "").strip()
            if re.fullmatch(r"-?\d+(\.0*)?", value) and label:
                names[int(float(value))] = label
    if not names:
        raise DataError(f"'{file}' should name classes. Found none. Style the layer by its values.")
    return names


def find_names(file: Path) -> ClassNames | None:
    """Find names of classes beside a raster: GDAL's ``.aux.xml``, the style of QGIS, or a text file.

    Args:
        file: The raster.

    Returns:
        The names, or None where there is no such file.

    Raises:
        DataError: If a file that bears the name of the raster is damaged.
    """
    table = file.with_name(f"{file.name}.aux.xml")
    if table.is_file():
        with reading(table, "an attribute table", ElementTree.ParseError):
            names = _read_attribute_table(table)
        if names:
            return ClassNames(names, f"'{table.name}'")
    style = file.with_suffix(".qml")
    if style.is_file():
        with reading(style, "a style", ElementTree.ParseError):
            return ClassNames(_read_style(style), f"'{style.name}'")
    for pattern in _TEXTS_BESIDE:
        text = file.with_name(pattern.format(stem=file.stem))
        if text.is_file() and text != file:
            return _guess_names(text)
    return None


def _guess_names(text: Path) -> ClassNames | None:
    try:
        names = read_name_file(text)
    except DataError:  # a text of another kind: notes, a legend in prose
        return None
    return ClassNames(names.by_code, names.source, is_guess=True)


def _read_attribute_table(file: Path) -> dict[int, str]:
    root = _parse_xml(file)
    categories = [element.text or "" for element in root.iterfind(".//CategoryNames/Category")]
    names = {code: name.strip() for code, name in enumerate(categories) if name.strip()}
    table = root.find(".//GDALRasterAttributeTable")
    if table is None:
        return names
    usages = [field.findtext("Usage", "") for field in table.iterfind("FieldDefn")]
    titles = [field.findtext("Name", "").lower() for field in table.iterfind("FieldDefn")]
    code = _find_field(usages, titles, _CODE_USAGE, ("value", "code", "class_id"))
    name = _find_field(usages, titles, _NAME_USAGE, ("class_name", "class_names", "name", "class", "label"))
    if code is None or name is None:
        return names
    for row in table.iterfind("Row"):
        cells = [cell.text or "" for cell in row.iterfind("F")]
        if cells[name].strip():
            names[int(float(cells[code]))] = cells[name].strip()
    return names


def _find_field(usages: list[str], titles: list[str], usage: str, known: tuple[str, ...]) -> int | None:
    """Return the position of the column with this use, or else with one of these titles."""
    if usage in usages:
        return usages.index(usage)
    return next((titles.index(title) for title in known if title in titles), None)
