"""ENVI: a plain file of float32 band images, and a text header."""

import json
import re
from collections.abc import Iterable
from io import BufferedWriter
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.cubes.georeference import Georeference, georeference_of
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.formats.envi_header import DATA_ENDINGS
from lrprism.spectral.io.writers.class_map import ClassLegend
from lrprism.spectral.io.writers.layout import (
    choose_stored_type,
    convert_to_wkt,
    is_authority_code,
    stack_bands,
    store_blocks,
    turn_north_up,
    write_partial,
)

_DATA_TYPES: Final = {"uint8": 1, "int16": 2, "int32": 3, "float32": 4}
_UTM = re.compile(r"WGS[ _]?(?:19)?84[^\"]*UTM[ _]zone[ _](\d+)([NS])", re.IGNORECASE)


def envi_files(path: Path) -> tuple[Path, Path]:
    """Name the two files of an ENVI image.

    Args:
        path: Either of them: the header ends in ``.hdr``.

    Returns:
        Header and data file; the latter ends in ``.img`` where only the header was named.
    """
    if path.suffix.lower() == ".hdr":
        return path, path.with_suffix(".img")
    return path.with_suffix(".hdr"), path


def check_alone(path: Path) -> None:
    """Refuse a name whose header would describe an older file of numbers as well, which readers find first.

    Args:
        path: Header or data file to be.

    Raises:
        ResultsError: If there is such a file.
    """
    header, data = envi_files(path)
    for ending in DATA_ENDINGS:
        other = header.with_suffix(ending)
        if other != data and other.is_file():
            raise ResultsError(
                f"An ENVI image should be the only one with its header. Found {other}, which {header.name} "
                "would describe as well. Choose another name."
            )


def write_envi(data: xr.DataArray, path: Path) -> None:
    """Write a cube or a map in ENVI's band-sequential layout; integers become a small integer type.

    A class map (:class:`ClassLegend`) becomes a classification. Rows that go from south to north are written
    from north to south, as ENVI has them. The header gets its name last: without it no reader takes the data
    file for an image.

    Args:
        data: ``(band, y, x)`` or ``(y, x)``.
        path: Header or data file to be.
    """
    stack = turn_north_up(stack_bands(data))
    kind = choose_stored_type(stack)
    text = _build_header(stack, kind)
    header_path, data_path = envi_files(path)
    with (
        write_partial(header_path) as header,
        write_partial(data_path) as image,
    ):
        with image.open("wb") as file:
            store_blocks(stack, _BandSequential(file, stack.shape[1:], kind), kind)
        header.write_text(text, encoding="utf-8")
        header_path.unlink(missing_ok=True)  # the old header must not describe the new data


class _BandSequential:
    """Blocks of whole rows, each put where it belongs in the file."""

    def __init__(self, file: BufferedWriter, image: tuple[int, ...], kind: np.dtype[np.generic]) -> None:
        self._file, self._image = file, image
        self._kind = kind.newbyteorder("<")

    def __setitem__(self, index: tuple[slice, ...], values: npt.NDArray[np.generic]) -> None:
        rows, columns = self._image
        for band, part in enumerate(values, start=index[0].start):
            self._file.seek((band * rows + index[1].start) * columns * self._kind.itemsize)
            self._file.write(np.ascontiguousarray(part, dtype=self._kind).tobytes())


def _build_header(stack: xr.DataArray, kind: np.dtype[np.generic]) -> str:
    bands, lines, samples = stack.shape
    legend = ClassLegend.of(stack)
    fields = {
        "description": f"{{{_one_line(str(stack.attrs.get('title', '')))}}}",
        "samples": str(samples),
        "lines": str(lines),
        "bands": str(bands),
        "header offset": "0",
        "file type": "ENVI Standard" if legend is None else "ENVI Classification",
        "data type": str(_DATA_TYPES[kind.name]),
        "interleave": "bsq",
        "byte order": "0",
        **_list_band_fields(stack),
        **({"data ignore value": "nan"} if kind.kind == "f" else {}),
        **({} if legend is None else _class_fields(legend)),
        **_place_fields(georeference_of(stack)),
        **_attribute_fields(stack),
    }
    return "ENVI\n" + "".join(f"{name} = {value}\n" for name, value in fields.items())


