import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.bands.zone_sets import correlation_zones, index_zones, sensor_zones


def test_bands_of_a_sensor() -> None:
    zones = sensor_zones("sentinel-2a")
    ((low, high),) = zones["B05"]
    assert low < 705 < high
    assert sensor_zones("S2A") == zones
    assert sensor_zones("landsat 9") == sensor_zones("Landsat 8 or 9")
    with pytest.raises(lp.InputError, match=r"a sensor should be one of Sentinel-2A.*Found 'Hyperion'"):
        sensor_zones("Hyperion")


def test_indices_by_the_bands_that_they_need() -> None:
    # red and near infrared alone
    assert list(index_zones([670.0, 800.0])) == ["NDVI"]
    assert index_zones([500.0]) == {}
    # 690 nm, the end of red, lies inside; 691 nm does not
    assert list(index_zones([690.0, 800.0])) == ["NDVI"]
    assert index_zones([691.0, 800.0]) == {}
    (red, nir) = index_zones(np.arange(400.0, 2500.0, 10))["NDVI"]
    assert (red[0], nir[0]) == (620, 760)


def test_bands_that_vary_together_are_one_zone() -> None:
    rng = np.random.default_rng(0)
    # bands 0, 1, 2 and 4 follow one source, 3 and 5 another, 6 none
    source = rng.normal(size=(50, 2))
    spectra = source[:, [0, 0, 0, 1, 0, 1, 1]] + 0.05 * rng.normal(size=(50, 7))
    spectra[:, 6] = rng.normal(size=50)
    zones = correlation_zones(spectra, [400.0, 410.0, 420.0, 430.0, 440.0, 450.0, 460.0])
    assert list(zones) == ["group 1: 400-420, 440 nm", "group 2: 430, 450 nm"]
    assert np.flatnonzero(zones["group 1: 400-420, 440 nm"]).tolist() == [0, 1, 2, 4]


def test_the_name_of_a_scattered_group_is_short() -> None:
    spectra = np.random.default_rng(1).normal(size=(30, 10))
    spectra[:, ::2] = spectra[:, :1]
    assert list(correlation_zones(spectra, np.arange(400.0, 500.0, 10))) == [
        "group 1: 400, 420, 440 and 2 more nm"
    ]


def test_spectra_that_do_not_tell() -> None:
    x = np.random.default_rng(2).normal(size=(9, 3))
    with pytest.raises(lp.DataError, match=r"at least 10 spectra: in fewer they do so by chance\. Found 9"):
        correlation_zones(x, [1, 2, 3])
    with pytest.raises(lp.InputError, match=r"Found 3 bands and wavelengths of shape \(2,\)"):
        correlation_zones(np.vstack([x, x]), [1, 2])
    # constant bands vary with nothing
    assert correlation_zones(np.ones((12, 3)), [400, 410, 420]) == {}
