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


def with_gains(
    level: str, bands: str = "bandID", gain: str = "GainOfBand", offset: str = "OffsetOfBand"
) -> str:
    """Describe two bands of a level: gains 0.5 and 0.25, offsets -1 and 2."""
    width = "FWHMOfBand" if bands == "bandID" else "wavelengthWidthOfBand"
    elements = "".join(
        f"<{bands}><wavelengthCenterOfBand>{nm}</wavelengthCenterOfBand><{width}>7</{width}>"
        f"<{gain}>{scale}</{gain}><{offset}>{zero}</{offset}></{bands}>"
        for nm, scale, zero in ((420, 0.5, -1), (430, 0.25, 2))
    )
    return f"<base><level>{level}</level></base>{elements}"


@pytest.mark.parametrize(
    ("read", "words", "units"),
    [
        (read_enmap, ("bandID", "GainOfBand", "OffsetOfBand"), "W m-2 sr-1 nm-1"),
        (read_desis, ("band", "gainOfBand", "offsetOfBand"), "unknown"),
    ],
)
def test_level_1_is_radiance_with_gains_and_offsets(
    write_product: Callable[[str], Path], read: Reader, words: tuple[str, str, str], units: str
) -> None:
    cube = read(write_product(with_gains("L1C", *words)))
    # 1000 * 0.5 - 1, 2000 * 0.5 - 1; 3000 * 0.25 + 2
    np.testing.assert_array_equal(cube.values, [[[499, 999]], [[752, np.nan]]])
    assert (cube.attrs["quantity"], cube.attrs["units"], cube.attrs["scale"]) == ("radiance", units, 1.0)
    assert "L1C X-SPECTRAL_IMAGE" in cube.attrs["title"]


def test_the_level_in_the_name_counts_where_the_metadata_state_none(
    write_product: Callable[[str], Path],
) -> None:
    folder = write_product(with_gains("").replace("<level></level>", ""))
    for name in ("SPECTRAL_IMAGE.tif", "METADATA.XML"):
        (folder / f"X-{name}").rename(folder / f"ENMAP01-____L1C-DT01-{name}")
    assert read_enmap(folder).attrs["quantity"] == "radiance"


def test_gains_of_level_2_are_those_stated(write_product: Callable[[str], Path]) -> None:
    cube = read_enmap(write_product(with_gains("L2A")))
    assert cube.values[0].tolist() == [[499, 999]]
    assert cube.attrs["quantity"] == "reflectance"


def test_radiance_without_gains_is_refused(write_product: Callable[[str], Path]) -> None:
    with pytest.raises(DataError, match=r"should state 'GainOfBand' of each band, as level L1C is radiance"):
        read_enmap(write_product(f"<level>L1C</level>{ENMAP}"))


def test_the_mark_of_the_background_is_that_of_the_metadata(write_product: Callable[[str], Path]) -> None:
    cube = read_enmap(write_product(f"<backgroundValue>1000</backgroundValue>{ENMAP}"))
    assert np.argwhere(np.isnan(cube.values)).tolist() == [[0, 0, 0]]
