"""Rows and columns, whatever order and names others give them."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr

from lrprism.spectral.io.formats.dataset_axes import is_latitude_longitude, order_dims

NAMES = [("lat", "lon"), ("y", "x"), ("row", "column"), ("lines", "samples"), ("downtrack", "crosstrack")]


def variable(*dims: str, **coords: dict[str, str]) -> xr.DataArray:
    sizes = range(2, 2 + len(dims))
    lists = {name: (name, np.arange(float(sizes[dims.index(name)])), attrs) for name, attrs in coords.items()}
    return xr.DataArray(np.zeros(tuple(sizes)), dims=dims, coords=lists)


def wavelengths(dim: str) -> xr.DataArray:
    return xr.DataArray([1.0], dims=dim)


@pytest.mark.parametrize(("rows", "columns"), NAMES)
def test_names_tell_rows_from_columns_in_any_order(rows: str, columns: str) -> None:
    for dims in permutations(("wl", rows, columns)):
        assert order_dims(variable(*dims), wavelengths("wl")) == ("wl", rows, columns)


@pytest.mark.parametrize(
    ("up", "right"),
    [
        ({"axis": "Y"}, {"axis": "X"}),
        ({"standard_name": "latitude"}, {"standard_name": "longitude"}),
        ({"standard_name": "projection_y_coordinate"}, {}),
        ({}, {"units": "degrees_east"}),
        ({"units": "Degree_North"}, {"units": "degrees_E"}),
    ],
)
def test_the_conventions_tell_them_where_names_do_not(up: dict[str, str], right: dict[str, str]) -> None:
    for dims in permutations(("k", "i", "j")):
        assert order_dims(variable(*dims, i=right, j=up), wavelengths("k")) == ("k", "j", "i")


def test_what_a_coordinate_says_goes_before_its_name() -> None:
    turned = variable("band", "x", "y", x={"axis": "Y"}, y={"axis": "X"})
    assert order_dims(turned, None) == ("band", "x", "y")


def test_rows_come_first_where_nothing_tells() -> None:
    assert order_dims(variable("a", "k", "b"), wavelengths("k")) == ("k", "a", "b")
    assert order_dims(variable("a", "b", "Band"), None) == ("Band", "a", "b")
    assert order_dims(variable("a", "b", "c"), None) == ("a", "b", "c")


def test_degrees_north_and_east() -> None:
    degrees = variable("k", "a", "b", a={"units": "degrees_north"}, b={"standard_name": "longitude"})
    dims = order_dims(degrees, wavelengths("k"))
    assert is_latitude_longitude(degrees, dims)
    assert not is_latitude_longitude(degrees.drop_vars("b"), dims)
    assert not is_latitude_longitude(degrees.assign_coords(a=[1.0, 2.0, 3.0]), dims)
