"""Checks of the data that features are planted into."""

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths
from lrprism.spectral.simulate.arrays import Floats, Labels, Mask, Numbers
from lrprism.spectral.simulate.truth import PARTS


def check_samples(x: npt.ArrayLike, wavelengths: npt.ArrayLike) -> tuple[Floats, Numbers]:
    """Return samples and wavelengths as arrays after checking that they fit.

    Raises:
        DataError: If they do not, or a value is not finite.
    """
    values = np.asarray(x)
    if values.ndim not in (2, 4) or 0 in values.shape or values.dtype.kind not in "fiu":
        raise DataError(
            "x should hold numbers as (sample, band) or (sample, band, y, x). "
            f"Found shape {values.shape} of {values.dtype}. Reorder the axes or convert the values."
        )
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise DataError(f"x should be finite. Found {bad} NaN or infinite values. Fill them.")
    return values.astype(np.float32), check_wavelengths(wavelengths, values.shape[1])


def check_region(pixels: npt.ArrayLike | None, x: Floats) -> Mask | None:
    """Return a mask of pixels as one per sample, ``[sample, y, x]``.

    Raises:
        DataError: If it does not fit the samples, or names no pixel.
    """
    if pixels is None:
        return None
    mask = np.asarray(pixels, dtype=np.bool_)
    whole = (len(x), *x.shape[2:])
    if x.ndim != 4 or mask.shape not in (whole, whole[1:]):
        raise DataError(
            f"pixels should have the shape of the samples without bands, {whole} or {whole[1:]}. "
            f"Found {mask.shape}. Give one mask for all samples, or one for each."
        )
    if not mask.any():
        raise DataError("pixels should name some pixels. Found none. Give None for all.")
    return np.broadcast_to(mask, whole)


def check_parts(part: npt.ArrayLike | None, samples: int) -> npt.NDArray[np.str_]:
    """Return the part of each sample, by default training.

    Raises:
        DataError: If one is unknown, or their number is another.
    """
    parts = np.full(samples, "train") if part is None else np.asarray(part, dtype=np.str_)
    unknown = sorted(set(parts.ravel().tolist()) - set(PARTS))
    if parts.shape != (samples,) or unknown:
        raise DataError(
            f"part should name one of {', '.join(PARTS)} for each of {samples} samples. "
            f"Found {repr(unknown[0]) if unknown else f'shape {parts.shape}'}. Name the part of each."
        )
    return parts


def check_labels(values: npt.ArrayLike, samples: int, name: str) -> Labels:
    """Return whole numbers of samples as int64.

    Raises:
        DataError: If they are none, or their number is another.
    """
    labels = np.asarray(values)
    if labels.shape != (samples,) or labels.dtype.kind not in "iu":
        raise DataError(
            f"{name} should hold one whole number for each of {samples} samples. "
            f"Found shape {labels.shape} of {labels.dtype}. Give one per sample."
        )
    return labels.astype(np.int64)
