"""Polygons and points burned onto a grid, beside a pixel-by-pixel answer."""

import numpy as np
import pytest
import shapely
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.labels.attribute import NO_CODE
from lrprism.spectral.io.labels.features import paint_points, paint_polygons


def contain_centres(polygon: shapely.Polygon, height: int = 12, width: int = 10) -> np.ndarray:
    """Test the centre of one pixel after the other."""
    return np.array(
        [[polygon.contains(shapely.Point(x + 0.5, y + 0.5)) for x in range(width)] for y in range(height)]
    )


def as_array(*polygons: shapely.Polygon) -> np.ndarray:
    return np.array(polygons, dtype=object)


def test_pixels_whose_centre_lies_inside_get_the_code(cube: xr.DataArray) -> None:
    generator = np.random.default_rng(0)
    for _ in range(5):
        polygon = shapely.MultiPoint(generator.uniform(-2, 12, (6, 2))).convex_hull
        painted = paint_polygons(as_array(polygon), np.array([7]), cube)
        expected = contain_centres(polygon)
        assert expected.any()
        np.testing.assert_array_equal(painted.restore(), np.where(expected, 7, 0))
        np.testing.assert_array_equal(painted.polygons, expected.astype(int))


def test_pixels_in_polygons_of_two_classes_are_unlabelled(cube: xr.DataArray) -> None:
    left, right, again = shapely.box(0, 0, 5, 4), shapely.box(3, 0, 8, 4), shapely.box(0, 3, 4, 6)
    painted = paint_polygons(as_array(left, right, again), np.array([9, 4, 9]), cube)
    expected = np.zeros((12, 10), dtype=int)
    expected[:4, :5], expected[:4, 3:8], expected[3:6, :4] = 9, 4, 9
    expected[:4, 3:5] = 0  # left and right; the third lies over one of these pixels too
    np.testing.assert_array_equal(painted.restore(), expected)
    assert painted.codes == (4, 9)
    assert painted.notes == ("8 pixels lie in polygons of different classes and are unlabelled",)
    assert painted.polygons is not None
    assert painted.polygons[5, 0] == 3
    assert painted.polygons[0, 3] == 0


def test_polygons_that_give_no_pixel_are_counted(cube: xr.DataArray) -> None:
    polygons = as_array(
        shapely.box(0, 0, 3, 3),
        shapely.box(20, 0, 25, 3),
        shapely.box(5.1, 5.1, 5.4, 5.4),
        shapely.box(6, 6, 9, 9),
    )
    painted = paint_polygons(polygons, np.array([1, 1, 2, NO_CODE]), cube)
    assert painted.codes == (1,)
    assert painted.notes == (
        "1 polygons lie outside the scene",
        "1 polygons hold no pixel centre of their own",
    )
    assert int((painted.numbers > 0).sum()) == 9


def test_points_label_the_pixel_they_lie_in(cube: xr.DataArray) -> None:
    row = np.array([0.0, 2.9, 2.1, 11.999, 4.0, 4.5, -0.1, 12.0])
    column = np.array([0.0, 3.2, 3.8, 9.999, 5.0, 5.5, 1.0, 1.0])
    codes = np.array([5, 6, 6, 5, 5, 6, 5, 5])
    painted = paint_points(row, column, codes, cube)
    labelled = {(int(y), int(x)): int(painted.restore()[y, x]) for y, x in np.argwhere(painted.restore())}
    assert labelled == {(0, 0): 5, (2, 3): 6, (11, 9): 5}  # the two at (4, 5) are of different classes
    assert painted.polygons is not None
    assert painted.polygons[2, 3] == 3
    assert painted.notes == (
        "2 points lie outside the scene",
        "1 pixels lie in points of different classes and are unlabelled",
    )


def test_features_of_another_scene_are_refused(cube: xr.DataArray, bare_cube: xr.DataArray) -> None:
    with pytest.raises(
        DataError, match=r"polygons should lie in the scene \(EPSG:32633 x 500000 to 500100.*none of 1"
    ):
        paint_polygons(as_array(shapely.box(20, 0, 25, 3)), np.array([1]), cube)
    with pytest.raises(
        DataError, match=r"points should lie in the scene \(12 rows, 10 columns\)\. Found none of 2"
    ):
        paint_points(np.array([50.0, 60.0]), np.array([1.0, 2.0]), np.array([1, 1]), bare_cube)
