"""The axis of the bands in an array whose axes have no names."""

from os import PathLike
from pathlib import Path

import numpy as np

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.wavelengths import WavelengthSource

CUBE_AXES = 3


def find_band_axis(
    shape: tuple[int, ...], wavelengths: WavelengthSource | None, band_axis: int | None = None
) -> tuple[int, tuple[str, ...]]:
    """Find the axis as long as the list of wavelengths; the last one where no count is stated.

    Args:
        shape: Lengths of the three axes.
        wavelengths: What the user states about the wavelengths, or None.
        band_axis: The axis, where the user states it; -1 is the last.

    Returns:
        The axis, 0 to 2, and a sentence on what was assumed.

    Raises:
        DataError: If no axis, or more than one, is as long as the list of wavelengths.
        InputError: If ``band_axis`` is not an axis.
    """
    if band_axis is not None:
        if not -CUBE_AXES <= band_axis < CUBE_AXES:
            raise InputError(f"band_axis should be 0, 1, 2 or -1. Found {band_axis}. Count the axes from 0.")
        return band_axis % CUBE_AXES, ()
    count = count_wavelengths(wavelengths)
    # "FIRST:LAST" fits any number of bands: most programs write the bands last
    if count is None:
        return CUBE_AXES - 1, (f"the last axis of {shape} is taken for the bands, the others for y, x",)
    fitting = [axis for axis, length in enumerate(shape) if length == count]
    if len(fitting) > 1:
        raise DataError(
            f"one axis should be as long as the {count} wavelengths. Found {len(fitting)} in shape {shape}. "
            "Say which with band_axis=, on the command line --band-axis."
        )
    if not fitting:
        raise DataError(
            f"an axis should be as long as the {count} wavelengths. Found shape {shape}. "
            "Give the wavelengths of this array."
        )
    others = "the others, in order, for y, x"
    return fitting[0], (f"axis {fitting[0]} of {shape} is taken for the bands by its length, {others}",)


def count_wavelengths(wavelengths: WavelengthSource | None) -> int | None:
    """Return how many bands a list of wavelengths is for; None where it says nothing of their number.

    Args:
        wavelengths: What the user states, or None.
    """
    if wavelengths is None:
        return None
    if not isinstance(wavelengths, str | PathLike):
        return int(np.size(wavelengths))
    file = Path(wavelengths)
    if not file.is_file():  # "FIRST:LAST"
        return None
    return sum(bool(line.split("#")[0].strip()) for line in file.read_text("utf-8", "replace").splitlines())
