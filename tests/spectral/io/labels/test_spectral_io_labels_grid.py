"""Label maps on the grid of a cube, beside GDAL's own nearest neighbour."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
import xarray as xr
from rasterio.warp import Resampling, reproject

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference, georeference_of
from lrprism.spectral.io.labels.codes import CodeMap, read_codes
from lrprism.spectral.io.labels.grid import (
    apply_transform,
    describe_extent,
    find_pixels,
    fit_to_cube,
    name_crs,
    parse_crs,
    share_grid,
    transform_points,
)

CRS = "EPSG:32633"
TRANSFORM = (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)
LABELS = np.random.default_rng(0).integers(0, 4, (12, 10))


def make_codes(values: np.ndarray, crs: str = CRS, transform: tuple[float, ...] = TRANSFORM) -> CodeMap:
    t0, t1, t2, t3, t4, t5 = transform
    return replace(read_codes(values), place=Georeference(crs, (t0, t1, t2, t3, t4, t5)))


def warp(codes: CodeMap) -> np.ndarray:
    """Lay codes on the grid of the cube with GDAL's warper, without its approximation."""
    assert codes.place is not None
    target = np.zeros((12, 10), dtype=np.int32)
    reproject(
        codes.restore().astype(np.int32),
        target,
        src_transform=rasterio.Affine.from_gdal(*codes.place.transform),
        src_crs=codes.place.crs,
        dst_transform=rasterio.Affine.from_gdal(*TRANSFORM),
        dst_crs=CRS,
        resampling=Resampling.nearest,
        tolerance=0,
    )
    return target


def test_the_same_grid_is_taken_without_a_word(cube: xr.DataArray) -> None:
    codes = make_codes(LABELS)
    fitted = fit_to_cube(codes, cube)
    assert fitted.notes == ()
    np.testing.assert_array_equal(fitted.numbers, codes.numbers)
    # the same system in other words
    wkt = rasterio.crs.CRS.from_user_input(CRS).to_wkt()
    assert fit_to_cube(make_codes(LABELS, wkt), cube).notes == ()


@pytest.mark.parametrize(
    ("transform", "described"),
    [
        ((500013.0, 10.0, 0.0, 3999981.0, 0.0, -10.0), "pixels of 10 x 10"),
        ((499998.0, 7.3, 0.0, 4000003.0, 0.0, -6.1), "pixels of 7.3 x 6.1"),
        ((500000.0, 10.0, 0.0, 3999880.0, 0.0, 10.0), "pixels of 10 x 10, rows from the south"),
        ((500010.0, 8.0, 2.0, 3999990.0, 3.0, -9.0), "turned"),
    ],
)
def test_each_pixel_takes_the_label_at_its_centre(
    cube: xr.DataArray, transform: tuple[float, ...], described: str
) -> None:
    codes = make_codes(LABELS, transform=transform)
    fitted = fit_to_cube(codes, cube)
    np.testing.assert_array_equal(fitted.restore(), warp(codes))
    assert fitted.place == georeference_of(cube)
    assert "labels lie on another grid (WGS 84 / UTM zone 33N, " in fitted.notes[0] or CRS in fitted.notes[0]
    assert described in fitted.notes[0]


def test_a_map_in_another_system_is_reprojected(cube: xr.DataArray) -> None:
    x, y = transform_points(CRS, "EPSG:4326", *(np.array([edge]) for edge in (500000.0, 4000000.0)))
    degrees = 1e-4
    codes = make_codes(
        np.random.default_rng(1).integers(0, 5, (30, 30)),
        "EPSG:4326",
        (x[0] - 3 * degrees, degrees, 0.0, y[0] + 3 * degrees, 0.0, -degrees),
    )
    fitted = fit_to_cube(codes, cube)
    np.testing.assert_array_equal(fitted.restore(), warp(codes))
    assert fitted.notes[0].startswith("labels lie on another grid (EPSG:4326, pixels of 0.0001 x 0.0001)")


def test_pixels_outside_and_classes_that_are_lost_leave_no_trace(cube: xr.DataArray) -> None:
    values = np.ones((12, 10), dtype=int)
    values[:, :5] = 312  # west of the cube
    fitted = fit_to_cube(make_codes(values, transform=(499950.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)), cube)
    assert fitted.codes == (1,)
    assert fitted.restore()[:, :5].tolist() == [[1] * 5] * 12
    assert not fitted.restore()[:, 5:].any()
    assert fitted.notes[0].endswith("60 of the 120 pixels of the cube lie outside the label map")


