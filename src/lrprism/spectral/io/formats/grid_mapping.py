"""Grid mappings of the CF conventions: where on the map the pixels of a NetCDF file or Zarr store lie."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import numpy as np
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import GRID_MAPPING, Georeference, georeference_of
from lrprism.spectral.io.formats.dataset_axes import CubeDims, is_latitude_longitude

_PROJECTIONS: Final[Mapping[str, str]] = {
    "albers_conical_equal_area": "aea",
    "azimuthal_equidistant": "aeqd",
    "geostationary": "geos",
    "lambert_azimuthal_equal_area": "laea",
    "lambert_conformal_conic": "lcc",
    "lambert_cylindrical_equal_area": "cea",
    "latitude_longitude": "longlat",
    "mercator": "merc",
    "oblique_mercator": "omerc",
    "orthographic": "ortho",
    "polar_stereographic": "stere",
    "sinusoidal": "sinu",
    "stereographic": "stere",
    "transverse_mercator": "tmerc",
    "vertical_perspective": "nsper",
}
"""Names of the CF conventions, appendix F, and of PROJ."""
_PARAMETERS: Final[Mapping[str, str]] = {
    "longitude_of_central_meridian": "lon_0",
    "longitude_of_projection_origin": "lon_0",
    "straight_vertical_longitude_from_pole": "lon_0",
    "latitude_of_projection_origin": "lat_0",
    "scale_factor_at_central_meridian": "k",
    "scale_factor_at_projection_origin": "k",
    "false_easting": "x_0",
    "false_northing": "y_0",
    "perspective_point_height": "h",
    "azimuth_of_central_line": "alpha",
    "longitude_of_prime_meridian": "pm",
}
_CONIC: Final = frozenset({"aea", "lcc"})
_WGS84: Final = (6378137.0, 298.257223563)  # m; semi-major axis and inverse flattening
_METRES: Final[Mapping[str, float]] = {
    "": 1.0, "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "km": 1e3, "kilometer": 1e3, "kilometers": 1e3, "kilometre": 1e3, "kilometres": 1e3,
}  # fmt: skip
_ROUNDING: Final = 2 * float(np.finfo(np.float32).eps)
_RADIANS: Final = frozenset({"rad", "radian", "radians"})


def read_grid_mapping(
    variable: xr.DataArray, dataset: xr.Dataset, dims: CubeDims
) -> tuple[Georeference | None, tuple[str, ...]]:
    """Read where the pixels of a variable lie.

    The reference system is that of the grid mapping which the variable names: its well-known text, else the
    projection that its parameters describe. Latitudes and longitudes without one are taken for WGS 84. The
    map information never stops a cube: what cannot be understood is said in a note.

    Args:
        variable: The variable.
        dataset: The dataset that holds its grid mapping.
        dims: Its dimensions.

    Returns:
        The georeference, None where the pixels lie on no map, and what was assumed.
    """
    mapping, notes = _find_mapping(variable, dataset, dims)
    if mapping is None:
        return None, notes
    try:
        crs, further = _read_crs(mapping)
        return _place_grid(variable, dims, mapping, crs), (*notes, *further)
    except DataError as error:
        return None, (*notes, f"the cube is on no map, since its map information was not understood: {error}")


def _find_mapping(
    variable: xr.DataArray, dataset: xr.Dataset, dims: CubeDims
) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    """Return the attributes of the grid mapping that a variable names, or of the one named as usual."""
    text = str(variable.attrs.get("grid_mapping", variable.encoding.get("grid_mapping", "")))
    name = _choose_mapping(text, dims) or GRID_MAPPING
    if name in dataset.variables:
        return dataset[name].attrs, ()
    missing = (f"the cube is on no map, since its grid mapping '{name}' is not in the file",)
    if text:
        return None, missing
    if not is_latitude_longitude(variable, dims):
        return None, ()
    note = "latitudes and longitudes are taken for WGS 84, since the file names no reference system"
    return {"grid_mapping_name": "latitude_longitude", "crs_wkt": "EPSG:4326"}, (note,)


def _choose_mapping(text: str, dims: CubeDims) -> str:
    """Choose the mapping for the dimensions in "NAME", or in the long form "NAME: x y OTHER: lat lon"."""
    mappings: dict[str, list[str]] = {}
    for word in text.split():
        if word.endswith(":") or not mappings:
            mappings[word.removesuffix(":")] = []
        else:
            mappings[next(reversed(mappings))].append(word)
    fitting = [name for name, axes in mappings.items() if {dims.y, dims.x} <= set(axes)]
    return next(iter([*fitting, *mappings]), "")


def _read_crs(mapping: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the reference system as well-known text or code, and what was assumed.

    Raises:
        DataError: If neither a text nor the parameters can be read.
    """
    stated = [str(mapping.get(name, "")).strip() for name in ("crs_wkt", "spatial_ref")]
    # the name of a system in an older encoding: its letters come as bytes that no text can hold
    texts = [text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in stated if text]
    try:
        from rasterio.crs import CRS  # an optional dependency, which knows PROJ
        from rasterio.errors import CRSError
    except ImportError as error:
        if texts:
            return texts[0], ()
        raise DataError("its projection needs the package rasterio: pip install 'lrprism[geo]'") from error
    for text in texts:
        with suppress(CRSError):  # the next one may be whole
            CRS.from_user_input(text)
            return text, ()
    parameters, notes = _convert_parameters(mapping)
    try:
        # the first version of well-known text has no word for the axis that is swept
        return str(CRS.from_proj4(parameters).to_wkt(version="WKT2_2019")), notes
    except CRSError as error:
        raise DataError(f"PROJ refuses '{parameters}'") from error


