"""The georeference of an ENVI image: its fields ``map info`` and ``coordinate system string``."""

import math

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference
from lrprism.spectral.io.formats.envi_header import EnviHeader

_UTM_NORTH, _UTM_SOUTH, _WGS84 = 32600, 32700, "EPSG:4326"
_PLACED = 7  # projection, reference column and row, easting, northing, pixel width and height


def read_map_information(header: EnviHeader) -> tuple[Georeference | None, tuple[str, ...]]:
    r"""Read the reference pixel, its map position, the pixel size and the reference system.

    With reference column and row :math:`(c_0, r_0)` counted from 1, position :math:`(X_0, Y_0)` and pixel
    :math:`d_x \times d_y`, an unturned grid has

    .. math:: t = (X_0 - (c_0 - 1) d_x,\; d_x,\; 0,\; Y_0 + (r_0 - 1) d_y,\; 0,\; -d_y)

    and a ``rotation`` turns the grid counter-clockwise about the reference pixel.

    Returns:
        The georeference, or None where the header gives none that can be used; and what was assumed.

    Raises:
        DataError: If the map information cannot be read.
    """
    words = header.words("map info")
    if not words:
        return None, ()
    crs, notes = _find_reference_system(header, words)
    if crs is None:
        return None, notes
    if len(words) < _PLACED:
        raise DataError(
            f"'map info' in '{header.path}' should have at least {_PLACED} entries. Found {len(words)}. "
            "Correct the header."
        )
    try:
        column, row, easting, northing, width, height = (float(word) for word in words[1:_PLACED])
        turned = math.radians(_find_rotation(words))
    except ValueError as error:
        raise DataError(
            f"'map info' in '{header.path}' should hold numbers after the projection. Found {words}. "
            "Correct the header."
        ) from error
    x_step, x_turn = width * math.cos(turned), height * math.sin(turned)
    y_turn, y_step = width * math.sin(turned), -height * math.cos(turned)
    x_edge = easting - (column - 1) * x_step - (row - 1) * x_turn
    y_edge = northing - (column - 1) * y_turn - (row - 1) * y_step
    return Georeference(crs, (x_edge, x_step, x_turn, y_edge, y_turn, y_step)), notes


def _find_rotation(words: list[str]) -> float:
    return next((float(word.split("=")[1]) for word in words if word.lower().startswith("rotation=")), 0.0)


def _find_reference_system(header: EnviHeader, words: list[str]) -> tuple[str | None, tuple[str, ...]]:
    wkt = header.fields.get("coordinate system string", "")
    if wkt:  # says more than the projection's name
        return wkt, ()
    projection = words[0].lower()
    if projection == "geographic lat/lon":
        return _WGS84, ("map coordinates are taken to be WGS 84 degrees: no coordinate system string",)
    if projection != "utm":
        return None, (f"the map information is left out: projection {words[0]!r} names no coordinate system",)
    zone, half = [*words[_PLACED:], "", ""][:2]
    if not (zone.isdecimal() and 1 <= int(zone) <= 60 and half.lower() in {"north", "south"}):
        raise DataError(
            f"UTM in 'map info' of '{header.path}' should name a zone 1..60, North or South. "
            f"Found {zone!r} {half!r}. Correct the header."
        )
    base = _UTM_NORTH if half.lower() == "north" else _UTM_SOUTH
    code = f"EPSG:{base + int(zone)}"
    return code, (f"the reference system is taken to be {code}, WGS 84, from the UTM zone alone",)
