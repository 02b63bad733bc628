"""What the user says about traits: the columns that hold them, and their units."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lrprism.errors import InputError

_IN_BRACKETS: Final = re.compile(r"(?P<name>.*\S)\s*[(\[](?P<unit>[^()\[\]]+)[)\]]")
_AFTER_UNDERSCORE: Final = re.compile(r"(?P<name>.+)_(?P<unit>%|percent|ppm|mg_g|g_kg|mg_kg|g_m2|ug_cm2)")
_SPELLINGS: Final = {
    "percent": "%", "mg_g": "mg/g", "g_kg": "g/kg", "mg_kg": "mg/kg", "g_m2": "g/m²", "ug_cm2": "µg/cm²",
}  # fmt: skip
# no letters that are an element alone: potassium (K), magnesium (Mg)
_SYMBOLS: Final = (
    "[kmun]?g", "[kmun]?mol", "Mg(?=/)", "t", "[cmkun]?m", "[dm]?l", "L", "ha", "s", "h", "d", "°C",
    "[kM]?Pa", "dS", "[mk]?W", "J", "sr", "%", "‰", "ppm", "ppb",
)  # fmt: skip
_SYMBOL: Final = rf"\d*(?:{'|'.join(_SYMBOLS)})\d?"
_UNIT: Final = re.compile(rf"{_SYMBOL}(?:/{_SYMBOL})*")
_TO_THE_MINUS: Final = re.compile(r"[\s.·*_]*(?P<symbol>[A-Za-z]+)\^?-(?P<power>\d)")


@dataclass(frozen=True)
class TraitOptions:
    """The traits that a network should learn.

    Args:
        columns: The columns of a table, or the attributes of polygons, that hold them, in their order, with
            or without their units; for data that name none, such as a raster, the names to give.
        units: The unit of each; empty for those that the names state.
        may_be_unknown: Whether data without any of the columns are read too, their traits not known.

    Raises:
        InputError: If a column is named twice, or units are not given for all of them.
    """

    columns: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    may_be_unknown: bool = False

    def __post_init__(self) -> None:
        """Check the columns and units.

        Raises:
            InputError: If a column is named twice, or units are not given for all of them.
        """
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise InputError(
                f"--target-column should name each trait once. Found {twice[0]!r} more than once. Leave one "
                "out."
            )
        if self.units and self.columns and len(self.units) != len(self.columns):
            raise InputError(
                f"--target-unit should be given once for each --target-column, in their order. Found "
                f"{len(self.units)} units for {len(self.columns)} traits. Give all, or none."
            )


def split_unit(column: str) -> tuple[str, str]:
    """Return the name of a trait and its unit, as the name of a column states them.

    Args:
        column: Such as ``nitrogen (%)``, ``N [mg/g]``, ``N_%`` or ``water``, whose unit is empty.
    """
    match = _IN_BRACKETS.fullmatch(column.strip()) or _AFTER_UNDERSCORE.fullmatch(column.strip())
    if match is None:
        return column.strip(), ""
    unit = match["unit"].strip()
    return match["name"], _SPELLINGS.get(unit, unit)


def find_column(wanted: str, columns: Sequence[str]) -> str:
    """Return the column that a user names, with or without its unit.

    Args:
        wanted: A column, or its name without the unit: ``nitrogen`` for ``nitrogen (%)``.
        columns: The columns that there are.

    Returns:
        The column of that name, else the only one whose name without its unit it is; ``wanted`` itself where
        there is none, or more than one.
    """
    fitting = [column for column in columns if split_unit(column)[0] == wanted]
    return fitting[0] if wanted not in columns and len(fitting) == 1 else wanted


def name_traits(columns: Sequence[str], units: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names and units of traits; the user may spell the unit in a column's name in another way.

    Args:
        columns: The columns.
        units: The units that the user gives; none, or one for each column.

    Raises:
        InputError: If the numbers of both differ, or a unit contradicts that in the column's name.
    """
    if units and len(units) != len(columns):
        raise InputError(
            f"--target-unit should be given once for each of the {len(columns)} traits. Found {len(units)} "
            "units. Give all, or none."
        )
    pairs = [split_unit(column) for column in columns]
    for column, unit, (_, stated) in zip(columns, units, pairs, strict=False):
        _check_unit(column, unit, stated)
    names = [name for name, _ in pairs]
    # 'N (%)' and 'N (mg/g)' are two traits
    names = [name if names.count(name) == 1 else column for name, column in zip(names, columns, strict=True)]
    return names, list(units) or [unit for _, unit in pairs]


def _check_unit(column: str, unit: str, stated: str) -> None:
    """Check that the unit of the user is that in the name of a column, if there is one.

    Raises:
        InputError: If it is another.
    """
    plain = _spell_plainly(stated)
    # what stands in brackets may be anything: nitrogen (leaf), N (Dumas)
    if unit and _UNIT.fullmatch(plain) and _spell_plainly(unit) != plain:
        raise InputError(
            f"--target-unit should be the unit in the name of the column '{column}', {stated}. Found "
            f"{unit!r}. Leave out --target-unit, or rename the column."
        )


def _spell_plainly(unit: str) -> str:
    """Return a unit in one spelling: mg/g for ``mg g⁻¹``, ``mg_g`` and ``mg / g``; ug/cm2 for ``µg cm-2``."""
    # compatibility forms: superscripts become digits, the micro sign a Greek letter
    plain = unicodedata.normalize("NFKC", unit.strip()).replace("\N{MINUS SIGN}", "-")
    plain = plain.replace("\N{GREEK SMALL LETTER MU}", "u")
    plain = _TO_THE_MINUS.sub(lambda match: "/" + match["symbol"] + match["power"].removeprefix("1"), plain)
    return plain.replace("percent", "%").replace("_", "/").replace("^", "").replace(" ", "")