def _convert_parameters(mapping: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Convert the parameters of a projection to a text of PROJ.

    Raises:
        DataError: If the projection is unknown, or a parameter is no number.
    """
    name = str(mapping.get("grid_mapping_name", "")).strip().lower()
    if name not in _PROJECTIONS:
        raise DataError(f"grid_mapping_name is {name!r}" if name else "it names no projection")
    projection = _PROJECTIONS[name]
    parameters: dict[str, object] = {"proj": projection}
    for word, ours in _PARAMETERS.items():
        if word in mapping:
            parameters[ours] = _read_number(mapping, word)
    if projection == "omerc" and "lon_0" in parameters:
        parameters["lonc"] = parameters.pop("lon_0")
    if projection == "geos":
        parameters["sweep"] = _read_sweep(mapping)
    if "standard_parallel" in mapping:
        parallels = np.atleast_1d(_read_numbers(mapping, "standard_parallel"))
        # one or two circles touch a cone; of a cylinder or a plane it is that of true scale
        words = ("lat_1", "lat_2") if projection in _CONIC else ("lat_ts",)
        parameters |= dict(zip(words, parallels.tolist(), strict=False))
    earth, notes = _read_earth(mapping)
    terms = (f"+{name}={value}" for name, value in {**parameters, **earth}.items())
    return " ".join([*terms, "+no_defs"]), notes


def _read_sweep(mapping: Mapping[str, Any]) -> str:
    # the axis that the scanner sweeps over, or the other one that stays fixed; METEOSAT sweeps y, GOES x
    swept, fixed = (str(mapping.get(f"{word}_angle_axis", "")).lower() for word in ("sweep", "fixed"))
    return swept if swept in {"x", "y"} else {"x": "y", "y": "x"}.get(fixed, "y")


def _read_earth(mapping: Mapping[str, Any]) -> tuple[dict[str, object], tuple[str, ...]]:
    """Read the ellipsoid; that of WGS 84 is taken for the datum too."""
    if "earth_radius" in mapping:
        return {"R": _read_number(mapping, "earth_radius")}, ()
    wgs84: dict[str, object] = {"datum": "WGS84"}
    if "semi_major_axis" not in mapping:
        return wgs84, ("the ellipsoid is taken for that of WGS 84, since the grid mapping states none",)
    major = _read_number(mapping, "semi_major_axis")
    if "inverse_flattening" in mapping:
        flattening = _read_number(mapping, "inverse_flattening")
    else:
        minor = _read_number(mapping, "semi_minor_axis") if "semi_minor_axis" in mapping else major
        flattening = major / (major - minor) if minor != major else 0.0
    # files state the minor axis to the millimetre
    if np.allclose((major, flattening), _WGS84, rtol=1e-8):
        return wgs84, ("the datum is taken for WGS 84, since the ellipsoid is",)
    return {"a": major, "rf": flattening} if flattening else {"R": major}, ()


def _place_grid(
    variable: xr.DataArray, dims: CubeDims, mapping: Mapping[str, Any], crs: str
) -> Georeference | None:
    """Join the reference system and the places of rows and columns.

    Raises:
        DataError: If they are not stated, or not evenly spaced.
    """
    rows, columns = (_read_centres(variable, dim, mapping) for dim in dims[1:])
    stated = str(mapping.get("GeoTransform", "")).replace(",", " ").strip()
    if not stated:
        if rows is None or columns is None:
            raise DataError("neither a GeoTransform nor coordinates say where the pixels lie")
        if rows.size == 1 or columns.size == 1:
            raise DataError("one row or column does not say how large pixels are")
        # the step is read from the coordinates
        x_step, y_step = (float(centres[1] - centres[0]) for centres in (columns, rows))
        numbers = columns[0] - x_step / 2, x_step, 0.0, rows[0] - y_step / 2, 0.0, y_step
        stated = " ".join(repr(float(number)) for number in numbers)
    shape = tuple(variable.sizes[dim] for dim in dims[1:])
    grid = xr.DataArray(np.broadcast_to(np.int8(0), shape), dims=("y", "x"))
    grid = grid.assign_coords({GRID_MAPPING: ((), 0, {"crs_wkt": crs, "GeoTransform": stated})})
    if rows is not None and columns is not None:
        grid = grid.assign_coords(y=("y", rows), x=("x", columns))
    return georeference_of(grid)


def _read_centres(
    variable: xr.DataArray, dim: str, mapping: Mapping[str, Any]
) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Read the coordinate of rows or columns, in the units of the reference system."""
    if dim not in variable.coords or variable.coords[dim].dtype.kind not in "iuf":
        return None
    units = str(variable.coords[dim].attrs.get("units", "")).strip().lower()
    factor = _METRES.get(units, 1.0)
    # of a geostationary satellite: angles of view, which PROJ takes times the height
    if units in _RADIANS and "perspective_point_height" in mapping:
        factor = _read_number(mapping, "perspective_point_height")
    stored = variable.coords[dim].values
    centres = np.asarray(stored, dtype=np.float64)
    # float32 rounds a northing of millions to half a metre: even steps come back where that is all
    even = np.linspace(centres[0], centres[-1], centres.size)
    if stored.dtype == np.float32 and np.allclose(centres, even, rtol=0, atol=_ROUNDING * abs(centres).max()):
        centres = even
    return centres * factor


def _read_number(mapping: Mapping[str, Any], name: str) -> float:
    numbers = np.atleast_1d(_read_numbers(mapping, name))
    if numbers.size != 1:
        raise DataError(f"{name} is {mapping[name]!r}")
    return float(numbers[0])


def _read_numbers(mapping: Mapping[str, Any], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        return np.asarray(mapping[name], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} is {mapping[name]!r}") from error
