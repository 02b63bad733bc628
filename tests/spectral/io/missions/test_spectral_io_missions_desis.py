"""DESIS products: an image and its metadata."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.io.missions.desis import read_desis

BANDS = "".join(
    f"<band><wavelengthCenterOfBand>{nm}</wavelengthCenterOfBand><wavelengthWidthOfBand>{width}</wavelengthWidthOfBand></band>"
    for nm, width in ((420.5, 7), (425.5, 8))
)


def test_values_bands_and_place(write_product: Callable[[str], Path]) -> None:
    cube = read_desis(write_product(BANDS))
    np.testing.assert_allclose(cube.values, [[[0.1, 0.2]], [[0.3, np.nan]]], rtol=1e-6)  # a 10000th each
    assert cube.wavelength.values.tolist() == [420.5, 425.5]
    assert cube.fwhm.values.tolist() == [7, 8]
    assert cube.x.values.tolist() == [5015, 5045]
    assert (cube.attrs["quantity"], cube.attrs["units"]) == ("reflectance", "1")
    assert cube.attrs["title"] == "DESIS L2A X-SPECTRAL_IMAGE.tif"


def test_either_file_or_the_folder_may_be_named(write_product: Callable[[str], Path]) -> None:
    folder = write_product(BANDS)
    for path in (folder / "X-METADATA.XML", folder / "X-SPECTRAL_IMAGE.tif"):
        assert read_desis(path).identical(read_desis(folder))


def test_bands_of_another_satellite_do_not_fit(write_product: Callable[[str], Path]) -> None:
    folder = write_product(BANDS.replace("band>", "bandID>"))
    with pytest.raises(DataError, match=r"a value per band, 2 in all. Found shape \(0,\).*Found in '"):
        read_desis(folder)
