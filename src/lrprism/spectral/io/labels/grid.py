"""Labels on the grid of a cube: the class at the centre of each of its pixels."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference, georeference_of
from lrprism.spectral.io.labels.codes import CodeMap
from lrprism.spectral.io.raster import import_rasterio

_SAME: Final = 0.01  # of a pixel
_DIGITS: Final = 6  # of a pixel's place
_AT_ONCE: Final = 2**20  # pixels whose place is computed at a time
Floats: TypeAlias = npt.NDArray[np.float64]


def fit_to_cube(labels: CodeMap, cube: xr.DataArray) -> CodeMap:
    """Lay a label map on the grid of a cube by nearest neighbour.

    Where both say where they lie, a pixel of the cube takes the label of the pixel in which its centre lies,
    and a note says so unless the grids are one. Where one of them does not, rows and columns are taken for
    those of the cube if the sizes agree.

    Args:
        labels: The map on its own grid.
        cube: The cube.

    Returns:
        The map with the rows and columns of the cube.

    Raises:
        InputError: If rasterio is needed and not installed.
        DataError: If the two cannot meet: no pixel in common, or no place and another size.
    """
    place = georeference_of(cube)
    shape = (cube.sizes["y"], cube.sizes["x"])
    if place is None or labels.place is None:
        return _take_by_size(labels, place, shape)
    if not labels.place.crs:
        named = replace(labels.place, crs=place.crs)
        labels = replace(labels, place=named).note(
            "the label map names no reference system: that of the cube is taken"
        )
    return _take_by_place(labels, place, shape)


def _take_by_size(labels: CodeMap, place: Georeference | None, shape: tuple[int, int]) -> CodeMap:
    which = "the cube" if place is None else "the label map"
    if labels.numbers.shape != shape:
        both = place is None and labels.place is None
        why = "neither says where it lies" if both else f"{which} does not say where it lies"
        raise DataError(
            f"labels should cover the same pixels as the cube, since {why}. Found {labels.numbers.shape} and "
            f"{shape} (y, x). Give the label map of this cube, or save both with their place on the map."
        )
    if place is None and labels.place is None:  # the benchmark scenes, and all else without a map
        return labels
    note = (
        f"{which} does not say where it lies: rows and columns of the label map are taken for those "
        "of the cube"
    )
    return replace(labels, place=place).note(note)


def _take_by_place(labels: CodeMap, place: Georeference, shape: tuple[int, int]) -> CodeMap:
    source = labels.place
    assert source is not None
    if labels.numbers.shape == shape and _is_same_grid(place, source, shape):
        return replace(labels, place=place)
    height, width = labels.numbers.shape
    numbers, inside = np.zeros(shape, dtype=np.int64), 0
    for rows, (row, column) in _locate_centres(place, source, shape):
        within = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        numbers[rows][within] = labels.numbers[row[within].astype(np.int64), column[within].astype(np.int64)]
        inside += int(within.sum())
    if not inside:
        raise DataError(
            f"labels should lie where the cube lies. Found no pixel in common: labels in "
            f"{describe_extent(source, labels.numbers.shape)}, the cube in {describe_extent(place, shape)}. "
            "Give the labels of this scene."
        )
    outside = numbers.size - inside
    lost = (
        f"; {outside} of the {numbers.size} pixels of the cube lie outside the label map" if outside else ""
    )
    note = (
        f"labels lie on another grid ({_describe_grid(source)}): each pixel of the cube takes the "
        "label at its centre"
    )
    return labels.take(numbers, place).note(f"{note}{lost}")


def share_grid(one: xr.DataArray, other: xr.DataArray) -> bool:
    """Return True unless two maps of one size are known to lie at different places.

    Args:
        one: A cube, labels or any map over the pixels.
        other: Another one.
    """
    places = georeference_of(one), georeference_of(other)
    if places[0] is None or places[1] is None:
        return True
    return _is_same_grid(places[0], places[1], (one.sizes["y"], one.sizes["x"]))


def _is_same_grid(place: Georeference, source: Georeference, shape: tuple[int, int]) -> bool:
    """Return True if corners and centre of the cube lie where the label map has the same rows and columns."""
    rows, columns = (np.array([0.0, size / 2, size]) for size in shape)
    column, row = (axis.ravel() for axis in np.meshgrid(columns, rows))
    there = find_pixels(
        source, *transform_points(place.crs, source.crs, *apply_transform(place, column, row))
    )
    return bool(np.allclose(there, (row, column), rtol=0, atol=_SAME))


def _locate_centres(
    place: Georeference, source: Georeference, shape: tuple[int, int]
) -> Iterator[tuple[slice, tuple[Floats, Floats]]]:
    """Yield rows of the cube with the row and column of ``source`` at the centre of each pixel."""
    height, width = shape
    step = max(1, _AT_ONCE // width)
    for start in range(0, height, step):
        rows = slice(start, min(start + step, height))
        column, row = np.meshgrid(np.arange(width) + 0.5, np.arange(rows.start, rows.stop) + 0.5)
        x, y = apply_transform(place, column.ravel(), row.ravel())
        there = find_pixels(source, *transform_points(place.crs, source.crs, x, y))
        # centres on the edge of two labels: rounding must not decide between them from row to row
        yield rows, (_round(there[0]).reshape(row.shape), _round(there[1]).reshape(row.shape))


def _round(pixels: Floats) -> Floats:
    return np.round(pixels, _DIGITS)


def apply_transform(place: Georeference, column: Floats, row: Floats) -> tuple[Floats, Floats]:
    """Return the map coordinates x and y of points given by their column and row.

    Args:
        place: Where the pixels lie, see :class:`Georeference`.
        column: Columns, 0 at the left edge of the first pixel.
        row: Rows, 0 at the upper edge of the first pixel.
    """
    t0, t1, t2, t3, t4, t5 = place.transform
    return t0 + t1 * column + t2 * row, t3 + t4 * column + t5 * row


def find_pixels(place: Georeference, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    r"""Return row and column of map coordinates, the inverse of :func:`apply_transform`.

    .. math:: c = \frac{t_5 (x - t_0) - t_2 (y - t_3)}{t_1 t_5 - t_2 t_4}, \qquad
              r = \frac{t_1 (y - t_3) - t_4 (x - t_0)}{t_1 t_5 - t_2 t_4}

    Args:
        place: Where the pixels lie.
        x: Map coordinates to the right.
        y: Map coordinates upwards.
    """
    t0, t1, t2, t3, t4, t5 = place.transform
    area = t1 * t5 - t2 * t4
    with np.errstate(invalid="ignore"):  # of a point without a place
        return (t1 * (y - t3) - t4 * (x - t0)) / area, (t5 * (x - t0) - t2 * (y - t3)) / area


def transform_points(source: str, target: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Transform map coordinates from one reference system to another.

    Args:
        source: The reference system of the points, as :class:`Georeference` has it.
        target: The one to transform to.
        x: Easting or longitude.
        y: Northing or latitude.

    Returns:
        Coordinates in ``target``; infinite where a point has no place in it.

    Raises:
        InputError: If rasterio is needed and not installed.
        DataError: If a reference system is unknown.
    """
    # a cube may lie where another system has no coordinates: these become infinite, and are in no pixel
    if source == target:
        return x, y
    systems = parse_crs(source), parse_crs(target)
    if systems[0] == systems[1]:  # one system in other words
        return x, y
    moved = _transform(*systems, np.stack([x, y]))
    return moved[0], moved[1]


