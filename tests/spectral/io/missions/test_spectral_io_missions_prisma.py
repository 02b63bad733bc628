"""PRISMA files in the layout of the L2D product."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.missions.prisma import read_prisma

FIELDS = "HDFEOS/SWATHS/PRS_L2D_HCO/Data Fields"


def write(path: Path, right: float = 500060.0) -> Path:
    with h5py.File(path, "w") as file:
        vnir = np.full((2, 3, 2), 65535, dtype=np.uint16)
        vnir[0, :, 0] = 0
        file[f"{FIELDS}/VNIR_Cube"] = vnir
        file[f"{FIELDS}/SWIR_Cube"] = np.full((2, 2, 2), 13107, dtype=np.uint16)
        lists = {
            "Cw_Vnir": [990, 0, 400],
            "Cw_Swir": [1010, 950],
            "Fwhm_Vnir": [9, 0, 8],
            "Fwhm_Swir": [10, 11],
        }
        for name, values in lists.items():
            file.attrs[f"List_{name}"] = np.array(values, dtype=np.float32)
        bounds = {"VnirMin": 0.0, "VnirMax": 0.5, "SwirMin": 0.0, "SwirMax": 1.0}
        for name, value in bounds.items():
            file.attrs[f"L2Scale{name}"] = np.float32(value)
        file.attrs["Epsg_Code"] = np.uint32(32632)
        corners = {"UL": (500000.0, 4000060.0), "LR": (right, 4000000.0)}
        for name, (easting, northing) in corners.items():
            file.attrs[f"Product_{name}corner_easting"] = easting
            file.attrs[f"Product_{name}corner_northing"] = northing
    return path


def test_both_spectrometers_by_wavelength(tmp_path: Path) -> None:
    cube = read_prisma(write(tmp_path / "p.he5"))
    assert cube.wavelength.values.tolist() == [400, 950, 990, 1010]
    assert cube.original_band.values.tolist() == ["vnir:2", "swir:1", "vnir:0", "swir:0"]
    np.testing.assert_allclose(cube.values[:, 1, 1], [0.5, 0.2, 0.5, 0.2], rtol=1e-6)
    assert np.isnan(cube.values[:, 0, 0]).all()


def test_corners_are_edges_where_that_gives_30_m(tmp_path: Path) -> None:
    assert read_prisma(write(tmp_path / "p.he5")).x.values.tolist() == [500015, 500045]


def test_corners_are_centres_otherwise(tmp_path: Path) -> None:
    assert read_prisma(write(tmp_path / "p.he5", right=500030.0)).x.values.tolist() == [500000, 500030]


def test_missing_attribute_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "p.he5")
    with h5py.File(path, "a") as file:
        del file.attrs["List_Cw_Swir"]
    with pytest.raises(DataError, match="should have the attribute 'List_Cw_Swir'"):
        read_prisma(path)


def test_both_spectrometers_see_the_same_pixels(tmp_path: Path) -> None:
    path = write(tmp_path / "p.he5")
    with h5py.File(path, "a") as file:
        del file[f"{FIELDS}/SWIR_Cube"]
        file[f"{FIELDS}/SWIR_Cube"] = np.ones((2, 2, 3), dtype=np.uint16)
    with pytest.raises(DataError, match=r"the same pixels. Found \(2, 2\) and \(2, 3\) \(y, x\).*Found in"):
        read_prisma(path)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [("L2ScaleSwirMax", 0.0, "2 bands, 0 to 0"), ("List_Cw_Swir", [0.0, 0.0], "0 bands, 0 to 1")],
)
def test_a_spectrometer_without_bands_or_bounds(
    tmp_path: Path, name: str, value: float | list[float], found: str
) -> None:
    path = write(tmp_path / "p.he5")
    with h5py.File(path, "a") as file:
        file.attrs[name] = value
    with pytest.raises(
        DataError, match=rf"Swir should have bands in use and increasing bounds. Found {found}"
    ):
        read_prisma(path)


def move_to(path: Path, level: str) -> Path:
    with h5py.File(path, "a") as file:
        file.move("HDFEOS/SWATHS/PRS_L2D_HCO", f"HDFEOS/SWATHS/PRS_{level}_HCO")
        for name in ("Epsg_Code", "Product_ULcorner_easting"):
            del file.attrs[name]
    return path


@pytest.mark.parametrize(
    ("level", "quantity", "units"),
    [("L2C", "reflectance", "1"), ("L2B", "radiance", "W m-2 sr-1 um-1")],
)
def test_levels_that_lie_on_no_map(tmp_path: Path, level: str, quantity: str, units: str) -> None:
    cube = read_prisma(move_to(write(tmp_path / "p.he5"), level))
    np.testing.assert_allclose(cube.values[:, 1, 1], [0.5, 0.2, 0.5, 0.2], rtol=1e-6)
    assert (cube.attrs["quantity"], cube.attrs["units"]) == (quantity, units)
    assert cube.attrs["assumed"][0] == f"y, x are as scanned: {level} lies on no map grid"
    assert "spatial_ref" not in cube.coords


def test_level_1_is_radiance_by_its_factor(tmp_path: Path) -> None:
    path = move_to(write(tmp_path / "p.he5"), "L1")
    with h5py.File(path, "a") as file:
        for name in ("Vnir", "Swir"):
            file.attrs[f"ScaleFactor_{name}"] = np.float32(100)
            file.attrs[f"Offset_{name}"] = np.float32(0)
    cube = read_prisma(path)
    np.testing.assert_allclose(cube.values[:, 1, 1], [655.35, 131.07, 655.35, 131.07], rtol=1e-6)
    assert cube.attrs["quantity"] == "radiance"
    with h5py.File(path, "a") as file:
        file.attrs["Offset_Vnir"] = np.float32(3)
    with pytest.raises(DataError, match=r"should be positive, 'Offset_Vnir' 0. Found 100 and 3. Give"):
        read_prisma(path)


def test_other_swaths_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"of level L2D, L2C, L2B, L1, swath .* Found PRS_L9_HCO. Download"):
        read_prisma(move_to(write(tmp_path / "p.he5"), "L9"))


def test_a_place_that_cannot_be_read_is_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "p.he5")
    with h5py.File(path, "a") as file:
        del file.attrs["Epsg_Code"]
    cube = read_prisma(path)
    assert "spatial_ref" not in cube.coords
    assert cube.attrs["assumed"][0].startswith("the map information is left out: ")
