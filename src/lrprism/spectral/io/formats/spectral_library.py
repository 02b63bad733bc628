"""ENVI spectral libraries: many spectra, one below the other, in one file."""

import re
from os import PathLike
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.cubes.wavelengths import WavelengthSource
from lrprism.spectral.io.decode import decode_values
from lrprism.spectral.io.failures import naming
from lrprism.spectral.io.formats.envi_bands import read_band_facts
from lrprism.spectral.io.formats.envi_content import check_plain_numbers
from lrprism.spectral.io.formats.envi_header import EnviHeader, find_header, read_header
from lrprism.spectral.io.value_range import LARGEST_REFLECTANCE, find_top, settle_divisor

_HEADER_BYTES: Final = 2**20
_LIBRARY: Final = re.compile(rb"^\s*file type\s*=\s*envi spectral library", re.IGNORECASE | re.MULTILINE)


def read_spectral_library(
    path: str | PathLike[str], *, wavelengths: WavelengthSource | None = None
) -> xr.DataArray:
    r"""Read an ENVI spectral library: ``samples`` channels of ``lines`` spectra.

    .. math:: v = s / d

    with the stored number s and d the ``reflectance scale factor``, 1 where the header has none.

    Args:
        path: The header (``x.hdr``, ``x.sli.hdr``) or the ``.sli`` file.
        wavelengths: A list in nm, ``"FIRST:LAST"`` in nm, or a text file, in place of the header's.

    Returns:
        float32 array ``(spectrum, band)`` with the coordinates of a cube's bands and ``name`` along
        ``spectrum``; NaN where the header marks a missing value.

    Raises:
        DataError: If the header, the size of the data, or the wavelengths are not what they should be.
    """
    with naming(path):
        return _read_spectra(read_header(path), wavelengths)


def is_spectral_library(path: str | PathLike[str]) -> bool:
    """Return True if a file, or the header beside it, is that of an ENVI spectral library."""
    header = find_header(Path(path))
    if header is None:
        return False
    with header.open("rb") as file:
        return _LIBRARY.search(file.read(_HEADER_BYTES)) is not None


def refuse_library(path: str | PathLike[str]) -> None:
    """Refuse a spectral library where an image is expected.

    Raises:
        DataError: If it is one.
    """
    if is_spectral_library(path):
        raise DataError(
            f"'{path}' should describe an image. Found a spectral library. Use read_spectral_library."
        )


def _read_spectra(header: EnviHeader, wavelengths: WavelengthSource | None) -> xr.DataArray:
    spectra, channels = header.integer("lines", least=1), header.integer("samples", least=1)
    if header.integer("bands", 1) != 1:
        raise DataError(
            f"'bands' of the spectral library '{header.path}' should be 1. Found {header.fields['bands']}. "
            "Use read_envi if this is an image."
        )
    oversized = check_plain_numbers(header, (spectra, channels))
    names = _read_names(header, spectra)
    centre, fwhm, assumed = read_band_facts(header, channels, wavelengths)
    values = np.fromfile(
        header.data, header.dtype(), spectra * channels, offset=header.integer("header offset", 0)
    ).reshape(spectra, channels)
    coords = band_coords(channels, centre, fwhm=fwhm, good=header.reals("bbl", channels))
    nodata = header.real("data ignore value")
    undivided = decode_values(values, nodata=nodata).T[:, :, None]  # [band, spectrum, 1]
    divisor, rescaled = settle_divisor(undivided, header.real("reflectance scale factor"), values.dtype)
    return xr.DataArray(
        np.asarray(decode_values(values, divisor=1.0 if divisor is None else divisor, nodata=nodata)),
        dims=("spectrum", "band"),
        coords={**coords, "name": ("spectrum", np.array(names))},
        attrs={
            "title": header.fields.get("description", "").strip() or header.data.name,
            "attribution": "",
            **_name_quantity(find_top(undivided), divisor, (*assumed, *oversized, *rescaled)),
            "scale": 1.0 if divisor is None else divisor,
            "source": header.data.name,
        },
    )


def _name_quantity(top: float | None, divisor: float | None, notes: tuple[str, ...]) -> dict[str, object]:
    # most libraries are reflectance; some times 10000, which they say in the title of a plot alone
    if divisor is None and top is not None and top > LARGEST_REFLECTANCE:
        note = f"values reach {top:.4g} and no scale factor is stated: they are not taken to be reflectance"
        return {"quantity": "unknown", "units": "unknown", "assumed": [*notes, note]}
    return {
        "quantity": "reflectance",
        "units": "1",
        "assumed": [*notes, "values are taken to be reflectance"],
    }


def _read_names(header: EnviHeader, spectra: int) -> list[str]:
    names = header.words("spectra names") or [str(number) for number in range(spectra)]
    if len(names) != spectra:
        raise DataError(
            f"'spectra names' in '{header.path}' should have {spectra} entries. Found {len(names)}. "
            "Correct the header; names must not contain commas."
        )
    return names
