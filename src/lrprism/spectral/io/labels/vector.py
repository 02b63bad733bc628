"""Polygons and points of GeoPackage, GeoJSON and Shapefile, through the packages pyogrio and shapely."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.georeference import Georeference, georeference_of
from lrprism.spectral.io.failures import reading
from lrprism.spectral.io.labels.attribute import FeatureClasses
from lrprism.spectral.io.labels.codes import CodeMap
from lrprism.spectral.io.labels.features import paint_points, paint_polygons
from lrprism.spectral.io.labels.grid import find_pixels, name_crs, parse_crs, transform_points

VECTOR_ENDINGS: Final = (".gpkg", ".geojson", ".json", ".shp", ".fgb")
"""Endings of files with polygons or points."""
_POLYGONS, _POINTS = frozenset({"Polygon", "MultiPolygon"}), frozenset({"Point", "MultiPoint"})
_PIECES: Final = 256  # straight edges are bent with the map in so many pieces
_LARGEST_DEGREE: Final = 360.0


@dataclass(frozen=True, eq=False)
class Layer:
    """The features of a file.

    Args:
        file: The file.
        geometries: Geometries of shapely, None where a feature has none, ``[feature]``.
        columns: The attributes by name, ``[feature]`` each.
        crs: The reference system; None where the file names none.
    """

    file: Path
    geometries: npt.NDArray[Any]
    columns: dict[str, npt.NDArray[Any]]
    crs: str | None


def _import_readers() -> tuple[Any, Any]:
    try:
        import pyogrio.raw  # optional dependencies
        import shapely
    except ImportError as error:
        raise InputError(
            "polygons should be read with the packages pyogrio and shapely. Found one of them missing. "
            "Install them: pip install 'lrprism[geo]'."
        ) from error
    return pyogrio, shapely


def _list_errors() -> tuple[type[Exception], ...]:
    pyogrio, shapely = _import_readers()
    errors = pyogrio.errors
    return (
        errors.DataSourceError,
        errors.DataLayerError,
        errors.CRSError,
        errors.FeatureError,
        errors.GeometryError,
        errors.FieldError,
        shapely.errors.ShapelyError,
    )


def read_layer(file: Path, layer: str | None) -> Layer:
    """Read the features of a GeoPackage, GeoJSON, Shapefile or FlatGeobuf.

    Args:
        file: The file.
        layer: The layer of a file that has several.

    Raises:
        InputError: If pyogrio or shapely is missing, or the layer is not certain.
        DataError: If the file is damaged, or the layer is empty.
    """
    pyogrio, shapely = _import_readers()
    with reading(file, "a file with polygons or points", *_list_errors()):
        # only layers with geometries: a GeoPackage of QGIS holds tables of styles too
        layers = [str(name) for name, kind in pyogrio.list_layers(file) if kind is not None]
        chosen = _choose_layer(file, layers, layer)
        meta, _, geometry, values = pyogrio.raw.read(file, layer=chosen, force_2d=True)
        if not len(geometry):
            raise DataError(
                f"'{file}' should hold polygons or points. Found none in layer {chosen!r}. Give a layer "
                "that has some."
            )
        columns = dict(zip(map(str, meta["fields"]), values, strict=True))
        with np.errstate(invalid="ignore"):  # a damaged geometry is refused by shapely
            return Layer(file, shapely.from_wkb(geometry), columns, meta["crs"])


def _choose_layer(file: Path, layers: list[str], wanted: str | None) -> str:
    fitting = [name for name in layers if wanted in {None, name}]
    if len(fitting) != 1:
        what = "one layer with polygons or points" if wanted is None else f"a layer {wanted!r}"
        raise InputError(
            f"'{file}' should have {what}. Found {', '.join(layers) or 'none'}. Name it with --label-layer."
        )
    return fitting[0]


def paint_layer(layer: Layer, classes: FeatureClasses, crs: str | None, cube: xr.DataArray) -> CodeMap:
    """Give the pixels in polygons, or those in which points lie, their classes.

    Args:
        layer: The features.
        classes: The class of each.
        crs: Their reference system, in place of the file's.
        cube: The cube.

    Raises:
        InputError: If rasterio is not installed.
        DataError: If the geometries are of another or of two kinds, or do not lie in the cube.
    """
    _, shapely = _import_readers()
    place = georeference_of(cube)
    if place is None:
        raise DataError(
            f"polygons and points should be for a cube that lies on a map. Found '{layer.file}', and a cube "
            "without a place. Give a label map with its rows and columns, or points as rows and columns."
        )
    present = ~(shapely.is_missing(layer.geometries) | shapely.is_empty(layer.geometries))
    kind = _find_kind(layer, layer.geometries[present])
    codes = classes.codes[present]
    source, notes = _settle_crs(layer, crs, place)
    empty = int((~present).sum())
    notes += [f"{empty} features have no geometry"] if empty else []
    shapes = _move_to_pixels(layer.geometries[present], source, place)
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    if kind is _POINTS:
        return paint_points(corners[:, 1], corners[:, 0], codes[owner], cube).note(*notes)
    # a polygon of the other half of the globe has no place in a system such as UTM
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[~np.isfinite(corners).all(axis=1)]] = False
    notes += [] if finite.all() else [f"{int((~finite).sum())} polygons lie beyond the system of the cube"]
    shapes, codes = shapes[finite], codes[finite]
    crossing = ~shapely.is_valid(shapes)
    notes += [f"{int(crossing.sum())} polygons cross themselves and were repaired"] if crossing.any() else []
    return paint_polygons(shapely.make_valid(shapes), codes, cube).note(*notes)


def _find_kind(layer: Layer, geometries: npt.NDArray[Any]) -> frozenset[str]:
    kinds = {geometry.geom_type for geometry in geometries}
    for known in (_POLYGONS, _POINTS):
        if kinds and kinds <= known:
            return known
    raise DataError(
        f"'{layer.file}' should hold polygons or points alone. Found "
        f"{', '.join(sorted(kinds)) or 'no geometry'}. Save the one kind in a file of its own."
    )


def _settle_crs(layer: Layer, crs: str | None, place: Georeference) -> tuple[str, list[str]]:
    """Return the reference system of the features, and what is to be said of it."""
    source = crs or layer.crs
    if source is None:
        return place.crs, [f"'{layer.file.name}' names no reference system: that of the cube is taken"]
    systems = [parse_crs(text) for text in (source, place.crs)]
    _check_degrees(layer, source, systems[0].is_geographic)
    if systems[0] == systems[1]:
        return place.crs, []
    return source, [f"labels are drawn in {name_crs(source)} and were reprojected to that of the cube"]


def _check_degrees(layer: Layer, source: str, is_geographic: bool) -> None:
    _, shapely = _import_readers()
    largest = float(np.abs(shapely.get_coordinates(layer.geometries)).max(initial=0))
    # GeoJSON is WGS 84 by definition, and programs write metres into it
    if is_geographic and largest > _LARGEST_DEGREE:
        raise DataError(
            f"coordinates of '{layer.file}' should be degrees, as {name_crs(source)} has them. Found "
            f"values up to {largest:.10g}. Name the right reference system with --label-crs."
        )


def _move_to_pixels(geometries: npt.NDArray[Any], source: str, place: Georeference) -> npt.NDArray[Any]:
    """Return geometries in columns and rows of the cube."""
    _, shapely = _import_readers()
    if source != place.crs:
        left, bottom, right, top = shapely.total_bounds(geometries)
        longest = max(right - left, top - bottom) / _PIECES
        geometries = shapely.segmentize(geometries, longest) if longest > 0 else geometries

    def move(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        row, column = find_pixels(place, *transform_points(source, place.crs, points[:, 0], points[:, 1]))
        return np.column_stack([column, row])

    moved: npt.NDArray[Any] = shapely.transform(geometries, move)
    return moved
