from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.io.spectra.spectrum import Spectrum, SpectrumFormat


def test_a_value_for_each_wavelength() -> None:
    with pytest.raises(lp.DataError, match=r"Found 2 wavelengths and 3 values\. Export"):
        Spectrum(np.array([450.0, 550.0]), np.zeros(3), "reflectance", "1")
    with pytest.raises(lp.DataError, match=r"finite values\. Found 1 others"):
        Spectrum(np.array([450.0, 550.0]), np.array([0.1, np.nan]), "reflectance", "1")


def test_a_format_reads_its_files(tmp_path: Path) -> None:
    spectrum = Spectrum(np.array([450.0, 550.0]), np.array([0.1, 0.2]), "reflectance", "1")
    assert SpectrumFormat("mine", (".mine",), lambda _: spectrum).read(tmp_path) is spectrum
