"""The georeference of a cube: the map position of its pixels.

A cube carries its coordinate reference system as the CF conventions and GDAL have it: a scalar coordinate
``spatial_ref`` with the attributes ``crs_wkt`` and ``GeoTransform``, and the map coordinates of the pixel
centres as ``x`` and ``y`` where the grid is not turned.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from lrprism.errors import DataError

GRID_MAPPING = "spatial_ref"


@dataclass(frozen=True)
class Georeference:
    r"""Coordinate reference system and the map from pixels to it.

    With column c and row r of a pixel's upper left corner counted from 0:

    .. math:: X = t_0 + t_1 c + t_2 r, \qquad Y = t_3 + t_4 c + t_5 r

    Args:
        crs: The reference system as well-known text (WKT), or an authority code such as "EPSG:32616".
        transform: :math:`t_0, ..., t_5` in the units of the reference system, in GDAL's order.

    Raises:
        DataError: If the transform is not six finite numbers that span an area.
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]

    def __post_init__(self) -> None:
        """Check the transform.

        Raises:
            DataError: If it is impossible.
        """
        numbers = np.asarray(self.transform, dtype=np.float64)
        if numbers.shape != (6,) or not np.isfinite(numbers).all() or _area(numbers) == 0:
            raise DataError(
                "a geotransform should be six finite numbers whose pixels have an area. "
                f"Found {self.transform}. Correct the file's map information."
            )


def _area(numbers: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(numbers[1] * numbers[5] - numbers[2] * numbers[4])


def assign_georeference(data: xr.DataArray, georeference: Georeference) -> xr.DataArray:
    """Put map coordinates on an array with dimensions ``y`` and ``x``.

    Args:
        data: A cube, labels, or any map over the pixels.
        georeference: Where the pixels lie.

    Returns:
        The same with a coordinate ``spatial_ref``, and ``x`` and ``y`` (pixel centres) unless the grid is
        turned.
    """
    x0, dx, row_x, y0, column_y, dy = georeference.transform
    reference = xr.Variable(
        (),
        np.int64(0),
        {"crs_wkt": georeference.crs, "GeoTransform": " ".join(map(repr, georeference.transform))},
    )
    placed = data.assign_coords({GRID_MAPPING: reference})
    # on a turned grid x depends on the row as well: no list of x serves all rows
    if row_x == 0 and column_y == 0:
        placed = placed.assign_coords(
            x=x0 + dx * (np.arange(data.sizes["x"]) + 0.5), y=y0 + dy * (np.arange(data.sizes["y"]) + 0.5)
        )
    return placed


def georeference_of(data: xr.DataArray) -> Georeference | None:
    """Return the georeference of an array, also after rows or columns were left out.

    Args:
        data: A cube, labels, or any map over the pixels.

    Returns:
        The georeference that :func:`assign_georeference` set on the array, moved and scaled to the ``x`` and
        ``y`` of the pixels that remain; None where the array has none.

    Raises:
        DataError: If the transform cannot be read, or the coordinates are not evenly spaced.
    """
    if GRID_MAPPING not in data.coords:
        return None
    attrs = data.coords[GRID_MAPPING].attrs
    if "crs_wkt" not in attrs or "GeoTransform" not in attrs:
        return None
    words = str(attrs["GeoTransform"]).split()
    try:
        x_edge, x_step, x_turn, y_edge, y_turn, y_step = (float(word) for word in words)
    except ValueError as error:
        raise DataError(
            f"GeoTransform should be six numbers. Found {attrs['GeoTransform']!r}. Correct the file's map "
            "information."
        ) from error
    if {"x", "y"} <= set(data.dims) & set(data.coords):
        x_edge, x_step = _edge_and_step(data.coords["x"], x_edge, x_step)
        y_edge, y_step = _edge_and_step(data.coords["y"], y_edge, y_step)
    return Georeference(str(attrs["crs_wkt"]), (x_edge, x_step, x_turn, y_edge, y_turn, y_step))


def _edge_and_step(centres: xr.DataArray, edge: float, step: float) -> tuple[float, float]:
    # of the pixels that remain after rows or columns were left out
    values = np.asarray(centres, dtype=np.float64)
    # nothing was cut: keep the stated numbers, free of rounding
    if np.allclose(values, edge + step * (np.arange(values.size) + 0.5), rtol=0, atol=abs(step) * 1e-6):
        return edge, step
    if values.size > 1:  # of one pixel nothing but the stated step is known
        step = float(values[-1] - values[0]) / (values.size - 1)
        if not np.allclose(np.diff(values), step, rtol=1e-6, atol=abs(step) * 1e-3):
            raise DataError(
                f"coordinate {centres.name} should be evenly spaced to be georeferenced. Found steps from "
                f"{np.diff(values).min():g} to {np.diff(values).max():g}. Keep every n-th row and column."
            )
    return float(values[0] - step / 2), step