def _transform(source: Any, target: Any, points: Floats) -> Floats:  # rasterio is not typed
    from rasterio._err import CPLE_BaseError  # has no public name
    from rasterio.warp import transform

    try:
        return np.array(transform(source, target, *points), dtype=np.float64)
    except CPLE_BaseError:
        # one point beyond the reach of the projection stops all of them: find it by halves
        count = points.shape[1]
        if count == 1:
            return np.full((2, 1), np.inf)
        halves = points[:, : count // 2], points[:, count // 2 :]
        return np.concatenate([_transform(source, target, half) for half in halves], axis=1)


def parse_crs(crs: str) -> Any:  # rasterio is not typed
    """Read a reference system.

    Args:
        crs: Its WKT or authority code.

    Returns:
        The system as rasterio has it.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If it is unknown.
    """
    rasterio = import_rasterio()
    try:
        return rasterio.crs.CRS.from_user_input(crs)
    except rasterio.errors.CRSError as error:
        raise DataError(
            f"a reference system should be known to PROJ. Found {name_crs(crs)!r}: "
            f"{' '.join(str(error).split())} Name one such as EPSG:32633."
        ) from error


def name_crs(crs: str) -> str:
    """Return the name of a reference system: the first words in quotes of its WKT, or its code."""
    return crs.split('"')[1] if '"' in crs else crs


def _describe_grid(place: Georeference) -> str:
    _, dx, row_x, _, column_y, dy = place.transform
    turned = ", turned" if row_x or column_y else ", rows from the south" if dy > 0 else ""
    return (
        f"{name_crs(place.crs)}, pixels of {np.hypot(dx, column_y):.6g} x {np.hypot(dy, row_x):.6g}{turned}"
    )


def describe_extent(place: Georeference, shape: tuple[int, ...]) -> str:
    """Return the range of map coordinates that a grid covers, with its reference system, in words."""
    rows, columns = np.array([0.0, 0, shape[0], shape[0]]), np.array([0.0, shape[1], 0, shape[1]])
    x, y = apply_transform(place, columns, rows)
    return f"{name_crs(place.crs)} x {x.min():.10g} to {x.max():.10g}, y {y.min():.10g} to {y.max():.10g}"
