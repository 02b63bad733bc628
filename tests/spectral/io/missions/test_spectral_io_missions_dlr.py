"""EnMAP and DESIS products: an image and its metadata."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.io.missions.dlr import read_desis, read_enmap

Reader = Callable[[Path], xr.DataArray]


def band_elements(band: str, fwhm: str) -> str:
    return "".join(
        f"<{band}><wavelengthCenterOfBand>{nm}</wavelengthCenterOfBand><{fwhm}>{width}</{fwhm}></{band}>"
        for nm, width in ((420.5, 7), (425.5, 8))
    )


ENMAP = band_elements("bandID", "FWHMOfBand")
DESIS = band_elements("band", "wavelengthWidthOfBand")
MISSIONS = [(read_enmap, ENMAP, "EnMAP L2A"), (read_desis, DESIS, "DESIS L2A")]


@pytest.mark.parametrize(("read", "bands", "title"), MISSIONS)
def test_values_bands_and_place(
    write_product: Callable[[str], Path], read: Reader, bands: str, title: str
) -> None:
    cube = read(write_product(bands))
    np.testing.assert_allclose(cube.values, [[[0.1, 0.2]], [[0.3, np.nan]]], rtol=1e-6)  # a 10000th each
    assert cube.wavelength.values.tolist() == [420.5, 425.5]
    assert cube.fwhm.values.tolist() == [7, 8]
    assert cube.x.values.tolist() == [5015, 5045]
    assert (cube.attrs["quantity"], cube.attrs["units"]) == ("reflectance", "1")
    assert cube.attrs["title"] == f"{title} X-SPECTRAL_IMAGE.tif"


@pytest.mark.parametrize(("read", "bands"), [mission[:2] for mission in MISSIONS])
def test_either_file_or_the_folder_may_be_named(
    write_product: Callable[[str], Path], read: Reader, bands: str
) -> None:
    folder = write_product(bands)
    for path in (folder / "X-METADATA.XML", folder / "X-SPECTRAL_IMAGE.tif"):
        assert read(path).identical(read(folder))


@pytest.mark.parametrize(("read", "bands"), [(read_enmap, DESIS), (read_desis, ENMAP)])
def test_bands_of_another_satellite_do_not_fit(
    write_product: Callable[[str], Path], read: Reader, bands: str
) -> None:
    with pytest.raises(DataError, match=r"each band in an element 'band(ID)?' with .* Found none"):
        read(write_product(bands))
