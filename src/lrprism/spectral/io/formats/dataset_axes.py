"""The axes of a variable in a NetCDF file or Zarr store: which one are the bands, the rows, the columns."""

from typing import Final, Literal, NamedTuple, TypeAlias

import xarray as xr

PIXEL_AXIS: Final = "pixels from the upper left corner"
"""Long name of a coordinate that counts pixels and says nothing of a map, as our own writer makes it."""
_Axis: TypeAlias = Literal["y", "x"]
_AXES: Final[tuple[_Axis, _Axis]] = ("y", "x")
_STANDARD_NAMES: Final[dict[_Axis, frozenset[str]]] = {
    "y": frozenset(
        {"latitude", "grid_latitude", "projection_y_coordinate", "projection_y_angular_coordinate"}
    ),
    "x": frozenset(
        {"longitude", "grid_longitude", "projection_x_coordinate", "projection_x_angular_coordinate"}
    ),
}
_DEGREES: Final[dict[_Axis, frozenset[str]]] = {
    "y": frozenset({"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"}),
    "x": frozenset({"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"}),
}
"""Units of latitude and longitude that the CF conventions allow, in lower case."""
_NAMES: Final[dict[_Axis, frozenset[str]]] = {
    "y": frozenset({
        "y", "lat", "latitude", "row", "rows", "line", "lines", "northing", "downtrack", "along_track",
        "number_of_lines", "height",
    }),
    "x": frozenset({
        "x", "lon", "longitude", "col", "cols", "column", "columns", "sample", "samples", "easting",
        "crosstrack", "cross_track", "across_track", "pixels_per_line", "number_of_pixels", "width",
    }),
}  # fmt: skip
_BANDS: Final = frozenset({"band", "bands", "channel", "channels"})


class CubeDims(NamedTuple):
    """The dimensions of a variable, in the order of a cube."""

    band: str
    y: str
    x: str


def order_dims(variable: xr.DataArray, listed: xr.DataArray | None) -> CubeDims:
    """Find bands, rows and columns among three dimensions, in whatever order they stand.

    Rows and columns are told by what the CF conventions say of their coordinates: ``axis``, the standard
    name, or degrees north and east; else by their names. Where nothing tells, rows come first.

    Args:
        variable: A variable of three dimensions.
        listed: Its wavelengths, along one of them; None where it has none.

    Returns:
        The names of the dimensions.
    """
    names = [str(dim) for dim in variable.dims]
    # the axis of the wavelengths, else the one named so, else the first, as most programs write it
    band = (
        str(listed.dims[0])
        if listed is not None
        else next((name for name in names if name.lower() in _BANDS), names[0])
    )
    first, second = (name for name in names if name != band)
    # one axis that is told is enough: the other is what is left
    swapped = _tell_axis(variable, first) == "x" or _tell_axis(variable, second) == "y"
    kept = _tell_axis(variable, first) == "y" or _tell_axis(variable, second) == "x"
    return CubeDims(band, second, first) if swapped and not kept else CubeDims(band, first, second)


def is_latitude_longitude(variable: xr.DataArray, dims: CubeDims) -> bool:
    """Return True if rows and columns have coordinates in degrees north and east."""
    return all(
        dim in variable.coords
        and (
            _read_text(variable.coords[dim], "units") in _DEGREES[axis]
            or _read_text(variable.coords[dim], "standard_name") == {"y": "latitude", "x": "longitude"}[axis]
        )
        for axis, dim in zip(_AXES, dims[1:], strict=True)
    )


def _tell_axis(variable: xr.DataArray, dim: str) -> _Axis | None:
    """Tell rows from columns, from the surest sign to the least."""
    if dim in variable.coords:
        coordinate = variable.coords[dim]
        for axis in _AXES:
            if (
                _read_text(coordinate, "axis") == axis
                or _read_text(coordinate, "units") in _DEGREES[axis]
                or _read_text(coordinate, "standard_name") in _STANDARD_NAMES[axis]
            ):
                return axis
    return next((axis for axis in _AXES if dim.lower() in _NAMES[axis]), None)


def _read_text(coordinate: xr.DataArray, name: str) -> str:
    return str(coordinate.attrs.get(name, "")).strip().lower()
