"""The largest values of a cube, from a sample: whether a scale factor can be right."""

from typing import Final

import dask.array as da
import numpy as np

LARGEST_REFLECTANCE: Final = 2.0
"""Glints and snow on a slope reflect more than a white plate does, though not this much."""

_SMALLEST_REFLECTANCE: Final = 1e-3
_SCALES: Final = 10.0  # a divisor below this changes no order of magnitude
_BANDS, _ROWS = 9, 25
_TOP_PERCENT: Final = 99.0


def find_top(values: da.Array) -> float | None:
    """Return the 99th percentile of some rows of some bands, evenly spread; None if they hold no number.

    Args:
        values: ``[band, y, x]``, lazy or not; NaN where there is none.
    """
    bands, rows = (
        np.unique(np.linspace(0, length - 1, most).round().astype(int))
        for length, most in zip(values.shape[:2], (_BANDS, _ROWS), strict=True)
    )
    sample = np.concatenate([np.asarray(values[band][rows]).ravel() for band in bands])
    finite = sample[np.isfinite(sample)]
    return float(np.percentile(finite, _TOP_PERCENT)) if finite.size else None


def settle_divisor(
    values: da.Array, divisor: float | None, dtype: np.dtype[np.generic]
) -> tuple[float | None, tuple[str, ...]]:
    """Check a reflectance scale factor against the stored values.

    Programs that divide by it often leave it in the header: floats that are reflectance already would
    become next to nothing.

    Args:
        values: What is stored, ``[band, y, x]``, NaN where there is none.
        divisor: The factor of the header, or None.
        dtype: Type of the stored numbers; integers are always divided.

    Returns:
        The factor that applies, and what was assumed.
    """
    if divisor is None or divisor < _SCALES or dtype.kind != "f":
        return divisor, ()
    top = find_top(values)
    if top is None or not 0 < top <= LARGEST_REFLECTANCE:
        return divisor, ()
    return 1.0, (
        f"the stored values, up to {top:.3g}, are taken as they are: divided by the scale factor {divisor:g} "
        f"of the file they would reach {top / divisor:.3g}",
    )


def note_reflectance(values: da.Array) -> tuple[str, ...]:
    """Say so if values called reflectance are far from 0 to 1.

    Args:
        values: ``[band, y, x]``, NaN where there is none.
    """
    top = find_top(values)
    if top is None or _SMALLEST_REFLECTANCE <= top <= LARGEST_REFLECTANCE:
        return ()
    return (f"values reach {top:.4g}, which reflectance from 0 to 1 does not: check the scale of the file",)