def _list_band_fields(stack: xr.DataArray) -> dict[str, str]:
    if "wavelength" not in stack.coords:
        return {}
    centre = np.atleast_1d(stack.coords["wavelength"].values)
    fields = {"wavelength units": "Nanometers", "wavelength": _braces(map(repr, centre.tolist()))}
    if "original_band" in stack.coords:
        original = [str(name) for name in np.atleast_1d(stack.coords["original_band"].values)]
        bands = zip(original, centre, strict=True)
        fields["band names"] = _braces(f"{name} ({nm:.1f} nm)" for name, nm in bands)
        fields["original band"] = _braces(original)
    if "fwhm" in stack.coords:
        width = np.atleast_1d(stack.coords["fwhm"].values)
        if np.isfinite(width).any():
            fields["fwhm"] = _braces(map(repr, width.tolist()))
    if "good" in stack.coords:
        fields["bbl"] = _braces(str(int(flag)) for flag in np.atleast_1d(stack.coords["good"].values))
    return fields


def _class_fields(legend: ClassLegend) -> dict[str, str]:
    return {
        "classes": str(len(legend.names)),
        "class names": _braces(legend.names),
        "class lookup": _braces(str(value) for colour in legend.colours for value in colour),
        "data ignore value": "0",
    }


def check_north_up(data: xr.DataArray) -> None:
    """Refuse a grid that is turned, or whose columns go from east to west: ENVI's map information has none.

    Args:
        data: A cube or a map.

    Raises:
        DataError: If the grid is such a one.
    """
    place = georeference_of(data)
    if place is None:
        return
    _, dx, turned_x, _, turned_y, _ = place.transform
    if turned_x or turned_y or dx <= 0:
        raise DataError(
            f"an ENVI image should be north up. Found the geotransform {place.transform}. Write a .tif or "
            ".nc, or resample the cube."
        )


def _place_fields(place: Georeference | None) -> dict[str, str]:
    if place is None:
        return {}
    x0, dx, _, y0, _, dy = place.transform
    wkt = convert_to_wkt(place.crs, "WKT1_ESRI")
    corner = ["1", "1", repr(x0), repr(y0), repr(dx), repr(-dy)]
    fields = {"map info": _braces(_projection(wkt, corner))}
    return (
        fields if is_authority_code(wkt) else {**fields, "coordinate system string": f"{{{_one_line(wkt)}}}"}
    )


def _projection(wkt: str, corner: list[str]) -> list[str]:
    utm = _UTM.search(wkt)
    if utm:
        half = "North" if utm[2].upper() == "N" else "South"
        return ["UTM", *corner, utm[1], half, "WGS-84", "units=Meters"]
    if wkt.startswith(("GEOGCS", "GEOGCRS")):
        return ["Geographic Lat/Lon", *corner, "WGS-84", "units=Degrees"]
    return ["Arbitrary", *corner]


def _attribute_fields(stack: xr.DataArray) -> dict[str, str]:
    texts = {name: str(stack.attrs.get(name, "")) for name in ("quantity", "units", "attribution")}
    assumed = np.atleast_1d(np.asarray(stack.attrs.get("assumed", []), dtype=str)).tolist()
    texts["assumed"] = json.dumps(assumed, ensure_ascii=False) if assumed else ""
    return {name: _one_line(text) for name, text in texts.items() if text}


def _braces(entries: Iterable[str]) -> str:
    """Join entries as a list; what would end an entry or the list is replaced."""
    clean = (_one_line(entry).replace(",", ";") for entry in entries)
    return f"{{{', '.join(clean)}}}"


def _one_line(text: str) -> str:
    return " ".join(text.translate(str.maketrans("{}", "()")).split())


ENVI: Final = Writer(
    "ENVI", (".hdr", ".dat", ".img", ".bsq"), write_envi, envi_files, check_alone, check_data=check_north_up
)
