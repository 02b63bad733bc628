"""Exchange formats of laboratory spectrometers, read by packages: JCAMP-DX by jcamp, SPC by spc-io."""

import contextlib
import importlib
import io
from pathlib import Path
from typing import Any, Final

import numpy as np

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.spectra.band_columns import convert_to_nm
from lrprism.spectral.io.spectra.spectrum import Spectrum, SpectrumFormat

_JCAMP_UNITS: Final = {
    **dict.fromkeys(("1/cm", "cm-1", "cm^-1"), "cm-1"),
    **dict.fromkeys(("nanometers", "nanometres", "nm"), "nm"),
    **dict.fromkeys(("micrometers", "micrometres", "um"), "um"),
}
_SPC_UNITS: Final = {"XWAVEN": "cm-1", "XUMETR": "um", "XNMETR": "nm"}
_QUANTITIES: Final = {
    "absorbance": "absorbance", "reflectance": "reflectance", "transmittance": "transmittance",
    "YABSRB": "absorbance", "YLOGDR": "absorbance", "YTRANS": "transmittance", "YREFLEC": "reflectance",
}  # fmt: skip


def read_jcamp(path: Path) -> Spectrum:
    """Read a JCAMP-DX file of one spectrum over wavelength or wavenumber.

    Args:
        path: The file.

    Raises:
        DataError: If it cannot be read, holds several spectra, fails a check of its own, or has another axis.
        InputError: If the package jcamp is missing.
    """
    jcamp = _import("jcamp", path)
    said = io.StringIO()
    # the package prints what its checks of each line find, and goes on; else it raises a bare Exception
    with reading(path, "a JCAMP-DX file", Exception), contextlib.redirect_stdout(said):
        content: dict[str, Any] = jcamp.readfile(str(path))
    problem = said.getvalue().strip().partition("\n")[0]
    points = content.get("npoints", len(content["y"]))
    if problem or content.get("children") or len(content["y"]) != points or not points:
        what = problem or (
            "several spectra" if content.get("children") else f"{len(content['y'])} of {points} values"
        )
        raise DataError(f"'{path}' should hold one whole JCAMP-DX spectrum. Found: {what}. Export it again.")
    unit = _find_unit(path, str(content.get("xunits", "none")), _JCAMP_UNITS)
    nm = convert_to_nm(np.asarray(content["x"], dtype=np.float64), unit)
    quantity = _QUANTITIES.get(str(content.get("yunits", "")).lower(), "unknown")
    return Spectrum(nm, np.asarray(content["y"], dtype=np.float64), quantity, _name_units(quantity))


def read_spc(path: Path) -> Spectrum:
    """Read a Galactic SPC file of one spectrum over wavelength or wavenumber.

    Args:
        path: The file.

    Raises:
        DataError: If it cannot be read, holds several spectra, or has another axis.
        InputError: If the package spc-io is missing.
    """
    spc_io = _import("spc_io", path)
    with reading(path, "an SPC file", NotImplementedError), path.open("rb") as file:
        content = spc_io.SPC.from_bytes_io(file)
        count = len(content)
        x, y = np.asarray(content[0].xarray), np.asarray(content[0].yarray)
    if count != 1:
        raise DataError(f"'{path}' should hold one spectrum. Found {count}. Save each by itself.")
    nm = convert_to_nm(x.astype(np.float64), _find_unit(path, content.xtype, _SPC_UNITS))
    quantity = _QUANTITIES.get(content.ytype, "unknown")
    return Spectrum(nm, y.astype(np.float64), quantity, _name_units(quantity))


def _import(name: str, path: Path) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"'{path}' should be read with the package {name.replace('_', '-')}. Found it not installed. "
            "Install it with pip install 'lrprism[spectra]'."
        ) from error


def _find_unit(path: Path, word: str, units: dict[str, str]) -> str:
    """Return the unit of the axis.

    Raises:
        DataError: If it is neither wavelength nor wavenumber.
    """
    unit = units.get(word.strip()) or units.get(word.strip().lower())
    if unit is None:
        raise DataError(
            f"'{path}' should be a spectrum over wavelength or wavenumber. Found the axis {word!r}. Convert "
            "it to nm."
        )
    return unit


def _name_units(quantity: str) -> str:
    return "unknown" if quantity == "unknown" else "1"


JCAMP: Final = SpectrumFormat("JCAMP-DX", (".jdx", ".dx", ".jcamp", ".jcm"), read_jcamp)
SPC: Final = SpectrumFormat("SPC", (".spc",), read_spc)
