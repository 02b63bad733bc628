"""Points in tables of text."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.labels import read_labels
from lrprism.spectral.io.labels.attribute import FeatureClasses
from lrprism.spectral.io.labels.grid import transform_points
from lrprism.spectral.io.labels.points import attribute_columns, is_point_table, paint_table, read_point_table


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    return tmp_path / "points.csv"


@pytest.mark.parametrize(
    ("text", "is_table"),
    [
        ("row,col,label\n1,2,3\n", True),
        ("1,2\n3,4\n", False),
        ("nan,2\n", False),
        ("1,,2\n", False),
        ("", False),
    ],
)
def test_a_heading_tells_a_table_from_a_map(tmp_path: Path, text: str, is_table: bool) -> None:
    assert is_point_table(write(tmp_path, text)) == is_table
    assert not is_point_table(tmp_path / "none.csv")


def test_rows_and_columns_are_counted_from_zero(tmp_path: Path, bare_cube: xr.DataArray) -> None:
    path = write(tmp_path, "\ufeffid;row;Col;crop\na;2;3;rye\nb;11;9;hay\n\n")
    labels = read_labels(path, cube=bare_cube)
    assert labels.attrs["class_names"] == ["hay", "rye"]
    assert {(int(y), int(x)): int(labels[y, x]) for y, x in np.argwhere(labels.values)} == {
        (2, 3): 2,
        (11, 9): 1,
    }
    assert labels.attrs["assumed"] == [
        "'row' and 'Col' are rows and columns of the cube, counted from 0",
        "the class is taken from the attribute 'crop'",
    ]


@pytest.mark.parametrize(
    ("heading", "extra", "crs", "note"),
    [
        ("x,y,crop", "", None, "points are in EPSG:32633, which the table does not state"),
        ("lon,lat,crop", "", None, "points are in EPSG:4326, which the table does not state"),
        ("lat,lon,crop", "", None, "points are in EPSG:4326, which the table does not state"),
        ("easting,northing,crop,epsg", ",32634", None, "points are in EPSG:32634"),
        ("x,y,crop,crs", ",EPSG:3857", None, "points are in EPSG:3857"),
        ("x,y,crop", "", "EPSG:3857", "points are in EPSG:3857"),
    ],
)
def test_coordinates_of_any_system_find_their_pixel(
    tmp_path: Path, cube: xr.DataArray, heading: str, extra: str, crs: str | None, note: str
) -> None:
    # the centre of row 2, column 3 in the system of the cube
    system = note.split()[3].rstrip(",")
    x, y = transform_points("EPSG:32633", system, np.array([500035.0]), np.array([3999975.0]))
    pair = (y[0], x[0]) if heading.startswith("lat") else (x[0], y[0])
    path = write(
        tmp_path, f"{heading}\n{pair[0]!r},{pair[1]!r},7{extra}\n".replace("np.float64(", "").replace(")", "")
    )
    labels = read_labels(path, cube=cube, crs=crs)
    assert np.argwhere(labels.values).tolist() == [[2, 3]]
    assert (labels.attrs["class_codes"], labels.attrs["assumed"][0]) == ([7], note)
    assert int(labels.coords["polygon"][2, 3]) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("row,col,crop\n1,2\n", r"with 3 columns each\. Found another number in line 2"),
        ("row,col,crop\n", r"Found no row"),
        ("north,crop\n1,2\n", r"should say where each point lies.*Found north, crop\."),
        ("row,col,crop\n1,a,2\n", r"'col' in .* should be numbers\. Found 'a' in line 2 \(1 such\)"),
        ("x,y,crop\n1,2,2\n", r"for a cube that lies on a map\. Found 'x' and 'y' in .*'row' and 'column'"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(
    tmp_path: Path, bare_cube: xr.DataArray, text: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_labels(write(tmp_path, text), cube=bare_cube)


def test_points_in_two_systems_are_refused(tmp_path: Path, cube: xr.DataArray) -> None:
    path = write(tmp_path, "x,y,crop,epsg\n1,2,2,32633\n1,2,2,32634\n")
    with pytest.raises(DataError, match=r"in one reference system\. Found 32633, 32634"):
        read_labels(path, cube=cube)


def test_columns_of_the_place_are_no_attributes(tmp_path: Path, bare_cube: xr.DataArray) -> None:
    path = write(tmp_path, "row,col,crop,epsg\n1,2,5,1\n")
    columns = read_point_table(path)
    assert list(attribute_columns(columns, path)) == ["crop"]
    painted = paint_table(columns, FeatureClasses(np.array([5]), None, ()), None, bare_cube, path)
    assert int(painted.restore()[1, 2]) == 5
