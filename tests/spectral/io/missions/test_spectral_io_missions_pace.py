"""PACE OCI files in the layout of the L2 products."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.missions.pace import read_pace


def write(path: Path, name: str = "Rrs") -> Path:
    with h5py.File(path, "w") as file:
        data = file.create_dataset(
            f"geophysical_data/{name}", data=np.array([[[0, 500], [-32767, 1000]]], dtype=np.int16)
        )
        data.attrs.update({"scale_factor": np.float32(2e-6), "add_offset": np.float32(0.05)})
        data.attrs["_FillValue"] = np.int16(-32767)
        file["geophysical_data/l2_flags"] = np.zeros((1, 2), dtype=np.int32)
        file["sensor_band_parameters/wavelength_3d"] = [442.0, 560.0]
    return path


@pytest.mark.parametrize(
    ("name", "quantity", "units"),
    [("Rrs", "remote sensing reflectance", "sr-1"), ("rhos", "reflectance", "1")],
)
def test_values_are_unpacked(tmp_path: Path, name: str, quantity: str, units: str) -> None:
    cube = read_pace(write(tmp_path / "p.nc", name))
    # 0.05 + 500 * 2e-6 = 0.051, 0.05 + 1000 * 2e-6 = 0.052
    np.testing.assert_allclose(cube.values, [[[0.05, np.nan]], [[0.051, 0.052]]], rtol=1e-6)
    assert cube.wavelength.values.tolist() == [442, 560]
    assert (cube.attrs["quantity"], cube.attrs["units"]) == (quantity, units)


def test_other_products_are_refused_by_their_names(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["observation_data/rhot_blue"] = np.zeros((2, 1, 1))
    with pytest.raises(DataError, match=r"PACE OCI file of Rrs or rhos \(L2\). Found rhot_blue. Give the L2"):
        read_pace(tmp_path / "a.nc")
    with pytest.raises(DataError, match=r"Found chlor_a, l2_flags. Give"):
        read_pace(write(tmp_path / "b.nc", "chlor_a"))


def test_a_scale_of_0_is_refused(tmp_path: Path) -> None:
    with h5py.File(write(tmp_path / "p.nc"), "a") as file:
        file["geophysical_data/Rrs"].attrs["scale_factor"] = 0.0
    with pytest.raises(DataError, match=r"'scale_factor' of 'geophysical_data/Rrs' in .* should not be 0"):
        read_pace(tmp_path / "p.nc")
