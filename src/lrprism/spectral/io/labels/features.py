"""Polygons and points on the grid of a cube."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.io.labels.attribute import NO_CODE
from lrprism.spectral.io.labels.codes import CodeMap, Numbers
from lrprism.spectral.io.labels.grid import describe_extent
from lrprism.spectral.io.raster import import_rasterio

_FREE: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class _Painting:
    """What features leave on a grid.

    Shapes: ``[y, x]`` each.

    Args:
        lowest: Lowest class number of the features over each pixel, 0 where there is none.
        highest: Highest class number of the features over each pixel.
        owner: Number of the feature that is painted last.
    """

    lowest: Numbers
    highest: Numbers
    owner: Numbers


def paint_points(
    row: npt.NDArray[np.float64], column: npt.NDArray[np.float64], codes: Numbers, cube: xr.DataArray
) -> CodeMap:
    """Give the pixel in which each point lies the code of the point.

    A pixel with points of different classes stays unlabelled, and a note counts such pixels.

    Shapes: ``row``, ``column``, ``codes``: ``[point]``.

    Args:
        row: Row of each point in the cube, 0 at the upper edge of the first pixel.
        column: Column of each point, 0 at the left edge of the first pixel.
        codes: Code of each point; :data:`NO_CODE` where it has none.
        cube: The cube.

    Raises:
        DataError: If no point lies in the cube.
    """
    shape = (cube.sizes["y"], cube.sizes["x"])
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    used = np.flatnonzero(inside & (codes != NO_CODE))
    _check_inside(int(inside.sum()), len(row), "point", cube)
    pixels = row[used].astype(np.int64), column[used].astype(np.int64)
    present, number = np.unique(codes[used], return_inverse=True)
    painting = _Painting(
        np.full(shape, _FREE), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    )
    np.minimum.at(painting.lowest, pixels, number + 1)
    np.maximum.at(painting.highest, pixels, number + 1)
    painting.owner[pixels] = used + 1
    outside = int((~inside).sum())
    return _settle(painting, present, cube, "points", outside)


def paint_polygons(polygons: npt.NDArray[Any], codes: Numbers, cube: xr.DataArray) -> CodeMap:
    """Give the pixels whose centre lies in a polygon the code of the polygon.

    A pixel in polygons of different classes stays unlabelled, and a note counts such pixels.

    Shapes: ``polygons``, ``codes``: ``[polygon]``.

    Args:
        polygons: Polygons of shapely in columns and rows of the cube.
        codes: Code of each; :data:`NO_CODE` where it has none.
        cube: The cube.

    Returns:
        The codes, and the number of the polygon of each pixel, from 1 in the order of the file.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If no polygon lies in the cube.
    """
    import shapely  # an optional dependency

    height, width = cube.sizes["y"], cube.sizes["x"]
    left, top, right, bottom = shapely.bounds(polygons).T
    inside = (right > 0) & (left < width) & (bottom > 0) & (top < height)
    _check_inside(int(inside.sum()), len(polygons), "polygon", cube)
    used = np.flatnonzero(inside & (codes != NO_CODE))
    present, number = np.unique(codes[used], return_inverse=True)
    rising = np.argsort(number, kind="stable")
    painting = _Painting(
        # what is burned last stays: once the highest class, once the lowest
        _burn(polygons[used[rising[::-1]]], number[rising[::-1]] + 1, (height, width)),
        _burn(polygons[used[rising]], number[rising] + 1, (height, width)),
        _burn(polygons[used], used + 1, (height, width)),
    )
    empty = len(used) - len(np.intersect1d(painting.owner, used + 1))
    note = (f"{empty} polygons hold no pixel centre of their own",) if empty else ()
    return _settle(painting, present, cube, "polygons", int((~inside).sum())).note(*note)


def _burn(polygons: npt.NDArray[Any], numbers: Numbers, shape: tuple[int, int]) -> Numbers:
    import_rasterio()
    from rasterio.features import rasterize  # an optional dependency

    if not len(polygons):
        return np.zeros(shape, dtype=np.int64)
    pairs = zip(polygons, numbers.tolist(), strict=True)
    return np.asarray(rasterize(pairs, out_shape=shape, fill=0, dtype="int32"), dtype=np.int64)


def _settle(painting: _Painting, present: Numbers, cube: xr.DataArray, noun: str, outside: int) -> CodeMap:
    """Return the codes of the pixels that are certain, and say what was left out."""
    certain = (painting.highest > 0) & (painting.lowest == painting.highest)
    disputed = int(((painting.highest > 0) & ~certain).sum())
    notes = [f"{outside} {noun} lie outside the scene"] if outside else []
    if disputed:
        notes.append(f"{disputed} pixels lie in {noun} of different classes and are unlabelled")
    every = CodeMap(np.where(certain, painting.highest, 0), tuple(present.tolist()))
    labels = every.take(every.numbers, georeference_of(cube))
    return CodeMap(
        labels.numbers, labels.codes, labels.place, np.where(certain, painting.owner, 0), tuple(notes)
    )


def _check_inside(inside: int, count: int, noun: str, cube: xr.DataArray) -> None:
    if inside:
        return
    place = georeference_of(cube)
    shape = (cube.sizes["y"], cube.sizes["x"])
    where = f"{shape[0]} rows, {shape[1]} columns" if place is None else describe_extent(place, shape)
    raise DataError(
        f"{noun}s should lie in the scene ({where}). Found none of {count} inside. Give the labels of "
        "this scene, or name their reference system with --label-crs."
    )
