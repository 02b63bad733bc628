"""Wavelengths of bands, by name and satellite."""

import itertools

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.knowledge.sensors import SENSORS, look_up_bands


@pytest.mark.parametrize(
    ("text", "name", "centre"),
    [
        ("S2A_MSIL2A_20200101.tif", "B5", 704.1),
        ("COPERNICUS/S2_SR_HARMONIZED", "B5", 704.1),
        ("Sentinel-2", "B5", 704.1),
        ("S2B_MSIL2A_20200101.tif", "B5", 703.8),
        ("SENTINEL-2B", "B05", 703.8),
        ("LT05_L2SP_044034.tif", "SR_B5", 1675.5),
        ("LT50440341990001.tif", "B5", 1675.5),
        ("LANDSAT_5", "B5", 1675.5),
        ("stack_LE07.tif", "SR_B5", 1648.0),
        ("landsat 7", "b5", 1648.0),
        ("LC08_L1TP.tif", "B5", 864.67),
        ("LC09_L2SP.tif", "SR_B5", 864.67),
        ("LANDSAT_9", "B5", 864.67),
        ("HLS.L30.T33UVP.tif", "B05", 864.67),
        ("HLS.S30.T33UVP.tif", "B05", 704.1),
    ],
)
def test_band_5_of_each_satellite(text: str, name: str, centre: float) -> None:
    bands = look_up_bands([name], [text])
    assert bands is not None
    assert bands[0].tolist() == [centre]
    assert "from the names of the bands" in bands[2][0]


def test_every_band_of_every_satellite_is_found_with_its_width() -> None:
    for sensor in SENSORS:
        bands = look_up_bands(list(sensor.bands), [f"{sensor.code}_field.tif"])
        assert bands is not None
        np.testing.assert_array_equal(np.transpose(bands[:2]), list(sensor.bands.values()))


def test_no_two_satellites_are_taken_for_each_other() -> None:
    for sensor, other in itertools.permutations(SENSORS, 2):
        assert not sensor.mark.search(f"{other.code}_field.tif {other.name}")


def test_the_form_of_esa_alone_is_sentinel_2() -> None:
    bands = look_up_bands(["B02", "B8A"], ["field.tif"])
    assert bands is not None
    assert bands[0].tolist() == [492.7, 864.7]
    assert bands[2] == ("wavelengths are Sentinel-2A's, from the names of the bands",)


@pytest.mark.parametrize("names", [["B2", "red"], ["B0"], ["B13"], ["B123"], ["", "B2"], ["QA_B2"]])
def test_other_names_are_not_taken_for_bands(names: list[str]) -> None:
    assert look_up_bands(names, ["LC08.tif"]) is None


@pytest.mark.parametrize(("text", "satellites"), [
    ("field.tif", "none"), ("salt5_volt05.tif", "none"), ("Landsat 57", "none"),
    ("LC08_and_S2A.tif", "Sentinel-2A and Landsat 8 or 9"),
])  # fmt: skip
def test_bands_of_no_certain_satellite_are_refused(text: str, satellites: str) -> None:
    with pytest.raises(
        DataError,
        match=rf"bands B2, B3 should be those of one satellite.* Found {satellites} in the file's name and "
        "tags. Put one of S2A, S2B, LT05, LE07, LC08 into the file's name",
    ):
        look_up_bands(["B2", "B3"], [text])


def test_a_band_that_the_satellite_lacks_is_named() -> None:
    with pytest.raises(DataError, match=r"bands of Landsat 5 should be among B1, .*, B7. Found B8, B12"):
        look_up_bands(["B1", "B8", "B12"], ["LT05.tif"])
