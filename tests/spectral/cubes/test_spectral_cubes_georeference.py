"""The georeference of cubes, whole and cut."""

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference, georeference_of


def plain() -> xr.DataArray:
    return xr.DataArray(np.zeros((1, 2, 3)), dims=("band", "y", "x"))


def test_pixel_centres_lie_half_a_pixel_inside() -> None:
    placed = assign_georeference(
        plain(), Georeference("EPSG:32616", (500000.0, 20.0, 0.0, 4480000.0, 0.0, -20.0))
    )
    assert placed["x"].values.tolist() == [500010.0, 500030.0, 500050.0]
    assert placed["y"].values.tolist() == [4479990.0, 4479970.0]
    assert placed["spatial_ref"].attrs["GeoTransform"] == "500000.0 20.0 0.0 4480000.0 0.0 -20.0"


def test_what_was_put_on_is_read_back() -> None:
    reference = Georeference("EPSG:4326", (-87.1, 0.1 + 0.2, 0.0, 40.5, 0.0, -1 / 3))
    assert georeference_of(assign_georeference(plain(), reference)) == reference


def test_a_turned_grid_has_no_axes_but_keeps_its_transform() -> None:
    reference = Georeference("EPSG:32616", (0.0, 3.0, -4.0, 0.0, 4.0, 3.0))
    placed = assign_georeference(plain(), reference)
    assert "x" not in placed.coords
    assert georeference_of(placed) == reference


def test_an_array_without_a_place_has_none() -> None:
    assert georeference_of(plain()) is None
    bare = plain().assign_coords(spatial_ref=xr.Variable((), 0, {"crs_wkt": "EPSG:4326"}))
    assert georeference_of(bare) is None


@pytest.mark.parametrize(
    "transform", [(0.0, 0.0, 0.0, 0.0, 0.0, 1.0), (0.0, float("nan"), 0.0, 0.0, 0.0, 1.0)]
)
def test_pixels_without_an_area_are_refused(
    transform: tuple[float, float, float, float, float, float],
) -> None:
    with pytest.raises(DataError, match="six finite numbers whose pixels have an area"):
        Georeference("EPSG:4326", transform)


def test_a_transform_in_words_is_refused() -> None:
    attrs = {"crs_wkt": "EPSG:4326", "GeoTransform": "0 one 0 0 0 1"}
    with pytest.raises(DataError, match=r"GeoTransform should be six numbers. Found '0 one 0 0 0 1'"):
        georeference_of(plain().assign_coords(spatial_ref=xr.Variable((), 0, attrs)))


def test_a_cropped_array_lies_where_its_pixels_lie() -> None:
    placed = assign_georeference(
        plain(), Georeference("EPSG:32616", (500000.0, 20.0, 0.0, 4480000.0, 0.0, -20.0))
    )
    place = georeference_of(placed.isel(x=slice(1, 3), y=[1]))
    assert place == Georeference("EPSG:32616", (500020.0, 20.0, 0.0, 4479980.0, 0.0, -20.0))
    coarser = georeference_of(placed.isel(x=slice(None, None, 2)))
    assert coarser is not None
    assert coarser.transform[:2] == (499990.0, 40.0)


def test_a_grid_with_a_gap_is_refused() -> None:
    wide = xr.DataArray(np.zeros((2, 5)), dims=("y", "x"))
    placed = assign_georeference(wide, Georeference("EPSG:32616", (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)))
    with pytest.raises(DataError, match=r"coordinate x should be evenly spaced.*steps from 1 to 3"):
        georeference_of(placed.isel(x=[0, 1, 4]))
