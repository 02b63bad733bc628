"""Polygons and points of GeoPackage, GeoJSON and Shapefile."""

import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.labels import read_labels
from lrprism.spectral.io.labels.attribute import FeatureClasses
from lrprism.spectral.io.labels.grid import transform_points
from lrprism.spectral.io.labels.vector import paint_layer, read_layer

CRS = "EPSG:32633"


def write(
    path: Path,
    geometries: list[shapely.Geometry | None],
    crs: str | None = CRS,
    layer: str | None = None,
    append: bool = False,
    **columns: list[object],
) -> Path:
    """Write features; geometries of another system are transformed into it first."""
    arrays = [
        np.array(values, dtype=object if isinstance(values[0], str) else None) for values in columns.values()
    ]
    kind = next((shape.geom_type for shape in geometries if shape is not None), "Polygon")
    with nullcontext() if crs else pytest.warns(UserWarning, match="'crs' was not provided"):
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(geometries, dtype=object)),
            arrays,
            list(columns),
            geometry_type=kind,
            crs=crs,
            layer=layer,
            append=append,
        )
    return path


def box(column: float, row: float, width: float = 3, height: float = 2) -> shapely.Polygon:
    """Return the polygon of some pixels of the cube, in its reference system."""
    left, top = 500000 + 10 * column, 4000000 - 10 * row
    return shapely.box(left, top - 10 * height, left + 10 * width, top)


def expect(*boxes: tuple[int, int, int]) -> list[list[int]]:
    values = np.zeros((12, 10), dtype=int)
    for column, row, label in boxes:
        values[row : row + 2, column : column + 3] = label
    return values.tolist()


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.fgb"])
def test_polygons_of_any_format_are_burned_onto_the_grid(
    tmp_path: Path, cube: xr.DataArray, name: str
) -> None:
    path = write(tmp_path / name, [box(1, 1), box(5, 6)], crop=["rye", "hay"])
    labels = read_labels(path, cube=cube)
    assert labels.attrs["class_names"] == ["hay", "rye"]
    assert labels.values.tolist() == expect((1, 1, 2), (5, 6, 1))
    assert labels.attrs["assumed"] == ["the class is taken from the attribute 'crop'"]
    # a number for each polygon
    assert len(np.unique(labels.coords["polygon"].values)) == 3


def test_polygons_of_another_system_are_reprojected_and_said(tmp_path: Path, cube: xr.DataArray) -> None:
    def move(points: np.ndarray) -> np.ndarray:
        return np.column_stack(transform_points(CRS, "EPSG:4326", points[:, 0], points[:, 1]))

    shapes = [shapely.transform(shape, move) for shape in (box(1, 1), box(5, 6))]
    path = write(tmp_path / "a.geojson", shapes, "EPSG:4326", code=[312, 211])
    labels = read_labels(path, cube=cube)
    assert labels.values.tolist() == expect((1, 1, 2), (5, 6, 1))
    assert labels.attrs["class_names"] == ["class 211", "class 312"]
    assert (
        labels.attrs["assumed"][0] == "labels are drawn in EPSG:4326 and were reprojected to that of the cube"
    )


def test_points_label_their_pixel(tmp_path: Path, cube: xr.DataArray) -> None:
    points = [shapely.Point(500035, 3999975), shapely.Point(500095, 3999885), shapely.Point(0, 0)]
    labels = read_labels(write(tmp_path / "p.gpkg", points, code=[7, 9, 9]), cube=cube)
    assert np.argwhere(labels.values).tolist() == [[2, 3], [11, 9]]
    assert labels.attrs["class_codes"] == [7, 9]
    assert "1 points lie outside the scene" in labels.attrs["assumed"]


def test_features_without_class_or_geometry_and_crossing_ones_are_said(
    tmp_path: Path, cube: xr.DataArray
) -> None:
    bow = shapely.Polygon([(500000, 4000000), (500040, 3999960), (500040, 4000000), (500000, 3999960)])
    path = write(tmp_path / "a.gpkg", [bow, None, box(5, 6)], crop=["rye", "rye", None])
    assert read_labels(path, cube=cube).attrs["assumed"] == [
        "1 features have no geometry",
        "1 polygons cross themselves and were repaired",
        "the class is taken from the attribute 'crop'",
        "1 features have no 'crop' and are left out",
    ]


def test_the_layer_is_named_where_there_are_several(tmp_path: Path, cube: xr.DataArray) -> None:
    path = write(tmp_path / "a.gpkg", [box(1, 1)], layer="fields", crop=["rye"])
    write(path, [box(5, 6)], layer="woods", crop=["oak"])
    with pytest.raises(
        InputError, match=r"one layer with polygons or points\. Found fields, woods\. Name it"
    ):
        read_labels(path, cube=cube)
    with pytest.raises(InputError, match=r"should have a layer 'roads'\. Found fields, woods"):
        read_labels(path, cube=cube, layer="roads")
    assert read_labels(path, cube=cube, layer="woods").attrs["class_names"] == ["oak"]


