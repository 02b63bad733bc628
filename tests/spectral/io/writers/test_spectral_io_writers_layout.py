"""Band images, stored types and reference systems, as every writer lays them out."""

from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError, ResultsError
from lrprism.spectral.cubes.georeference import GRID_MAPPING, Georeference, assign_georeference
from lrprism.spectral.io.writers.layout import (
    choose_stored_type,
    convert_to_wkt,
    is_authority_code,
    renew_georeference,
    stack_bands,
    store_blocks,
    turn_north_up,
    write_partial,
)


def test_bands_come_first_and_a_map_is_the_only_band(small_cube: xr.DataArray) -> None:
    assert stack_bands(small_cube.transpose("x", "band", "y")).identical(small_cube)
    assert stack_bands(small_cube[0]).shape == (1, 4, 6)
    with pytest.raises(DataError, match=r"should hold \(band, y, x\) or \(y, x\). Found \('y',\)"):
        stack_bands(small_cube[0, :, 0])


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(0, 255, "uint8"), (-1, 255, "int16"), (0, 256, "int16"), (0, 2**15, "int32"), (0.0, 1.0, "float32")],
)
def test_the_smallest_type_that_holds_the_values(low: float, high: float, kind: str) -> None:
    assert choose_stored_type(xr.DataArray([low, high])) == np.dtype(kind)


def test_values_that_no_type_holds() -> None:
    with pytest.raises(DataError, match=r"at most 32 bits. Found 0 to 2147483648. Write a .nc or .zarr"):
        choose_stored_type(xr.DataArray([0, 2**31]))
    with pytest.raises(DataError, match=r"should hold real numbers. Found <U1"):
        choose_stored_type(xr.DataArray(["a"]))


def test_a_cut_array_gets_a_georeference_of_its_own(placed_cube: xr.DataArray) -> None:
    # two columns of 20 m are cut on the left
    cut = renew_georeference(placed_cube.isel(x=slice(2, None)))
    assert cut.coords[GRID_MAPPING].attrs["GeoTransform"].split()[0] == "500040.0"
    bare = placed_cube.drop_vars(["x", "y", GRID_MAPPING])
    assert renew_georeference(bare) is bare


def test_rows_from_the_south_are_reversed(small_cube: xr.DataArray) -> None:
    assert turn_north_up(small_cube) is small_cube
    for dy, turned in ((20.0, True), (-20.0, False)):
        placed = assign_georeference(small_cube, Georeference("EPSG:32616", (0.0, 20.0, 0.0, 100.0, 0.0, dy)))
        first = turn_north_up(placed).values[:, 0]
        np.testing.assert_array_equal(first, small_cube.values[:, -1 if turned else 0])
    skewed = assign_georeference(small_cube, Georeference("EPSG:32616", (0.0, 20.0, 5.0, 100.0, 5.0, 20.0)))
    assert turn_north_up(skewed) is skewed


def test_codes_become_well_known_text() -> None:
    pytest.importorskip("rasterio")
    assert is_authority_code("EPSG:32616")
    wkt = convert_to_wkt("EPSG:32616")
    assert wkt.startswith("PROJCRS")
    assert not is_authority_code(wkt)
    assert convert_to_wkt("EPSG:32616", "WKT1_ESRI").startswith("PROJCS")


class Blocks:
    def __init__(self) -> None:
        self.widths: list[int] = []

    def __setitem__(self, index: tuple[slice, ...], values: np.ndarray) -> None:
        assert values.dtype == np.int16
        self.widths.append(index[2].stop - index[2].start)


def test_blocks_hold_whole_rows() -> None:
    blocks = Blocks()
    values = da.zeros((2, 6, 4), chunks=(1, 3, 2), dtype=np.float32)
    store_blocks(xr.DataArray(values, dims=("band", "y", "x")), blocks, np.dtype(np.int16))
    assert blocks.widths == [4] * 4


def test_a_disk_that_refuses_is_named_as_for_a_cube(tmp_path: Path) -> None:
    refused = pytest.raises(
        ResultsError, match=r"A cube should go where it can be written. Found .*none/a.nc"
    )
    with refused, write_partial(tmp_path / "none" / "a.nc") as partial:
        partial.write_text("")
