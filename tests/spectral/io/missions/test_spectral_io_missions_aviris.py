"""AVIRIS-3 files in the layout of the NetCDF products."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from rasterio.crs import CRS

from lrprism.spectral.cubes.georeference import georeference_of
from lrprism.spectral.io.missions.aviris import read_aviris

WKT = CRS.from_epsg(32611).to_wkt()


def write(path: Path, group: str = "reflectance", *, bands_last: bool = False) -> Path:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    values[1, 2, 3] = -9999
    with h5py.File(path, "w") as file:
        stored = np.moveaxis(values, 0, -1) if bands_last else values
        file.create_dataset(f"{group}/{group}", data=stored).attrs.update(
            {
                "grid_mapping": "transverse_mercator",
                "_FillValue": np.float32(-9999),
                "units": "uW nm-1 cm-2 sr-1",
            }
        )
        file[f"{group}/wavelength"] = [381.0, 389.0]
        file[f"{group}/fwhm"] = [8.0, 8.1]
        file["easting"] = 400000.0 + 5 * np.arange(4)
        file["northing"] = 4000000.0 - 5 * np.arange(3)
        file.create_dataset("transverse_mercator", data=b"").attrs["crs_wkt"] = WKT
    return path


@pytest.mark.parametrize("bands_last", [False, True])
def test_values_bands_and_place(tmp_path: Path, bands_last: bool) -> None:
    cube = read_aviris(write(tmp_path / "a.nc", bands_last=bands_last))
    assert cube.shape == (2, 3, 4)
    assert cube.values[1, 1, 2] == 18  # 12 + 4 + 2
    assert np.argwhere(np.isnan(cube.values)).tolist() == [[1, 2, 3]]
    assert cube.wavelength.values.tolist() == [381, 389]
    assert cube.fwhm.values.tolist() == [8, 8.1]
    place = georeference_of(cube)
    assert place is not None
    assert CRS.from_wkt(place.crs).to_epsg() == 32611
    assert place.transform == (399997.5, 5, 0, 4000002.5, 0, -5)  # the edges lie half a pixel outside


def test_radiance_has_its_units(tmp_path: Path) -> None:
    cube = read_aviris(write(tmp_path / "a.nc", "radiance"))
    assert (cube.attrs["quantity"], cube.attrs["units"]) == ("radiance", "uW nm-1 cm-2 sr-1")


def test_a_place_that_cannot_be_used_is_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc")
    with h5py.File(path, "a") as file:
        file["easting"][2] = 0
    cube = read_aviris(path)
    assert "spatial_ref" not in cube.coords
    assert cube.attrs["assumed"][0].startswith(
        "the map information is left out: 'easting' should be 4 evenly"
    )
    with h5py.File(path, "a") as file:
        del file["transverse_mercator"]
    assert read_aviris(path).attrs["assumed"] == ["the file names no reference system"]
