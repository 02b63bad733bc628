import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.traits.maps import read_trait_map
from lrprism.spectral.io.traits.options import TraitOptions

rasterio = pytest.importorskip("rasterio")
VALUES = np.array([[1.5, -9999, 3, 4], [np.nan, 6, 7, 0]], dtype=np.float32)


@pytest.fixture
def cube() -> xr.DataArray:
    """Two rows of four pixels of 10 m, the upper left corner at 0, 20."""
    values = xr.DataArray(np.zeros((1, 2, 4), np.float32), dims=("band", "y", "x"))
    return assign_georeference(values, Georeference("EPSG:32633", (0, 10, 0, 20, 0, -10)))


def write_raster(path: Path, values: np.ndarray, *, left: float = 0) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=values.shape[0], width=values.shape[1], dtype="float32",
        crs="EPSG:32633", transform=rasterio.Affine(10, 0, left, 0, -10, 20),
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


def write_squares(path: Path, *properties: dict[str, object]) -> Path:
    """Write a polygon over the two pixels of each half of the upper row, with properties."""
    features = []
    for number, facts in enumerate(properties):
        x = 20 * number
        ring = [[x, 20], [x + 20, 20], [x + 20, 10], [x, 10], [x, 20]]
        features.append(
            {"type": "Feature", "properties": facts, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        )
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


def test_a_raster_of_values_is_a_trait(cube: xr.DataArray, tmp_path: Path) -> None:
    labels = read_trait_map(write_raster(tmp_path / "nitrogen_%.tif", VALUES), cube, TraitOptions())
    expected = np.array([[1.5, np.nan, 3, 4], [np.nan, 6, 7, 0]])
    np.testing.assert_array_equal(labels["trait_0"].values, expected)
    np.testing.assert_array_equal(labels.values, np.isfinite(expected))
    assert (labels.attrs["trait_names"], labels.attrs["trait_units"]) == (["nitrogen"], ["%"])
    note = "1 pixels of value 0 are taken for measured; with --unlabelled 0 they are unlabelled"
    fill = "1 pixels of -9999 are taken for not measured, and are unlabelled"
    assert labels.attrs["assumed"] == [fill, note]


def test_fill_values_of_an_array_are_counted_each(cube: xr.DataArray, tmp_path: Path) -> None:
    values = np.array([[1.5, -999, -999, np.inf], [np.nan, 6, 7, -9999]])
    np.save(tmp_path / "n.npy", values)
    labels = read_trait_map(tmp_path / "n.npy", cube, TraitOptions(), unlabelled=(-9999,))
    assert labels.values.tolist() == [[1, 0, 0, 0], [0, 1, 1, 0]]
    # -9999 is named by the user, NaN says itself that it is missing
    assert [note for note in labels.attrs["assumed"] if "not measured" in note] == [
        "2 pixels of -999 are taken for not measured, and are unlabelled",
        "1 pixels of inf are taken for not measured, and are unlabelled",
    ]


def test_codes_of_unlabelled_and_another_grid(cube: xr.DataArray, tmp_path: Path) -> None:
    # the raster begins one pixel further left: what lies at column 1 there is column 0 of the cube
    path = write_raster(tmp_path / "n.tif", VALUES, left=-10)
    labels = read_trait_map(path, cube, TraitOptions(("N",), ("mg/g",)), unlabelled=(0,))
    expected = [[np.nan, 3, 4, np.nan], [6, 7, np.nan, np.nan]]
    np.testing.assert_array_equal(labels["trait_0"].values, expected)
    assert labels.attrs["trait_units"] == ["mg/g"]
    assert any("labels lie on another grid" in note for note in labels.attrs["assumed"])


def test_values_far_outside_are_asked_about(cube: xr.DataArray, tmp_path: Path) -> None:
    # the raster reaches beyond the cube
    values = np.append(np.arange(10.0, 24), [-99, -99]).reshape(2, 8).astype(np.float32)
    labels = read_trait_map(write_raster(tmp_path / "n.tif", values), cube, TraitOptions())
    note = "2 pixels have exactly -99 as n, far outside the others: missing? Leave them empty"
    assert note in labels.attrs["assumed"]
    squares = [{"N": 1 + 0.1 * number} for number in range(8)] + [{"N": 999}] * 3
    labels = read_trait_map(write_squares(tmp_path / "p.geojson", *squares), cube, TraitOptions(("N",)))
    assert any(note.startswith("3 features have exactly 999 as N") for note in labels.attrs["assumed"])


def test_polygons_carry_several_traits(cube: xr.DataArray, tmp_path: Path) -> None:
    path = write_squares(tmp_path / "p.geojson", {"N": 2.5, "P": 1, "crop": "rye"}, {"N": 3.5, "P": 1})
    labels = read_trait_map(path, cube, TraitOptions(("n", "P")))
    nothing = [np.nan] * 4
    np.testing.assert_array_equal(labels["trait_0"].values, [[2.5, 2.5, 3.5, 3.5], nothing])
    np.testing.assert_array_equal(labels["trait_1"].values, [[1, 1, 1, 1], nothing])
    assert labels["polygon"].values.tolist() == [[1, 1, 2, 2], [0, 0, 0, 0]]
    assert labels.attrs["trait_names"] == ["N", "P"]


def test_an_attribute_is_named_without_its_unit(cube: xr.DataArray, tmp_path: Path) -> None:
    path = write_squares(tmp_path / "p.geojson", {"N (%)": 2.5, "N_total": 9})
    labels = read_trait_map(path, cube, TraitOptions(("n",)))
    assert (labels.attrs["trait_names"], labels.attrs["trait_units"]) == (["N"], ["%"])
    assert labels["trait_0"].values[0, 0] == 2.5


def test_features_without_a_value_are_left_out_and_counted(cube: xr.DataArray, tmp_path: Path) -> None:
    path = write_squares(tmp_path / "p.geojson", {"N": 2.5}, {"N": None})
    labels = read_trait_map(path, cube, TraitOptions(("N",)))
    assert labels.values.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0]]
    assert "1 features have no value of N and are left out" in labels.attrs["assumed"]


