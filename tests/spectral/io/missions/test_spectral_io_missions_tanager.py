"""Tanager files in the layout of Planet's products."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.cubes.wavelengths import MissingWavelengthsError
from lrprism.spectral.io.missions.tanager import read_tanager


def write(path: Path, kind: str = "SWATHS", name: str = "surface_reflectance") -> Path:
    with h5py.File(path, "w") as file:
        fields = file.create_group(f"HDFEOS/{kind}/HYP/Data Fields")
        fields[name] = np.array([[[0.1, 0.2]], [[0.3, -9999]]], dtype=np.float32)
        fields[name].attrs.update(
            {"wavelengths": [450.0, 550.0], "fwhm": [5.5, 5.6], "units": "W/(m2 sr um)"}
        )
    return path


@pytest.mark.parametrize("kind", ["SWATHS", "GRIDS"])
@pytest.mark.parametrize(
    ("name", "quantity", "units"),
    [("surface_reflectance", "reflectance", "1"), ("toa_radiance", "radiance", "W/(m2 sr um)")],
)
def test_values_bands_and_units(tmp_path: Path, kind: str, name: str, quantity: str, units: str) -> None:
    cube = read_tanager(write(tmp_path / "t.h5", kind, name))
    np.testing.assert_allclose(cube.values, [[[0.1, 0.2]], [[0.3, np.nan]]], rtol=1e-6)
    assert cube.wavelength.values.tolist() == [450, 550]
    assert cube.fwhm.values.tolist() == [5.5, 5.6]
    assert (cube.attrs["quantity"], cube.attrs["units"]) == (quantity, units)


def test_pixels_outside_the_scene_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "t.h5")
    with h5py.File(path, "a") as file:
        file["HDFEOS/SWATHS/HYP/Data Fields/nodata_pixels"] = np.array([[1, 0]], dtype=np.uint8)
    assert np.isnan(read_tanager(path).values[:, 0, 0]).all()
    with h5py.File(path, "a") as file:
        del file["HDFEOS/SWATHS/HYP/Data Fields/nodata_pixels"]
        file["HDFEOS/SWATHS/HYP/Data Fields/nodata_pixels"] = np.array([1, 0], dtype=np.uint8)
    with pytest.raises(DataError, match=r"'nodata_pixels' in .* should mark the \(1, 2\) pixels"):
        read_tanager(path)


def test_wavelengths_may_be_given(tmp_path: Path) -> None:
    path = write(tmp_path / "t.h5")
    assert read_tanager(path, wavelengths="400:500").wavelength.values.tolist() == [400, 500]
    with h5py.File(path, "a") as file:
        del file["HDFEOS/SWATHS/HYP/Data Fields/surface_reflectance"].attrs["wavelengths"]
    with pytest.raises(
        MissingWavelengthsError, match=r"should list the wavelengths of its 2 bands at .* Pass"
    ):
        read_tanager(path)


def test_a_file_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"Tanager file of surface_reflectance or toa_radiance. Found neither"
    ):
        read_tanager(write(tmp_path / "t.h5", name="uncertainty"))
