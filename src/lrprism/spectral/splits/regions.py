"""Split a scene by whole regions, such as its fields."""

from itertools import repeat

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.splits.guard import build_scene_split, check_guard
from lrprism.spectral.splits.search import STARTS, Areas, search_deal
from lrprism.spectral.splits.split import Numbers, Split, check_fraction, note_single_units


def connected_regions(labels: xr.DataArray) -> xr.DataArray:
    """Number the connected regions of one class: the fields of a scene, for :func:`region_split`.

    Two pixels of one class belong to the same region if they touch at a side or at a corner.

    Shapes: ``labels`` and the regions: ``[y, x]``.

    Args:
        labels: 0 where unlabelled, else 1 + the class.

    Returns:
        int64 array ``(y, x)``: 0 where unlabelled, else the number of the region, from 1, by class and then
        by first row and column.
    """
    from scipy import ndimage  # late: help texts that list the schemes need no scipy

    regions = np.zeros(labels.shape, dtype=np.int64)
    total = 0
    for label in np.unique(labels.values[labels.values > 0]):
        numbers, count = ndimage.label(labels.values == label, structure=np.ones((3, 3)))
        regions += np.where(numbers > 0, numbers + total, 0)
        total += count
    return xr.DataArray(regions, dims=labels.dims, coords=labels.coords, name="region")


def region_split(
    labels: xr.DataArray, regions: npt.ArrayLike, *, guard: int, seed: int, test_fraction: float = 0.5
) -> Split:
    """Give whole regions of a scene to training or to testing, with a guard band between the two.

    A pixel outside all regions counts to the nearest one, so that each part is an area whose windows of
    radius ``guard`` share no pixel with those of the other, see :func:`keep_apart`. Pixels within ``guard``
    of the scene's border drop out, as their windows would leave the scene.

    Regions are dealt out so that as many classes as possible are on both sides, as many of these as possible
    with 5 pixels or more, and then so that the parts are balanced and few pixels lost to the guard, see
    :func:`rate_parts`. The search starts from random deals and flips one region at a time.

    Shapes: ``labels``, ``regions``: ``[y, x]``.

    Args:
        labels: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]`` as in a scene.
        regions: Number of the region of each pixel, such as those of :func:`connected_regions`, or of a field
            or an acquisition day; 0 where there is none.
        guard: Radius of the windows to be cut, ``size // 2``.
        seed: Seed of the search; the same seed gives the same split.
        test_fraction: Share of the pixels of each class to test on, as near as whole regions allow.

    Returns:
        The split, in pixel numbers for :func:`cut_windows`; its notes name classes that are in a single
        region, or for another reason not in both parts.

    Raises:
        InputError: If the fraction or the guard is impossible.
        DataError: If the regions do not fit the labels, are fewer than two, or one part would be empty.
    """
    check_fraction("test_fraction", test_fraction)
    check_guard(guard)
    area_of = _assign_areas(labels, np.asarray(regions))
    units = Areas.from_scene(labels.values, area_of, guard, test_fraction, by_size=True)
    # regions do not move: every start is another deal of the same ones
    areas, on_test = search_deal(repeat(units, STARTS), np.random.default_rng(seed))
    labelled = labels.values > 0
    alone = note_single_units(
        labels.values[labelled].astype(np.int64) - 1, area_of[labelled], labels.attrs["class_names"], "region"
    )
    return build_scene_split(labels, *areas.trim_sides(on_test), f"whole regions, guard of {guard}", *alone)


def _assign_areas(labels: xr.DataArray, regions: npt.NDArray[np.generic]) -> Numbers:
    """Return the number of the nearest region of each pixel, from 0, ``[y, x]``.

    Raises:
        DataError: If the regions do not fit the labels, or are fewer than two.
    """
    from scipy import ndimage  # late, see connected_regions

    if regions.shape != labels.shape or regions.dtype.kind not in "iu" or regions.min() < 0:
        raise DataError(
            f"regions should be integers from 0 for the {labels.shape} pixels (y, x) of the labels. Found "
            f"shape {regions.shape} of {regions.dtype}. Number the regions 1, 2, 3, ..."
        )
    labelled = labels.values > 0
    outside = np.argwhere(labelled & (regions == 0))
    if len(outside):
        raise DataError(
            f"each labelled pixel should lie in a region. Found {len(outside)} outside, the first at row "
            f"{outside[0][0]}, column {outside[0][1]}. Give the pixel a region, or remove its label."
        )
    count = len(np.unique(regions[labelled]))
    if count < 2:
        raise DataError(
            f"labelled pixels should lie in at least 2 regions. Found {count}. Use smaller regions, or split "
            "by blocks."
        )
    # pixels outside all regions join the nearest one
    nearest = ndimage.distance_transform_cdt(
        regions == 0, metric="chessboard", return_distances=False, return_indices=True
    )
    _, number = np.unique(regions[tuple(nearest)], return_inverse=True)
    return np.asarray(number, dtype=np.int64).reshape(labels.shape)
