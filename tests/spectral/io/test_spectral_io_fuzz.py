"""Damaged files of every format end in an error of ours or in a cube, in little time and memory.

By default each format is damaged 16 times, four times in each of four ways; ``make fuzz`` (``--damages 200``)
goes on.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
import spectral.io.envi
import xarray as xr

from lrprism.spectral.io.formats.spectral_library import read_spectral_library
from lrprism.spectral.io.read import read_cube
from lrprism.spectral.io.writers import write_cube

PROGRAM = Path(__file__).with_name("reading_damaged.py")
NM = [400.0, 410.0, 420.0, 430.0, 440.0]


def write_envi(folder: Path, cube: xr.DataArray) -> Path:
    write_cube(cube, folder / "cube.hdr")
    return folder / "cube.hdr"


def write_netcdf(folder: Path, cube: xr.DataArray) -> Path:
    write_cube(cube, folder / "cube.nc")
    return folder / "cube.nc"


def write_zarr(folder: Path, cube: xr.DataArray) -> Path:
    write_cube(cube, folder / "cube.zarr")
    return folder / "cube.zarr"


def write_geotiff(folder: Path, cube: xr.DataArray) -> Path:
    write_cube(cube, folder / "cube.tif")
    return folder / "cube.tif"


def write_matlab(folder: Path, cube: xr.DataArray) -> Path:
    scipy.io.savemat(folder / "cube.mat", {"cube": cube.values.transpose(1, 2, 0)}, do_compression=True)
    return folder / "cube.mat"


def write_matlab_73(folder: Path, cube: xr.DataArray) -> Path:
    path = folder / "cube73.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["cube"] = cube.values.transpose(0, 2, 1)
        file["cube"].attrs["MATLAB_class"] = np.bytes_("single")
    with path.open("r+b") as opened:
        opened.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


def write_npy(folder: Path, cube: xr.DataArray) -> Path:
    np.save(folder / "cube.npy", cube.values.transpose(1, 2, 0))
    return folder / "cube.npy"


def write_npz(folder: Path, cube: xr.DataArray) -> Path:
    np.savez_compressed(folder / "cube.npz", cube=cube.values.transpose(1, 2, 0), wavelengths=NM)
    return folder / "cube.npz"


def write_neon(folder: Path, cube: xr.DataArray) -> Path:
    with h5py.File(folder / "neon.h5", "w") as file:
        data = file.create_dataset(
            "SITE/Reflectance/Reflectance_Data", data=cube.values.transpose(1, 2, 0).astype(np.int16)
        )
        data.attrs["Scale_Factor"], data.attrs["Data_Ignore_Value"] = 10000.0, -9999.0
        about = file.create_group("SITE/Reflectance/Metadata")
        about["Spectral_Data/Wavelength"], about["Spectral_Data/FWHM"] = NM, [5.0] * 5
        about["Coordinate_System/EPSG Code"] = "32616"
        about["Coordinate_System/Map_Info"] = "UTM, 1.000, 1.000, 500000.0, 4400000.0, 1.0, 1.0, 16, North"
    return folder / "neon.h5"


def write_emit(folder: Path, cube: xr.DataArray) -> Path:
    with h5py.File(folder / "emit.nc", "w") as file:
        file["reflectance"] = cube.values.transpose(1, 2, 0)
        bands = file.create_group("sensor_band_parameters")
        bands["wavelengths"], bands["fwhm"], bands["good_wavelengths"] = NM, [8.0] * 5, [1.0] * 5
        rows, columns = np.indices((4, 6), dtype=np.int32) + 1
        file["location/glt_y"], file["location/glt_x"] = rows, columns
        file.attrs["geotransform"] = [10.0, 0.1, 0.0, 50.0, 0.0, -0.1]
        file.attrs["spatial_ref"] = "EPSG:4326"
    return folder / "emit.nc"


def write_prisma(folder: Path, cube: xr.DataArray) -> Path:
    counts = cube.values.transpose(1, 0, 2).astype(np.uint16)
    with h5py.File(folder / "prisma.he5", "w") as file:
        fields = "HDFEOS/SWATHS/PRS_L2D_HCO/Data Fields"
        file[f"{fields}/VNIR_Cube"], file[f"{fields}/SWIR_Cube"] = counts[:, :3], counts[:, 3:]
        for part, nm in (("Vnir", NM[2::-1]), ("Swir", NM[:2:-1])):
            file.attrs[f"List_Cw_{part}"], file.attrs[f"List_Fwhm_{part}"] = nm, [9.0] * len(nm)
            file.attrs[f"L2Scale{part}Min"], file.attrs[f"L2Scale{part}Max"] = 0.0, 1.0
        file.attrs["Epsg_Code"] = 32616
        for corner, east, north in (("UL", 5e5, 4.4e6), ("LR", 5e5 + 150.0, 4.4e6 - 90.0)):
            file.attrs[f"Product_{corner}corner_easting"] = east
            file.attrs[f"Product_{corner}corner_northing"] = north
    return folder / "prisma.he5"


def write_enmap(folder: Path, cube: xr.DataArray) -> Path:
    write_cube(cube, folder / "ENMAP-SPECTRAL_IMAGE.TIF")
    bands = "".join(
        f'<bandID number="{number}"><wavelengthCenterOfBand>{nm}</wavelengthCenterOfBand>'
        "<FWHMOfBand>8.0</FWHMOfBand><GainOfBand>0.0001</GainOfBand><OffsetOfBand>0</OffsetOfBand></bandID>"
        for number, nm in enumerate(NM, start=1)
    )
    (folder / "ENMAP-METADATA.XML").write_text(f"<level_X><mission>EnMAP</mission>{bands}</level_X>")
    return folder / "ENMAP-METADATA.XML"


def write_desis(folder: Path, cube: xr.DataArray) -> Path:
    write_cube(cube, folder / "DESIS-SPECTRAL_IMAGE.tif")
    bands = "".join(
        f"<band><bandNumber>{number}</bandNumber><wavelengthCenterOfBand>{nm}</wavelengthCenterOfBand>"
        "<wavelengthWidthOfBand>3.5</wavelengthWidthOfBand></band>"
        for number, nm in enumerate(NM, start=1)
    )
    (folder / "DESIS-METADATA.xml").write_text(f"<hsi_doc><mission>DESIS</mission>{bands}</hsi_doc>")
    return folder / "DESIS-METADATA.xml"


def write_library(folder: Path, cube: xr.DataArray) -> Path:
    spectra = cube.values.reshape(5, 24).T
    header = {
        "wavelength": [str(nm) for nm in NM],
        "wavelength units": "Nanometers",
        "spectra names": [*map(str, range(24))],
    }
    spectral.io.envi.SpectralLibrary(spectra, header).save(str(folder / "library"))
    return folder / "library.sli"


UNNAMED_BANDS = (write_matlab, write_matlab_73, write_npy)
FORMATS = (
    write_envi, write_netcdf, write_zarr, write_geotiff, write_matlab, write_matlab_73, write_npy, write_npz,
    write_neon, write_emit, write_prisma, write_enmap, write_desis,
    write_library,
)  # fmt: skip


@pytest.fixture
def cases(tmp_path: Path, small_cube: xr.DataArray) -> list[list[Any]]:
    cases: list[list[Any]] = []
    for number, write in enumerate(FORMATS):
        folder = tmp_path / str(number)
        folder.mkdir()
        entry = write(folder, small_cube)
        cases.append([str(entry), NM if write in UNNAMED_BANDS else None])
    return cases


def test_whole_files_are_read(cases: list[list[Any]]) -> None:
    for entry, wavelengths in cases:
        read, shape = (read_spectral_library, (24, 5)) if entry.endswith(".sli") else (read_cube, (5, 4, 6))
        cube = read(entry, wavelengths=wavelengths)
        assert cube.shape == shape, entry
        np.testing.assert_allclose(cube.wavelength.values, NM, err_msg=entry)


def test_damaged_files_end_well(tmp_path: Path, cases: list[list[Any]], pytestconfig: pytest.Config) -> None:
    rounds = pytestconfig.getoption("--damages")
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path / "cases.json"), str(work), str(rounds)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout == ""
    assert done.stderr.count("now ") == rounds * len(cases)