@pytest.mark.parametrize(
    ("crs", "transform"),
    [(CRS, (510000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)), ("EPSG:32755", TRANSFORM)],
)
def test_a_map_of_another_place_is_refused(
    cube: xr.DataArray, crs: str, transform: tuple[float, ...]
) -> None:
    with pytest.raises(DataError, match=r"labels should lie where the cube lies. Found no pixel in common"):
        fit_to_cube(make_codes(LABELS, crs, transform), cube)


def test_without_a_place_the_sizes_decide(cube: xr.DataArray, bare_cube: xr.DataArray) -> None:
    bare, placed = read_codes(LABELS), make_codes(LABELS)
    assert fit_to_cube(bare, bare_cube).notes == ()
    fitted = fit_to_cube(bare, cube)
    assert fitted.notes == (
        "the label map does not say where it lies: rows and columns of the label map are taken for those of "
        "the cube",
    )
    assert fitted.place == georeference_of(cube)
    assert fit_to_cube(placed, bare_cube).notes[0].startswith("the cube does not say where it lies: rows")
    small = read_codes(LABELS[:11])
    for codes, scene, why in (
        (small, bare_cube, "neither says where it lies"),
        (small, cube, "the label map does not say where it lies"),
        (make_codes(LABELS[:11]), bare_cube, "the cube does not say where it lies"),
    ):
        with pytest.raises(
            DataError, match=rf"same pixels as the cube, since {why}\. Found \(11, 10\) and \(12"
        ):
            fit_to_cube(codes, scene)


def test_a_transform_without_a_system_takes_that_of_the_cube(cube: xr.DataArray) -> None:
    fitted = fit_to_cube(make_codes(LABELS[::-1], "", (500000.0, 10.0, 0.0, 3999880.0, 0.0, 10.0)), cube)
    np.testing.assert_array_equal(fitted.restore(), LABELS)
    assert fitted.notes[0] == "the label map names no reference system: that of the cube is taken"


def test_pixels_are_the_inverse_of_the_transform() -> None:
    place = Georeference(CRS, (3.0, 2.0, 0.5, 7.0, -0.25, -3.0))
    column, row = np.array([0.0, 2.5]), np.array([1.0, 4.0])
    # column 2.5, row 4: x = 3 + 2 * 2.5 + 0.5 * 4 = 10, y = 7 - 0.25 * 2.5 - 3 * 4 = -5.625
    x, y = apply_transform(place, column, row)
    assert (x[1], y[1]) == (10.0, -5.625)
    np.testing.assert_allclose(find_pixels(place, x, y), (row, column))
    assert describe_extent(Georeference(CRS, TRANSFORM), (12, 10)) == (
        "EPSG:32633 x 500000 to 500100, y 3999880 to 4000000"
    )


def test_points_beyond_the_reach_of_a_projection_are_nowhere() -> None:
    x, y = np.array([15.0, 15.0, 1e6, 15.0]), np.array([36.0, 1e9, 36.0, 37.0])
    moved = transform_points("EPSG:4326", CRS, x, y)
    assert np.isfinite(moved).all(axis=0).tolist() == [True, False, False, True]
    alone = transform_points("EPSG:4326", CRS, x[:1], y[:1])
    assert (moved[0][0], moved[1][0]) == (alone[0][0], alone[1][0])


def test_systems_are_named_and_unknown_ones_refused() -> None:
    assert name_crs('PROJCRS["WGS 84 / UTM zone 33N",BASE') == "WGS 84 / UTM zone 33N"
    point = np.array([0.0])
    assert parse_crs(CRS).to_epsg() == 32633
    with pytest.raises(DataError, match=r"known to PROJ\. Found 'EPSG:999999'.*Name one such as"):
        transform_points("EPSG:4326", "EPSG:999999", point, point)


def test_maps_share_a_grid_unless_their_places_differ(cube: xr.DataArray, bare_cube: xr.DataArray) -> None:
    assert share_grid(cube, cube)
    assert share_grid(cube, bare_cube)
    moved = assign_georeference(bare_cube, Georeference(CRS, (500010.0, *TRANSFORM[1:])))
    assert not share_grid(cube, moved)
