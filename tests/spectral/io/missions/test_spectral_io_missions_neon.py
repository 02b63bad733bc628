"""NEON files in the layout of the reflectance product."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.missions.neon import read_neon


def write(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group("HARV/Reflectance")
        group["Reflectance_Data"] = np.array([[[5000, -9999]], [[100, 200]]], dtype=np.int16)
        group["Reflectance_Data"].attrs["Scale_Factor"] = 10000.0
        group["Reflectance_Data"].attrs["Data_Ignore_Value"] = -9999.0
        group["Metadata/Spectral_Data/Wavelength"] = [383.5, 388.5]
        group["Metadata/Spectral_Data/FWHM"] = [5.8, 5.9]
        group["Metadata/Coordinate_System/EPSG Code"] = b"32618"
        group["Metadata/Coordinate_System/Map_Info"] = (
            b"UTM,  1.0, 1.0, 731000.0, 4713000.0, 1.0, 1.0, 18, North"
        )
    return path


def test_values_and_place(tmp_path: Path) -> None:
    cube = read_neon(write(tmp_path / "n.h5"))
    np.testing.assert_allclose(cube.values[:, :, 0], [[0.5, 0.01], [np.nan, 0.02]], rtol=1e-6)
    assert cube.x.values.tolist() == [731000.5]
    assert cube.y.values.tolist() == [4712999.5, 4712998.5]


def test_several_groups_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "n.h5")
    with h5py.File(path, "a") as file:
        file.create_group("BART")
    with pytest.raises(DataError, match="should hold the group of one site"):
        read_neon(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("EPSG Code", b"unknown"), ("Map_Info", b"UTM, 1.0, 1.0, east"), ("Map_Info", b"UTM")],
)
def test_a_place_that_cannot_be_read(tmp_path: Path, key: str, value: bytes) -> None:
    path = write(tmp_path / "n.h5")
    with h5py.File(path, "a") as file:
        place = file["HARV/Reflectance/Metadata/Coordinate_System"]
        del place[key]
        place[key] = value
    cube = read_neon(path)
    assert "spatial_ref" not in cube.coords
    assert cube.attrs["assumed"][0].startswith(
        "the map information is left out: 'EPSG Code' should be a number, 'Map_Info' a"
    )
