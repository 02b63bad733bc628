import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.plots.picture import choose_colour_bands, colour_picture, stretch


def test_bands_nearest_650_550_450_in_any_order() -> None:
    assert choose_colour_bands(np.array([455.0, 900.0, 640.0, 700.0, 548.0])) == ("RGB", (2, 4, 0))


def test_shortwave_sensor_gets_the_usual_false_colour() -> None:
    assert choose_colour_bands(np.array([860.0, 1200.0, 1640.0, 2190.0])) == ("false colour", (3, 2, 0))


def test_other_sensor_gets_false_colour_spread_over_its_bands() -> None:
    # six bands sorted: positions 5/6*6 = 5, 1/2*6 = 3, 1/6*6 = 1
    assert choose_colour_bands(np.array([905.0, 900.0, 910.0, 915.0, 920.0, 925.0])) == (
        "false colour",
        (5, 3, 0),
    )


def test_one_band_near_two_colours_is_not_used_twice() -> None:
    kind, bands = choose_colour_bands(np.array([600.0, 601.0, 602.0]))
    assert kind == "false colour"
    assert len(set(bands)) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_bands_are_shown_grey(count: int) -> None:
    picture = colour_picture(np.random.default_rng(0).random((count, 4, 5)), np.linspace(677.6, 700, count))
    assert picture.title == "grey 678 nm"
    assert picture.values.shape == (4, 5, 3)
    np.testing.assert_array_equal(picture.values[..., 0], picture.values[..., 2])


def test_title_says_which_wavelengths() -> None:
    patch = np.random.default_rng(0).random((3, 4, 4))
    assert colour_picture(patch, np.array([450.2, 549.0, 652.9])).title == "RGB 653/549/450 nm"


def test_stretch_by_hand() -> None:
    values = np.arange(101.0).reshape(101, 1, 1)  # percentiles 2 and 98 are 2 and 98
    stretched = stretch(values)[:, 0, 0]
    assert stretched[50] == pytest.approx(0.5)  # (50 - 2) / 96
    assert stretched[0] == 0
    assert stretched[100] == 1


def test_a_dark_leaf_beside_a_bright_plate_is_seen() -> None:
    values = np.full((10, 10, 3), 0.05)
    values[:2] = 0.9
    values[5:, :, 1] = 0.10
    picture = stretch(values, joint=True)
    assert picture[7, 5, 1] > 0.25  # (0.1 - 0.05) / 0.85 = 0.06 alone would be black
    assert picture.max() == 1.0


def test_a_picture_that_is_bright_enough_is_not_changed() -> None:
    values = np.linspace(0, 1, 101).reshape(101, 1, 1)
    np.testing.assert_allclose(stretch(values)[30, 0, 0], (0.30 - 0.02) / 0.96)


def test_one_range_for_all_channels_keeps_a_leaf_green() -> None:
    values = np.array([0.05, 0.12, 0.04]) + np.random.default_rng(0).normal(0, 0.01, (9, 9, 3))
    red, green, blue = stretch(values, joint=True).mean(axis=(0, 1))
    assert green > 2 * max(red, blue)
    red, green, blue = stretch(values).mean(axis=(0, 1))
    assert max(red, blue) > 0.7 * green  # a range for each: grey


def test_flat_channel_is_mid_grey() -> None:
    np.testing.assert_array_equal(stretch(np.full((3, 3, 2), 7.0)), 0.5)


def test_no_band() -> None:
    with pytest.raises(DataError, match=r"A picture should have at least one band\. Found none\."):
        choose_colour_bands(np.array([]))


def test_noise_on_an_even_patch_stays_faint() -> None:
    values = 100 + np.arange(101.0).reshape(101, 1, 1) / 100  # percentiles 100.02 and 100.98, middle 100.5
    stretched = stretch(values)[:, 0, 0]
    assert stretched[50] == pytest.approx(0.5)
    assert stretched[100] == pytest.approx(0.5 + 0.5 / (0.4 * 100.5))
