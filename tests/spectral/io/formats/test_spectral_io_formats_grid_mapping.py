"""Grid mappings, beside GDAL, which reads the same file."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.cubes.georeference import Georeference
from lrprism.spectral.io.formats.dataset_axes import CubeDims
from lrprism.spectral.io.formats.grid_mapping import read_grid_mapping

rasterio = pytest.importorskip("rasterio")
warp = pytest.importorskip("rasterio.warp")

DIMS = CubeDims("band", "y", "x")
WGS84 = {"semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}
GRS80 = {"semi_major_axis": 6378137.0, "semi_minor_axis": 6356752.314140356}
UTM_33 = {
    "grid_mapping_name": "transverse_mercator",
    "longitude_of_central_meridian": 15.0,
    "latitude_of_projection_origin": 0.0,
    "scale_factor_at_central_meridian": 0.9996,
    "false_easting": 500000.0,
    "false_northing": 0.0,
    **WGS84,
}
MAPPINGS = [
    UTM_33,
    {
        "grid_mapping_name": "albers_conical_equal_area",
        "standard_parallel": [29.5, 45.5],
        "longitude_of_central_meridian": -96.0,
        "latitude_of_projection_origin": 23.0,
        **GRS80,
    },
    {
        "grid_mapping_name": "lambert_conformal_conic",
        "standard_parallel": 25.0,
        "longitude_of_central_meridian": 5.0,
        "latitude_of_projection_origin": 25.0,
        "earth_radius": 6371229.0,
    },
    {
        "grid_mapping_name": "lambert_azimuthal_equal_area",
        "longitude_of_projection_origin": 10.0,
        "latitude_of_projection_origin": 52.0,
        "false_easting": 4321000.0,
        "false_northing": 3210000.0,
        **GRS80,
    },
    {
        "grid_mapping_name": "polar_stereographic",
        "straight_vertical_longitude_from_pole": -45.0,
        "latitude_of_projection_origin": 90.0,
        "standard_parallel": 70.0,
        **WGS84,
    },
    {
        "grid_mapping_name": "mercator",
        "longitude_of_projection_origin": 0.0,
        "standard_parallel": 20.0,
        **WGS84,
    },
    {
        "grid_mapping_name": "azimuthal_equidistant",
        "longitude_of_projection_origin": 24.0,
        "latitude_of_projection_origin": 53.0,
        "false_easting": 5837287.8,
        "false_northing": 2121415.7,
        **WGS84,
    },
    {
        "grid_mapping_name": "lambert_cylindrical_equal_area",
        "longitude_of_central_meridian": 0.0,
        "standard_parallel": 30.0,
        **WGS84,
    },
]


def grid(mapping: dict[str, Any] | None, name: str = "crs", text: str = "crs", **units: str) -> xr.Dataset:
    """Four rows and five columns of 20 m, on any mapping."""
    y = ("y", 4000090.0 - 20 * np.arange(4), {"standard_name": "projection_y_coordinate", **units})
    x = ("x", 500010.0 + 20 * np.arange(5), {"standard_name": "projection_x_coordinate", **units})
    values = np.zeros((1, 4, 5), dtype=np.float32)
    dataset = xr.Dataset({"r": (("band", "y", "x"), values)}, {"y": y, "x": x})
    if text:
        dataset["r"].attrs["grid_mapping"] = text
    return dataset if mapping is None else dataset.assign({name: ((), 0, mapping)})


def read(dataset: xr.Dataset) -> tuple[Georeference | None, tuple[str, ...]]:
    return read_grid_mapping(dataset["r"], dataset, DIMS)


def place_of(dataset: xr.Dataset) -> Georeference:
    place, _ = read(dataset)
    assert place is not None
    return place


def to_degrees(crs: Any, x: list[float], y: list[float]) -> np.ndarray:
    return np.array(warp.transform(crs, "EPSG:4326", x, y))


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda mapping: str(mapping["grid_mapping_name"]))
def test_a_projection_lies_where_gdal_puts_it(tmp_path: Path, mapping: dict[str, Any]) -> None:
    dataset = grid(mapping, units="m")
    dataset.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    place = place_of(dataset)
    with rasterio.open(f'NETCDF:"{tmp_path / "a.nc"}":r') as opened:
        assert place.transform == pytest.approx(opened.transform.to_gdal())
        points = [0.0, 3e5, -2e5], [0.0, 4e5, 1e5]
        np.testing.assert_allclose(to_degrees(place.crs, *points), to_degrees(opened.crs, *points), atol=1e-7)


def test_a_sinusoidal_projection_lies_where_its_formula_says() -> None:
    radius = 6371007.181  # m, of MODIS
    mapping = {
        "grid_mapping_name": "sinusoidal",
        "longitude_of_projection_origin": 0.0,
        "earth_radius": radius,
    }
    # x = R lon cos(lat), y = R lat: GDAL knows no such grid mapping
    latitude = 4e5 / radius
    expected = np.degrees([[3e5 / (radius * np.cos(latitude))], [latitude]])
    # PROJ goes from the sphere to the ellipsoid of WGS 84 by the same longitude and latitude
    np.testing.assert_allclose(to_degrees(place_of(grid(mapping)).crs, [3e5], [4e5]), expected, atol=1e-6)


def test_a_geostationary_view_lies_where_gdal_puts_it(tmp_path: Path) -> None:
    height = 35785831.0  # m
    mapping = {
        "grid_mapping_name": "geostationary",
        "longitude_of_projection_origin": 9.5,
        "latitude_of_projection_origin": 0.0,
        "perspective_point_height": height,
        "semi_major_axis": 6378169.0,
        "semi_minor_axis": 6356583.8,
        "sweep_angle_axis": "y",
    }
    names = ({"units": "rad", "standard_name": f"projection_{axis}_coordinate"} for axis in ("y", "x"))
    angles = [3e-3, 2e-3, 1e-3, 0.0], [0.0, 1e-3, 2e-3, 3e-3, 4e-3]
    dataset = grid(mapping)
    for axis, values, attrs in zip(("y", "x"), angles, names, strict=True):
        dataset = dataset.assign_coords({axis: (axis, values, attrs)})
    dataset.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    place = place_of(dataset)
    assert place.transform == pytest.approx(
        (-0.5e-3 * height, 1e-3 * height, 0, 3.5e-3 * height, 0, -1e-3 * height)
    )
    points = [0.0, 1e6, -3e6], [0.0, 2e6, 3e6]
    with rasterio.open(f'NETCDF:"{tmp_path / "a.nc"}":r') as opened:
        # GDAL leaves the angles as they are
        assert place.transform == pytest.approx(height * np.array(opened.transform.to_gdal()))
        np.testing.assert_allclose(to_degrees(place.crs, *points), to_degrees(opened.crs, *points), atol=1e-7)
    fixed = {key: value for key, value in mapping.items() if key != "sweep_angle_axis"}
    assert (
        place_of(grid({**fixed, "fixed_angle_axis": "y"})).crs
        == place_of(grid({**mapping, "sweep_angle_axis": "x"})).crs
    )
    assert place_of(grid({**fixed, "fixed_angle_axis": "y"})).crs != place.crs


def test_kilometres_become_metres() -> None:
    assert place_of(grid(UTM_33, units="km")).transform == pytest.approx((5e8, 2e4, 0, 4.0001e9, 0, -2e4))


def test_well_known_text_goes_before_parameters() -> None:
    wkt = rasterio.crs.CRS.from_epsg(32633).to_wkt()
    for attrs in ({"crs_wkt": wkt}, {"spatial_ref": wkt}, {"crs_wkt": "", "spatial_ref": wkt, **MAPPINGS[3]}):
        assert place_of(grid(attrs)).crs == wkt
    damaged, _ = read(grid({"crs_wkt": "PROJCRS[", **UTM_33}))
    assert damaged is not None
    assert "Transverse Mercator" in damaged.crs


def test_a_name_in_an_older_encoding_is_no_hindrance() -> None:
    wkt = (
        rasterio.crs.CRS.from_epsg(32633).to_wkt().replace("WGS 84 / UTM zone 33N", "Z\udce9ro")
    )  # é in Latin-1
    place, notes = read(grid({"crs_wkt": wkt}))
    assert place is not None
    assert '"Z\ufffdro"' in place.crs
    assert notes == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crs", "crs"),
        ("utm", "utm"),
        ("spatial_ref", ""),
        ("utm", "utm: x y"),
        ("utm", "wgs: lat lon utm: x y"),
    ],
)
def test_a_mapping_of_any_name_is_found(name: str, text: str) -> None:
    assert place_of(grid(UTM_33, name, text)).transform == (500000.0, 20.0, 0.0, 4000100.0, 0.0, -20.0)


def test_rows_that_rise_are_told_by_their_coordinate() -> None:
    mapping = {**UTM_33, "GeoTransform": "500000 20 0 4000100 0 -20"}
    assert place_of(grid(mapping)).transform == (500000.0, 20.0, 0.0, 4000100.0, 0.0, -20.0)
    risen = grid(mapping).isel(y=slice(None, None, -1))
    assert place_of(risen).transform == (500000.0, 20.0, 0.0, 4000020.0, 0.0, 20.0)


def test_coordinates_of_few_digits_are_even() -> None:
    rough = grid(UTM_33)
    rough = rough.assign_coords(y=rough["y"].astype(np.float32) + np.float32(0.25))
    assert place_of(rough).transform == pytest.approx((500000, 20, 0, 4000100.25, 0, -20), abs=0.5)


def test_degrees_alone_are_taken_for_wgs_84_and_it_is_said() -> None:
    degrees = grid(None, text="").assign_coords(
        y=("y", 50.0 + 0.5 * np.arange(4), {"units": "degrees_north"}),
        x=("x", 8.0 + 0.5 * np.arange(5), {"units": "degrees_east"}),
    )
    place, notes = read(degrees)
    assert place == Georeference("EPSG:4326", (7.75, 0.5, 0.0, 49.75, 0.0, 0.5))
    assert notes == (
        "latitudes and longitudes are taken for WGS 84, since the file names no reference system",
    )


def test_an_ellipsoid_that_is_missing_is_said() -> None:
    bare = {key: value for key, value in UTM_33.items() if key not in WGS84}
    place, notes = read(grid(bare))
    assert place is not None
    assert notes == ("the ellipsoid is taken for that of WGS 84, since the grid mapping states none",)
    assert "the datum is taken for WGS 84" in read(grid(UTM_33))[1][0]


@pytest.mark.parametrize(
    ("mapping", "note"),
    [
        (
            {"grid_mapping_name": "rotated_latitude_longitude"},
            "grid_mapping_name is 'rotated_latitude_longitude'",
        ),
        ({}, "it names no projection"),
        ({**UTM_33, "false_easting": "far"}, "false_easting is 'far'"),
        ({**UTM_33, "false_easting": [1.0, 2.0]}, r"false_easting is "),
        ({**UTM_33, "scale_factor_at_central_meridian": -1.0}, "PROJ refuses"),
        ({**UTM_33, "GeoTransform": "1 2 3"}, "GeoTransform should be six numbers"),
    ],
)
def test_what_cannot_be_understood_is_a_note(mapping: dict[str, Any], note: str) -> None:
    place, notes = read(grid(mapping))
    assert place is None
    assert "the cube is on no map, since its map information was not understood" in notes[-1]
    assert note in notes[-1]


def test_pixels_whose_place_is_not_stated_are_on_no_map() -> None:
    bare = grid(UTM_33).drop_vars(["y", "x"])
    assert "neither a GeoTransform nor coordinates" in read(bare)[1][-1]
    row = grid(UTM_33).isel(y=[0])
    assert "one row or column does not say how large pixels are" in read(row)[1][-1]
    uneven = grid(UTM_33).isel(x=[0, 1, 4])
    assert "evenly spaced" in read(uneven)[1][-1]
    assert read(grid(None)) == (
        None,
        ("the cube is on no map, since its grid mapping 'crs' is not in the file",),
    )
    assert read(grid(None, text="")) == (None, ())


def test_without_rasterio_a_text_is_kept_and_parameters_are_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rasterio.crs", None)
    assert place_of(grid({"crs_wkt": 'PROJCS["any"]'})).crs == 'PROJCS["any"]'
    assert "its projection needs the package rasterio" in read(grid(UTM_33))[1][-1]
