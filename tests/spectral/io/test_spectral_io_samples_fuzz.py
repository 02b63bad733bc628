"""Damaged spectra and patches of every format end in an error of ours or in samples."""

import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import spectral.io.envi

from lrprism.errors import LRPrismError
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.sample_registry import find_sample_format, read_samples
from tests.spectral.io.reading_damaged import damage_in_turn

ROUNDS = 24
NM = [400.0, 500.0, 600.0, 700.0]
NAMED = SampleOptions(wavelengths=NM)
JDX = """##TITLE=leaf
##JCAMP-DX=4.24
##DATA TYPE=INFRARED SPECTRUM
##XUNITS=NANOMETERS
##YUNITS=REFLECTANCE
##XFACTOR=1
##YFACTOR=0.5
##FIRSTX=400
##LASTX=700
##NPOINTS=4
##FIRSTY=0.5
##XYDATA=(X++(Y..Y))
400 1 2 3 4
##END=
"""
SIG = "/*** Spectra Vista SIG Data ***/\nname= leaf.sig\nunits= Radiance, Radiance\ndata=\n" + "".join(
    f"{nm}  1000.50  100.05  10.00\n" for nm in NM
)
SED = "Version: 2.3\nColumns [2]\nData:\nWvl\tReflect. %\n" + "".join(f"{nm}\t5.00\n" for nm in NM)
SPC = (
    struct.pack("<BBBbIddIBBBB", 0, 0x4B, 0, -128, 4, 400.0, 700.0, 1, 3, 129, 0, 0).ljust(512, b"\0")
    + struct.pack("<BBHfffIIf4x", 0, 0x80, 0, 0, 0, 0, 4, 1, 0)
    + np.array([0.1, 0.2, 0.3, 0.4], dtype="<f4").tobytes()
)


def build_table() -> pd.DataFrame:
    """Six spectra of two species."""
    values = np.linspace(0.1, 0.9, 24).reshape(6, 4)
    return pd.DataFrame({"species": list("abaabb"), **dict(zip(map(str, NM), values.T, strict=True))})


def write_csv(folder: Path) -> Path:
    build_table().to_csv(folder / "spectra.csv", index=False)
    return folder / "spectra.csv"


def write_parquet(folder: Path) -> Path:
    pytest.importorskip("pyarrow")
    build_table().to_parquet(folder / "spectra.parquet")
    return folder / "spectra.parquet"


def write_library(folder: Path) -> Path:
    names = {"wavelength units": "Nanometers", "spectra names": list("abcdef")}
    header = {"wavelength": list(map(str, NM)), **names}
    values = build_table().iloc[:, 1:].to_numpy(np.float32)
    spectral.io.envi.SpectralLibrary(values, header).save(str(folder / "spectra"))
    return folder / "spectra.sli"


def write_each(folder: Path, ending: str, content: bytes) -> Path:
    """One file of a single spectrum for each of two species, in folders named by these."""
    for species in ("a", "b"):
        (folder / "leaves" / species).mkdir(parents=True)
        (folder / "leaves" / species / f"leaf{ending}").write_bytes(content)
    return folder / "leaves"


def write_arrays(folder: Path) -> Path:
    np.save(folder / "patches.npy", np.ones((6, 3, 3, 4), np.float32))
    np.save(folder / "patches_labels.npy", np.arange(6) % 2)
    return folder / "patches.npy"


def write_patch_folder(folder: Path) -> Path:
    for species in ("a", "b"):
        (folder / "patches" / species).mkdir(parents=True)
        np.save(folder / "patches" / species / "leaf.npy", np.ones((3, 3, 4), np.float32))
    return folder / "patches"


def write_patches(folder: Path) -> Path:
    with h5py.File(folder / "patches.hdf5", "w") as file:
        file["train_img"], file["train_labels"] = np.ones((6, 3, 3, 4), np.float32), np.arange(6) % 2
    return folder / "patches.hdf5"


FORMATS: dict[str, tuple[Callable[[Path], Path], SampleOptions]] = {
    "csv": (write_csv, SampleOptions()),
    "parquet": (write_parquet, SampleOptions()),
    "library": (write_library, SampleOptions()),
    "jcamp": (lambda folder: write_each(folder, ".jdx", JDX.encode()), SampleOptions()),
    "spc": (lambda folder: write_each(folder, ".spc", SPC), SampleOptions()),
    "sig": (lambda folder: write_each(folder, ".sig", SIG.encode()), SampleOptions()),
    "sed": (lambda folder: write_each(folder, ".sed", SED.encode()), SampleOptions()),
    "arrays": (write_arrays, NAMED),
    "patch folder": (write_patch_folder, NAMED),
    "patch file": (write_patches, NAMED),
}


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_samples_are_samples_or_an_error_of_ours(tmp_path: Path, name: str) -> None:
    if name in {"jcamp", "spc"}:
        pytest.importorskip("jcamp" if name == "jcamp" else "spc_io")
    write, options = FORMATS[name]
    source = str(write(tmp_path))
    assert read(source, options) in {2, 6}
    files = [file for file in sorted(tmp_path.rglob("*")) if file.is_file()]
    for _ in damage_in_turn(files, ROUNDS):
        said = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(source, options)
        except LRPrismError as error:
            said = str(error)
        assert "\n" not in said


def read(source: str, options: SampleOptions) -> int:
    """Return the number of samples; a damaged file may have become one of another kind."""
    sample_format = find_sample_format(source)
    return 0 if sample_format is None else read_samples(source, sample_format, options).sizes["sample"]
