"""ENVI spectral libraries: one written by the package spectral, and the real one in the package earthlib."""

import csv
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import spectral.io.envi

from lrprism.errors import DataError
from lrprism.spectral.io.formats.spectral_library import read_spectral_library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Three spectra of four channels; the value is 10 spectrum + channel."""
    values = np.arange(3)[:, None] * 10 + np.arange(4.0)
    header = {
        "wavelength": ["400", "500", "600", "700"],
        "wavelength units": "Nanometers",
        "fwhm": ["10", "10", "12", "12"],
        "spectra names": ["soil", "leaf", "snow"],
    }
    spectral.io.envi.SpectralLibrary(values, header).save(str(tmp_path / "few"))
    return tmp_path / "few.hdr"


def edit(header: Path, old: str, new: str) -> Path:
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))
    return header


def test_spectra_names_and_bands(library: Path) -> None:
    spectra = read_spectral_library(library)
    assert spectra.dims == ("spectrum", "band")
    assert spectra.dtype == np.float32
    assert spectra.values.tolist() == [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]
    assert spectra["name"].values.tolist() == ["soil", "leaf", "snow"]
    assert spectra["wavelength"].values.tolist() == [400, 500, 600, 700]
    assert spectra["fwhm"].values.tolist() == [10, 10, 12, 12]
    # 22.9 of 23 is the 99th percentile: no reflectance from 0 to 1
    assert spectra.attrs["assumed"] == [
        "values reach 22.89 and no scale factor is stated: they are not taken to be reflectance"
    ]
    assert (spectra.attrs["quantity"], spectra.attrs["units"]) == ("unknown", "unknown")
    assert spectra.attrs["source"] == "few.sli"


def test_scale_missing_values_names_and_given_wavelengths(library: Path) -> None:
    edit(library, "samples", "reflectance scale factor = 10\nsamples")
    edit(library, "data ignore value = NaN", "data ignore value = 12")
    edit(library, "spectra names", "other names")
    spectra = read_spectral_library(library.with_suffix(".sli"), wavelengths="1:4000")
    assert spectra.values[0].tolist() == [0, np.float32(0.1), np.float32(0.2), np.float32(0.3)]
    assert np.argwhere(np.isnan(spectra.values)).tolist() == [[1, 2]]
    assert spectra["name"].values.tolist() == ["0", "1", "2"]
    assert spectra["wavelength"].values.tolist() == [1, 1334, 2667, 4000]
    assert spectra.attrs["scale"] == 10
    assert spectra.attrs["quantity"] == "reflectance"


def test_floats_that_are_scaled_already_stay_so(tmp_path: Path) -> None:
    header = {"wavelength": ["400", "500"], "reflectance scale factor": "10000"}
    values = np.array([[0.25, 0.5], [0.75, 1.0]])
    spectral.io.envi.SpectralLibrary(values, header).save(str(tmp_path / "few"))
    spectra = read_spectral_library(tmp_path / "few.hdr")
    assert spectra.values.tolist() == values.tolist()
    assert any(
        "are taken as they are: divided by the scale factor 10000" in n for n in spectra.attrs["assumed"]
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bands = 1", "bands = 3", r"'bands' of the spectral library .* should be 1. Found 3. Use read_envi"),
        ("leaf ,", "", r"'spectra names' in .* should have 3 entries. Found 2"),
        ("lines = 3", "lines = 300000000000", r"bytes each. Found 48\."),
        ("samples = 4", "samples = 3", r"'wavelength' in .* 3 in all. Found 4"),
        ("Nanometers", "GHz", r"Found 'GHz'.*Found in '.*few.hdr'"),
        ("samples", "reflectance scale factor = 0\nsamples", r"should be a finite number other than 0"),
    ],
)
def test_a_damaged_library(library: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_spectral_library(edit(library, old, new))


def test_the_7261_spectra_of_earthlib() -> None:
    package = find_spec("earthlib")  # importing it would ask for a client of a cloud service
    if package is None or package.origin is None:
        pytest.skip("earthlib is not installed")
    data = Path(package.origin).parent / "data"
    spectra = read_spectral_library(data / "spectra.sli")
    assert spectra.shape == (7261, 180)
    np.testing.assert_allclose(spectra["wavelength"].values[[0, 1, -1]], [400, 410, 2450])
    with (data / "spectra.csv").open(newline="") as table:
        names = [row["NAME"] for row in csv.DictReader(table)]
    assert spectra["name"].values[:4248].tolist() == names[:4248]  # then the table spells some otherwise
    assert 0 <= float(spectra.min()) < float(spectra.max()) < 1.5
