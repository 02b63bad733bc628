"""Relevance at a stated resolution: averaged over a box along wavelength, in nm."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths

POOLED: Final = "pooled_nm"
"""The attribute of pooled relevance: the width of its box in nm."""
_ROUNDING: Final = 1e-6  # nm; bands of a regular sensor lie whole steps apart but for rounding

Floats = npt.NDArray[np.floating[Any]]


def pooled(relevance: xr.DataArray, *, nm: float) -> xr.DataArray:
    r"""Average relevance over a box of ``nm`` along wavelength; its sum over all bands is kept.

    .. math:: \tilde R_b = \sum_{j:\ |\lambda_b - \lambda_j| \le W/2} \frac{R_j}{n_j}, \quad
              n_j = \#\{i: |\lambda_i - \lambda_j| \le W/2\}

    Each band's relevance is spread evenly over the ``n_j`` bands whose centre lies in the box round it (the
    columns of the matrix sum to one), so that the sum over all bands is kept, also at the ends of the axis.

    Distances are in nm, never in indices. Across a gap, such as removed water bands, a box is no longer than
    elsewhere: it reaches the bands on the far side only where they lie within ``nm / 2``. Bands of two
    detectors that overlap pool with each other: they see the same light, and a network may read it from
    either. The order of the bands does not matter. A narrow artefact is spread too: look for it in the
    relevance as computed.

    Shapes: ``relevance``: any with a dimension ``band``; the result: the same. A missing value is missing in
    all bands that it would be spread over.

    Args:
        relevance: Relevance with the coordinate ``wavelength`` in nm along ``band``, in memory or lazy.
        nm: Width ``W`` of the box in nm; 0 leaves all as it is but for bands at one wavelength, which share.

    Returns:
        Pooled relevance in the unit of ``relevance``; the attribute ``pooled_nm`` states the width.

    Raises:
        DataError: If bands or wavelengths are missing, the width is no number of 0 or more, or the relevance
            is pooled already.

    Example:
        >>> bands = {"wavelength": ("band", [500.0, 510.0, 520.0])}
        >>> relevance = xr.DataArray([0.0, 6.0, 0.0], dims="band", coords=bands)
        >>> pooled(relevance, nm=20).values.tolist()
        [2.0, 2.0, 2.0]
    """
    wavelength = _read_wavelengths(relevance)
    if relevance.attrs.get(POOLED):
        raise DataError(
            f"relevance should be pooled once, from the map as computed. Found it pooled over "
            f"{relevance.attrs[POOLED]:g} nm. Keep the map as computed and pool that."
        )
    # integers would be cut off; float32 stays float32, or a map of a large scene would double
    dtype = np.result_type(relevance.dtype, np.float32)
    weights = build_box(wavelength, nm).astype(dtype)
    summed: xr.DataArray = xr.apply_ufunc(
        _sum_boxes,
        relevance,
        kwargs={"weights": weights},
        input_core_dims=[["band"]],
        output_core_dims=[["band"]],
        dask="parallelized",
        dask_gufunc_kwargs={"allow_rechunk": True},
        output_dtypes=[dtype],
    )
    summed = summed.transpose(*relevance.dims)
    return summed.assign_attrs({**relevance.attrs, POOLED: float(nm)})


def _read_wavelengths(relevance: xr.DataArray) -> Floats:
    # a user may pass what explain() returned
    if not isinstance(relevance, xr.DataArray):
        raise DataError(
            f"relevance to pool should be an xarray.DataArray with wavelengths. Found "
            f"{type(relevance).__name__}. Try xr.DataArray(values, dims=('sample', 'band', 'y', 'x'), "
            "coords={'wavelength': ('band', nm)})."
        )
    if "band" not in relevance.dims or relevance.coords.get("wavelength", relevance).dims != ("band",):
        raise DataError(
            "relevance to pool should have a dimension band and the coordinate wavelength along it, in nm. "
            f"Found dimensions {', '.join(map(str, relevance.dims)) or 'none'} and coordinates "
            f"{', '.join(map(str, relevance.coords)) or 'none'}. Assign the wavelengths first."
        )
    return check_wavelengths(relevance["wavelength"].values, relevance.sizes["band"])


def _sum_boxes(values: Floats, weights: Floats) -> Floats:
    # 0 times NaN is NaN: a missing value must not spoil bands outside its box
    missing = np.isnan(values)
    if not missing.any():
        return np.asarray(values @ weights.T)
    summed = np.where(missing, 0, values) @ weights.T
    # a count of missing values, weighted: above 0 where one lies in the box
    summed[missing.astype(weights.dtype) @ weights.T > 0] = np.nan
    return np.asarray(summed)


def build_box(wavelength: npt.ArrayLike, nm: float) -> npt.NDArray[np.float64]:
    r"""Return the matrix that spreads the relevance of each band evenly over the bands of its box.

    .. math:: P_{bj} = m_{bj} / \textstyle\sum_i m_{ij}, \quad
              m_{bj} = 1 \text{ if } |\lambda_b - \lambda_j| \le W/2 \text{ else } 0

    Shapes: ``wavelength``: ``[band]`` in nm, in any order; the result ``[band, band]``, columns sum to one.

    Args:
        wavelength: Centre of each band in nm.
        nm: Width ``W`` of the box in nm.

    Raises:
        DataError: If the width is no number of 0 or more.
    """
    if not (np.isfinite(nm) and nm >= 0):
        raise DataError(
            f"the width to pool over should be 0 nm or more. Found {nm}. Leave it out for the default."
        )
    centre = np.asarray(wavelength, dtype=np.float64)
    distance = np.abs(centre[:, None] - centre)
    inside = (distance <= nm / 2 + _ROUNDING).astype(np.float64)
    weights: npt.NDArray[np.float64] = inside / inside.sum(axis=0)
    return weights


def joins_bands(wavelength: npt.ArrayLike, nm: float) -> bool:
    """Return True if a box of this width holds more than one band anywhere: pooling changes the map.

    Args:
        wavelength: Centre of each band in nm.
        nm: Width of the box in nm.
    """
    steps = np.diff(np.sort(np.asarray(wavelength, dtype=np.float64)))
    return nm > 0 and bool((steps <= nm / 2 + _ROUNDING).any())


def pick_peaks(values: npt.ArrayLike, wavelength: npt.ArrayLike, nm: float, count: int) -> list[int]:
    """Pick the largest peaks that lie more than ``nm`` apart: neighbours in one box say the same.

    A peak is a band with no larger value within ``nm / 2``: the slope beside a peak is none.

    Shapes: ``values``, ``wavelength``: ``[band]``.

    Args:
        values: The values, such as pooled relevance.
        wavelength: Centre of each band in nm.
        nm: Peaks at most this far from a larger one are passed over.
        count: Number of peaks; fewer if there are no more.

    Returns:
        Positions along the band axis, largest value first; of equal ones the first.

    Example:
        >>> pick_peaks([1.0, 5.0, 6.0, 4.0], [500, 510, 520, 560], nm=20, count=2)
        [2, 3]
    """
    heights, centre = np.asarray(values, dtype=np.float64), np.asarray(wavelength, dtype=np.float64)
    peaks: list[int] = []
    for band in np.argsort(-heights, kind="stable"):
        if len(peaks) == count:
            break
        is_peak = heights[np.abs(centre - centre[band]) <= nm / 2 + _ROUNDING].max() <= heights[band]
        if is_peak and all(abs(centre[band] - centre[peak]) > nm + _ROUNDING for peak in peaks):
            peaks.append(int(band))
    return peaks