def test_layers_that_cannot_be_used_are_refused(tmp_path: Path, cube: xr.DataArray) -> None:
    (tmp_path / "empty.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(DataError, match=r"should hold polygons or points\. Found none in layer 'empty'"):
        read_labels(tmp_path / "empty.geojson", cube=cube)
    line = shapely.LineString([(500000, 4000000), (500040, 3999960)])
    with pytest.raises(DataError, match=r"polygons or points alone\. Found LineString"):
        read_labels(write(tmp_path / "line.gpkg", [line], crop=["a"]), cube=cube)
    with pytest.raises(DataError, match=r"polygons should lie in the scene .* Found none of 1 inside"):
        read_labels(write(tmp_path / "far.gpkg", [box(100, 1)], crop=["a"]), cube=cube)
    (tmp_path / "cut.gpkg").write_bytes(b"SQLite format 3\0")
    with pytest.raises(
        DataError, match=r"cut\.gpkg' should be a file with polygons or points\. Found one that"
    ):
        read_labels(tmp_path / "cut.gpkg", cube=cube)


def test_a_place_is_needed_and_metres_are_no_degrees(
    tmp_path: Path, cube: xr.DataArray, bare_cube: xr.DataArray
) -> None:
    path = write(tmp_path / "a.gpkg", [box(1, 1)], None, crop=["rye"])
    with pytest.raises(DataError, match=r"for a cube that lies on a map\. Found .*a cube without a place"):
        read_labels(path, cube=bare_cube)
    with pytest.raises(InputError, match=r"polygons and points should be read for a cube\. Found .* alone"):
        read_labels(path)
    labels = read_labels(path, cube=cube)
    assert "'a.gpkg' names no reference system: that of the cube is taken" in labels.attrs["assumed"]
    metres = write(tmp_path / "m.geojson", [box(1, 1)], "EPSG:4326", crop=["rye"])
    with pytest.raises(
        DataError, match=r"should be degrees, as EPSG:4326 has them\. Found values up to 3999990"
    ):
        read_labels(metres, cube=cube)
    assert read_labels(metres, cube=cube, crs=CRS).values.tolist() == expect((1, 1, 1))


def test_the_attributes_of_a_layer_are_read(tmp_path: Path, cube: xr.DataArray) -> None:
    path = write(tmp_path / "a.gpkg", [box(1, 1)], crop=["rye"], plot=[4])
    layer = read_layer(path, None)
    assert (sorted(layer.columns), layer.crs) == (["crop", "plot"], CRS)
    painted = paint_layer(layer, FeatureClasses(np.array([3]), None, ()), None, cube)
    assert painted.restore().tolist() == expect((1, 1, 3))


def test_a_missing_package_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.gpkg", [box(1, 1)], crop=["rye"])
    monkeypatch.setitem(sys.modules, "pyogrio.raw", None)
    with pytest.raises(InputError, match=r"packages pyogrio and shapely\..*pip install 'lrprism\[geo\]'"):
        read_layer(path, None)


def test_the_style_of_the_layer_names_its_codes(tmp_path: Path, cube: xr.DataArray) -> None:
    path = write(tmp_path / "a.gpkg", [box(1, 1), box(5, 6)], code=[211, 312])
    categories = '<category value="{}" label="field"/><category value="312" label="wood"/>'
    (tmp_path / "a.qml").write_text(f"<qgis>{categories.format(211)}</qgis>")
    labels = read_labels(path, cube=cube)
    assert labels.attrs["class_names"] == ["field", "wood"]
    assert "class names are those in 'a.qml' beside the labels" in labels.attrs["assumed"]
    (tmp_path / "a.qml").write_text(f"<qgis>{categories.format(999)}</qgis>")  # of another attribute
    assert read_labels(path, cube=cube).attrs["class_names"] == ["class 211", "class 312"]


def test_polygons_without_a_place_in_the_system_of_the_cube_are_said(
    tmp_path: Path, cube: xr.DataArray
) -> None:
    def move(points: np.ndarray) -> np.ndarray:
        return np.column_stack(transform_points(CRS, "EPSG:4326", points[:, 0], points[:, 1]))

    here, nowhere = shapely.transform(box(1, 1), move), shapely.box(15, 80, 16, 200)  # no latitude of 200
    path = write(tmp_path / "a.gpkg", [here, nowhere], "EPSG:4326", crop=["rye", "hay"])
    labels = read_labels(path, cube=cube)
    assert labels.attrs["class_names"] == ["rye"]
    assert "1 polygons lie beyond the system of the cube" in labels.attrs["assumed"]
