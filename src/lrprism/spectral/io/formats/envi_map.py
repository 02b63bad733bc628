"""The georeference of an ENVI image: its fields ``map info`` and ``coordinate system string``."""

import math
import re
from dataclasses import dataclass
from typing import Final

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference
from lrprism.spectral.io.formats.envi_header import EnviHeader

_PLACED: Final = 7  # projection, reference column and row, easting, northing, pixel width and height
_ROTATION: Final = re.compile(r"rotation\s*=?\s*(\S+)", re.IGNORECASE)
_UNITS: Final = re.compile(r"units\s*=?\s*(\S+)", re.IGNORECASE)
_METRES: Final = frozenset({"meters", "metres", "meter", "metre", "m"})
_DEGREES: Final = frozenset({"degrees", "degree", "deg"})
_NORTHERN_S: Final = (3.5e6, 4.5e6)  # northings of the MGRS band S, 32 to 40 degrees north


@dataclass(frozen=True)
class _Datum:
    """A datum: its names in headers, its code for degrees, and its first code for UTM zones in each half.

    ``zones`` are those that have a code. From the registry of EPSG.
    """

    name: str
    names: tuple[str, ...]
    degrees: int
    north: int | None
    south: int | None
    zones: range


_DATUMS: Final = (
    _Datum("WGS 84", ("wgs84",), 4326, 32600, 32700, range(1, 61)),
    _Datum("WGS 72", ("wgs72",), 4322, 32200, 32300, range(1, 61)),
    _Datum("NAD27", ("northamerica1927", "northamerican1927", "nad27"), 4267, 26700, None, range(1, 23)),
    _Datum("NAD83", ("northamerica1983", "northamerican1983", "nad83"), 4269, 26900, None, range(1, 24)),
    _Datum("ED50", ("european1950", "ed50"), 4230, 23000, None, range(28, 39)),
    _Datum("ETRS89", ("etrs89", "etrs1989", "europeanterrestrial1989"), 4258, 25800, None, range(28, 39)),
    _Datum("GDA94", ("gda94", "gda1994"), 4283, None, 28300, range(48, 59)),
    _Datum("GDA2020", ("gda2020",), 7844, None, 7800, range(46, 60)),
)


class _UnusableMap(Exception):
    """Map information that cannot be used; the text says why. It never leaves this module."""


def read_map_information(header: EnviHeader) -> tuple[Georeference | None, tuple[str, ...]]:
    r"""Read the reference pixel, its map position, the pixel size and the reference system.

    With reference column and row :math:`(c_0, r_0)` counted from 1, position :math:`(X_0, Y_0)` and pixel
    :math:`d_x \times d_y`, an unturned grid has

    .. math:: t = (X_0 - (c_0 - 1) d_x,\; d_x,\; 0,\; Y_0 + (r_0 - 1) d_y,\; 0,\; -d_y)

    and a ``rotation`` turns the grid counter-clockwise about the reference pixel.

    Returns:
        The georeference, or None where the header gives none that can be used; and what was assumed or left
        out. Map information never stops a cube.
    """
    words = header.words("map info")
    if not words:
        return None, ()
    try:
        crs, notes = _find_reference_system(header.fields.get("coordinate system string", ""), words)
        return Georeference(crs, _read_transform(words)), notes
    except (_UnusableMap, DataError) as error:
        return None, (f"the map information is left out: {error}",)


def _read_transform(words: list[str]) -> tuple[float, float, float, float, float, float]:
    if len(words) < _PLACED:
        raise _UnusableMap(f"it has {len(words)} entries, not {_PLACED}")
    turned = 0.0
    try:
        column, row, easting, northing, width, height = (float(word) for word in words[1:_PLACED])
        for match in filter(None, map(_ROTATION.match, words)):
            turned = math.radians(float(match[1]))
    except ValueError as error:
        raise _UnusableMap(f"there should be numbers after the projection, and there are {words}") from error
    x_step, x_turn = width * math.cos(turned), height * math.sin(turned)
    y_turn, y_step = width * math.sin(turned), -height * math.cos(turned)
    x_edge = easting - (column - 1) * x_step - (row - 1) * x_turn
    y_edge = northing - (column - 1) * y_turn - (row - 1) * y_step
    return x_edge, x_step, x_turn, y_edge, y_turn, y_step


def _find_reference_system(wkt: str, words: list[str]) -> tuple[str, tuple[str, ...]]:
    if wkt:  # says more than the projection's name
        return wkt, ()
    projection, further = words[0].lower(), words[_PLACED:]
    if projection == "geographic lat/lon":
        _check_units(words, _DEGREES)
        datum, stated = _find_datum(further)
        code = f"EPSG:{datum.degrees}"
        if stated:
            return code, ()
        return code, (f"map coordinates are taken to be {datum.name} degrees: no coordinate system string",)
    if projection != "utm":
        raise _UnusableMap(f"projection {words[0]!r} names no coordinate system")
    _check_units(words, _METRES)
    zone, half = [*further, "", ""][:2]
    datum, stated = _find_datum(further[2:])
    code, notes = _find_zone(datum, zone, half, words)
    if stated and datum is not _DATUMS[0]:
        return code, notes
    return code, (f"the reference system is taken to be {code}, WGS 84, from the UTM zone alone", *notes)


def _find_zone(datum: _Datum, zone: str, half: str, words: list[str]) -> tuple[str, tuple[str, ...]]:
    north, notes = _is_north(half, words)
    base = datum.north if north else datum.south
    if not zone.isdecimal() or int(zone) not in datum.zones or base is None:
        raise _UnusableMap(f"{datum.name} has no UTM zone {zone!r} {'North' if north else 'South'}")
    return f"EPSG:{base + int(zone)}", notes


def _is_north(half: str, words: list[str]) -> tuple[bool, tuple[str, ...]]:
    """Tell the half of the globe by "North" or "South", or by the band letter of the MGRS grid.

    Raises:
        _UnusableMap: If the word is none of them.
    """
    if half.lower() in {"north", "n", "south"}:
        return half.lower() != "south", ()
    if len(half) != 1 or half.upper() not in "CDEFGHJKLMPQRSTUVWX":
        raise _UnusableMap(f"UTM should say North or South, and there is {half!r}")
    north = half.upper() > "M"
    # S is a northern band and the first letter of South: the northing tells which was meant
    if half.upper() == "S":
        try:
            north = _NORTHERN_S[0] <= float(words[4]) <= _NORTHERN_S[1]
        except ValueError:  # the transform says what is wrong
            north = False
    return north, (
        f"{half!r} behind the UTM zone is taken for {'the northern' if north else 'the southern'} half",
    )


def _find_datum(words: list[str]) -> tuple[_Datum, bool]:
    """Find the datum among the words behind the numbers; WGS 84 where none is stated.

    Raises:
        _UnusableMap: If the one stated is not known.
    """
    stated = [word for word in words if word and not _ROTATION.match(word) and not _UNITS.match(word)]
    if not stated:
        return _DATUMS[0], False
    plain = re.sub(r"[^a-z0-9]|mean$", "", stated[0].lower().removesuffix(" mean"))
    for datum in _DATUMS:
        if plain in datum.names:
            return datum, True
    raise _UnusableMap(f"datum {stated[0]!r} is not known")


def _check_units(words: list[str], expected: frozenset[str]) -> None:
    for match in filter(None, map(_UNITS.match, words)):
        if match[1].lower() not in expected:
            raise _UnusableMap(f"units {match[1]!r} do not go with projection {words[0]!r}")