def test_points_in_a_table(cube: xr.DataArray, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("row,column,N\n0,1,2.5\n1,3,\n1,0,4\n")
    labels = read_trait_map(tmp_path / "points.csv", cube, TraitOptions(("N",)))
    np.testing.assert_array_equal(labels["trait_0"].values[[0, 1], [1, 0]], [2.5, 4])
    assert int((labels > 0).sum()) == 2


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ((), InputError, r"named that holds the trait\. Found none named\. Choose .* among: N, crop\."),
        (("K",), InputError, r"name an attribute of '.*p\.geojson'\. Found 'K' among: N, crop\."),
        (("crop",), DataError, r"'crop' in '.*' should hold numbers\. Found 'rye'\. Take another"),
    ],
)
def test_attributes_that_hold_no_trait_are_refused(
    cube: xr.DataArray, tmp_path: Path, columns: tuple[str, ...], error: type[Exception], message: str
) -> None:
    path = write_squares(tmp_path / "p.geojson", {"N": 2.5, "crop": "rye"})
    with pytest.raises(error, match=message):
        read_trait_map(path, cube, TraitOptions(columns))


def test_rasters_that_hold_no_trait_are_refused(cube: xr.DataArray, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "n.tif", VALUES)
    with pytest.raises(InputError, match=r"raster should be of one trait\. Found 2 for '.*n\.tif': N, P\."):
        read_trait_map(path, cube, TraitOptions(("N", "P")))
    with pytest.raises(InputError, match="--label-layer should be given for polygons or points"):
        read_trait_map(path, cube, TraitOptions(), layer="one")
    np.save(tmp_path / "cube.npy", np.zeros((2, 4, 3)))
    with pytest.raises(DataError, match=r"numbers as \(y, x\)\. Found shape \(2, 4, 3\) of float64"):
        read_trait_map(tmp_path / "cube.npy", cube, TraitOptions())
