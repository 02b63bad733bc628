"""Wavelengths in the names of the bands, as programs write them: "550.3 nm", "Band 1 (0.55 Micrometers)"."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.io.decode import convert_to_nm

_UNIT: Final = "nm|um|µm|μm|nanomet(?:er|re)s?|micromet(?:er|re)s?|microns?"
# a number behind a dash ends a range, "450-520 nm", whose centre is another one
_NUMBER_AND_UNIT: Final = re.compile(rf"(?<![\w.–-])([0-9]+(?:\.[0-9]*)?)\s*\(?({_UNIT})\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?)\s*")


def read_band_names(
    names: Sequence[str], *, bare_numbers: bool = False
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]] | None:
    """Read the wavelengths that names of bands state.

    Args:
        names: Name of each band.
        bare_numbers: Whether a name that is nothing but a number is a wavelength as well.

    Returns:
        Wavelengths in nm, and what was assumed; None unless every name states exactly one.

    Example:
        >>> read_band_names(["Band 1 (450.0 Nanometers)", "0.55 um"])[0].tolist()
        [450.0, 550.0]
    """
    pairs = [_NUMBER_AND_UNIT.findall(name) for name in names]
    if names and all(len(pair) == 1 for pair in pairs):
        numbers = [convert_to_nm([float(number)], unit)[0][0] for ((number, unit),) in pairs]
        return np.array(numbers), ("wavelengths are those in the names of the bands",)
    if not bare_numbers or not names:
        return None
    # "450 nm", "620.5", "700": the list of one program that names the unit once
    plain = [_NUMBER.fullmatch(name.lower().removesuffix("nm")) for name in names]
    if not all(plain):
        return None
    values, notes = convert_to_nm([float(match[1]) for match in plain if match])
    return values, ("wavelengths are the band names, which are all numbers", *notes)
