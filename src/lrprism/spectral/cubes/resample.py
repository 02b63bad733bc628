"""The bands of a cube moved to the wavelengths of other data."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import band_coords, is_lazy, with_note
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.response import gaussian_response

AVERAGED: Final = "bands were averaged by a Gaussian"
"""Words in the notes of data that were averaged."""
_REACH: Final = 2.0
"""Bands up to this many widths from a wanted wavelength take part in it."""
_MOST_LISTED: Final = 5
"""More wanted wavelengths than these are counted, not listed."""


def resample_bands(cube: xr.DataArray, wavelength: npt.ArrayLike) -> xr.DataArray:
    r"""Average the bands of a cube by a Gaussian round each wanted wavelength.

    .. math:: y_k = \frac{\sum_b G_{kb} x_b}{\sum_b G_{kb}}, \quad
              G_{kb} = \exp\Bigl(-4 \ln 2 \frac{(\lambda_b - \lambda_k)^2}{w_k^2}\Bigr)

    with the full width at half maximum :math:`w_k` the distance to the nearest other wanted wavelength, or to
    the nearest band where that is more. A value is missing where one of the bands that take part misses it.

    Shapes: ``cube``: ``[band, y, x]``; ``wavelength``: ``[target]``.

    Args:
        cube: The cube, lazy or not; bands flagged bad take no part.
        wavelength: Wanted wavelengths in nm, at least two.

    Raises:
        DataError: If there is no good band within a width of a wanted wavelength, or it lies more than half a
            band step beyond the first or the last good band.
    """
    wanted = np.asarray(wavelength, dtype=np.float64)
    good = np.flatnonzero(cube["good"].values)
    apart = np.abs(cube["wavelength"].values[good] - wanted[:, None])
    spacing = measure_spacing(wanted)
    _check_range(wanted, cube["wavelength"].values[good], spacing)
    _check_covered(wanted, apart.min(axis=1, initial=np.inf), spacing)
    width = np.maximum(spacing, apart.min(axis=1))
    bands = []
    for distance, scale in zip(apart, width, strict=True):
        near = np.flatnonzero(distance <= _REACH * scale)
        weight = gaussian_response(distance[near], scale)
        weight = (weight / weight.sum()).astype(np.float32)
        bands.append(sum(cube.data[band] * part for band, part in zip(good[near], weight, strict=True)))
    note = f"{len(good)} {AVERAGED} round each of the {len(wanted)} of training"
    kept = {name: coord for name, coord in cube.coords.items() if "band" not in coord.dims}
    return xr.DataArray(
        _stack(bands),
        dims=("band", "y", "x"),
        coords={**kept, **band_coords(len(wanted), wanted, fwhm=width)},
        name=cube.name,
        attrs=with_note(cube.attrs, note),
    )


def resample_patches(patches: PatchSet, wavelength: npt.ArrayLike) -> PatchSet:
    """Average the bands of spectra or patches as :func:`resample_bands` does those of a cube.

    Args:
        patches: The patches.
        wavelength: Wanted wavelengths in nm, at least two.

    Raises:
        DataError: If there is no good band within a width of a wanted wavelength, or it lies more than half a
            band step beyond the first or the last good band.
    """
    values = patches["patch"].transpose("band", "sample", "y", "x").values
    bands = {name: coord for name, coord in patches.coords.items() if coord.dims == ("band",)}
    # a scene whose rows are the samples
    rows = xr.DataArray(
        values.reshape(*values.shape[:2], -1), dims=("band", "y", "x"), coords=bands, attrs=patches.attrs
    )
    cube = resample_bands(rows, wavelength)
    patch = np.moveaxis(cube.values.reshape(-1, *values.shape[1:]), 0, 1)
    samples = patches.drop_dims("band").drop_vars("label")
    return xr.Dataset(
        {"patch": (("sample", "band", "y", "x"), patch), "label": patches["label"]},
        coords={**samples.coords, **cube.coords},
        attrs=cube.attrs,
    )


def measure_spacing(wavelength: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the distance of each wavelength to the nearest other one, in nm; infinite for one alone."""
    apart = np.abs(wavelength - wavelength[:, None])
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart.min(axis=1, initial=np.inf))


def _stack(bands: list[Any]) -> Any:
    """Stack the images of bands, lazily where they are lazy."""
    if is_lazy(bands[0]):
        import dask.array as da  # late: it takes half a second, and is there where a cube is lazy

        return da.stack(bands)  # type: ignore[no-untyped-call]  # dask.array is not typed
    return np.stack(bands)


def _check_range(
    wanted: npt.NDArray[np.float64], centres: npt.NDArray[np.float64], spacing: npt.NDArray[np.float64]
) -> None:
    """Refuse wanted wavelengths beyond the range of the bands: their values would be those of the last band.

    A band reaches half a step beyond its centre. Of the steps of the two sensors the smaller one counts: a
    coarse sensor would reach too far, and so would a coarse target.

    Raises:
        DataError: If there is one.
    """
    if not len(centres):
        return  # no band is near anything
    first, last = np.argmin(centres), np.argmax(centres)
    step = measure_spacing(centres)
    below = centres[first] - wanted > np.minimum(step[first], spacing) / 2
    above = wanted - centres[last] > np.minimum(step[last], spacing) / 2
    outside = wanted[below | above]
    if len(outside):
        listed = ", ".join(f"{nm:.1f}" for nm in outside[:_MOST_LISTED])
        more = f" and {len(outside) - _MOST_LISTED} more" if len(outside) > _MOST_LISTED else ""
        raise DataError(
            f"the wavelengths of training should lie within {centres[first]:.1f} to {centres[last]:.1f} nm, "
            f"the range of the good bands of the data, or at most half a band step beyond. Found {listed} "
            f"nm{more}. Train on the bands that both sensors have (--bands), or give data that cover them."
        )


def _check_covered(
    wanted: npt.NDArray[np.float64], nearest: npt.NDArray[np.float64], spacing: npt.NDArray[np.float64]
) -> None:
    """Refuse wanted wavelengths that no band is near to.

    Raises:
        DataError: If there is one.
    """
    far = nearest > spacing
    if far.any():
        raise DataError(
            f"the data should have a good band near each of the {len(wanted)} wavelengths of training. Found "
            f"none near {int(far.sum())} of them, such as {wanted[far][0]:.1f} nm. Explain data of a sensor "
            "that covers them, or train on the bands that both sensors have."
        )
