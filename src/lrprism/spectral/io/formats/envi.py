"""ENVI images: a file of plain numbers, bsq, bil or bip, and a text header beside it."""

from os import PathLike
from typing import Any, Final

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import make_cube
from lrprism.spectral.cubes.georeference import assign_georeference
from lrprism.spectral.cubes.wavelengths import WavelengthSource
from lrprism.spectral.io.decode import decode_values, parse_notes
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.format import FileMarks, Format
from lrprism.spectral.io.formats.envi_bands import read_band_facts
from lrprism.spectral.io.formats.envi_content import check_plain_numbers
from lrprism.spectral.io.formats.envi_header import (
    EnviHeader,
    find_header,
    is_header_start,
    read_header,
)
from lrprism.spectral.io.formats.envi_map import read_map_information
from lrprism.spectral.io.formats.spectral_library import refuse_library
from lrprism.spectral.io.lazy import StoredBinary, lazy
from lrprism.spectral.io.value_range import settle_divisor

_LAYOUTS: Final = {
    "bsq": (("bands", "lines", "samples"), (0, 1, 2)),
    "bil": (("lines", "bands", "samples"), (1, 0, 2)),
    "bip": (("lines", "samples", "bands"), (2, 0, 1)),
}
_REFLECTANCE_SCALE: Final = "reflectance scale factor"
_UNKNOWN_QUANTITY: Final = "what the values measure is not stated in the header"


def read_envi(path: str | PathLike[str], *, wavelengths: WavelengthSource | None = None) -> xr.DataArray:
    r"""Open an ENVI image; nothing but the header is read until the values are needed.

    .. math:: v = \frac{s}{d} \quad\text{or}\quad v_b = s_b\,\mathrm{gain}_b + \mathrm{offset}_b

    with the stored number s and d the ``reflectance scale factor``, which is left out, and a note says so,
    where floats are between 0 and 2 without it. The number under ``data ignore value``
    becomes NaN. What lrprism's own writer adds to the header (quantity, units, attribution, what was assumed,
    original bands) is read back.

    Args:
        path: The header (``x.hdr``, ``x.dat.hdr``) or the file of numbers.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the header's.

    Returns:
        The cube ``(band, y, x)``, lazy, with wavelength and FWHM in nm and, where the header places it on a
        map, its georeference.

    Raises:
        DataError: If the header, the size of the data, or the wavelengths are not what they should be.
    """
    with naming(path):
        header = read_header(path)
        refuse_library(header.path)
        return _open_image(header, wavelengths)


def _open_image(header: EnviHeader, wavelengths: WavelengthSource | None) -> xr.DataArray:
    stored, oversized = open_stored_numbers(header)
    bands = stored.shape[0]
    centre, fwhm, assumed = read_band_facts(header, bands, wavelengths)
    place, unplaced = read_map_information(header)
    stated = header.real(_REFLECTANCE_SCALE)
    nodata = header.real("data ignore value")
    divisor, rescaled = settle_divisor(decode_values(stored, nodata=nodata), stated, stored.dtype)
    cube = make_cube(
        _decode_image(header, stored, divisor, nodata),
        centre,
        fwhm=fwhm,
        original_band=header.words("original band") or None,
        good=header.reals("bbl", bands),
        title=header.fields.get("description") or header.data.name,
        attribution=header.fields.get("attribution", ""),
        **_read_quantity(header, stated, (*assumed, *unplaced, *oversized, *rescaled)),
    )
    cube.attrs["scale"] = 1.0 if divisor is None else divisor
    cube.attrs["source"] = header.data.name
    return cube if place is None else assign_georeference(cube, place)


def _read_quantity(header: EnviHeader, divisor: float | None, notes: tuple[str, ...]) -> dict[str, Any]:
    """Read quantity and units, else infer them from the scale factor; with the notes on what was assumed."""
    implied = ("unknown", "unknown") if divisor is None else ("reflectance", "1")
    quantity = header.fields.get("quantity")
    unsaid = () if quantity or divisor is not None else (_UNKNOWN_QUANTITY,)
    return {
        "quantity": quantity or implied[0],
        "units": header.fields.get("units") or implied[1],
        "assumed": (*parse_notes(header.fields.get("assumed", "")), *notes, *unsaid),
    }


def open_stored_numbers(header: EnviHeader) -> tuple[da.Array, tuple[str, ...]]:
    """Make a lazy array of the numbers that a header describes.

    Args:
        header: The header with its data file.

    Returns:
        The stored numbers, ``[band, y, x]``, and what was assumed.

    Raises:
        DataError: If the layout is unknown, or the file holds no plain numbers or too few.
    """
    # frames of old line scanners: bytes between the lines, which no reader here skips
    if any(word not in {"0", "0.0"} for word in _frame_offsets(header)):
        raise DataError(
            f"'{header.path}' should have no frame offsets. Found {_frame_offsets(header)}. "
            "Save the image without them."
        )
    interleave = header.fields.get("interleave", "nothing").lower()
    if interleave not in _LAYOUTS:
        raise DataError(
            f"'interleave' in '{header.path}' should be bsq, bil or bip. Found {interleave!r}. "
            "Correct the header."
        )
    names, axes = _LAYOUTS[interleave]
    shape = tuple(header.integer(name, least=1) for name in names)
    notes = check_plain_numbers(header, shape)
    skip = header.integer("header offset", 0)
    return lazy(StoredBinary(header.data, shape, header.dtype(), axes, skip=skip)), notes


def _frame_offsets(header: EnviHeader) -> list[str]:
    return header.words("major frame offsets") + header.words("minor frame offsets")


def _decode_image(
    header: EnviHeader, stored: da.Array, divisor: float | None, nodata: float | None
) -> da.Array:
    values = decode_values(stored, divisor=1.0 if divisor is None else divisor, nodata=nodata)
    gains, offsets = (header.reals(f"data {name} values", len(stored)) for name in ("gain", "offset"))
    # gains of 1 and offsets of 0 beside a scale factor say the same once more
    if divisor is not None and not (_is_neutral(gains, 1.0) and _is_neutral(offsets, 0.0)):
        raise DataError(
            f"'{header.path}' should state a reflectance scale factor or gains and offsets. Found both. "
            "Remove the one that does not apply."
        )
    values = values if gains is None else values * _align_per_band(header, "gain", gains)
    return values if offsets is None else values + _align_per_band(header, "offset", offsets)


def _is_neutral(numbers: npt.NDArray[np.float64] | None, neutral: float) -> bool:
    return numbers is None or bool(np.all(numbers == neutral))


def _align_per_band(
    header: EnviHeader, name: str, numbers: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    if not np.isfinite(numbers).all():
        raise DataError(
            f"'data {name} values' in '{header.path}' should be finite. Found {numbers.tolist()}. "
            "Correct the header."
        )
    return numbers.astype(np.float32)[:, None, None]


def _is_envi(marks: FileMarks) -> bool:
    # a folder, or a file of another format, may have the name of a header beside it
    if marks.path.is_dir() or marks.hdf5 is not None:
        return False
    header = marks.path if is_header_start(marks.start) else find_header(marks.path)
    if header is None:
        return False
    refuse_library(header)
    return True


ENVI: Final = Format(
    "ENVI", _is_envi, read_envi, files=".hdr with .dat, .img, .bsq, .bil or .bip", options=("wavelengths",)
)
