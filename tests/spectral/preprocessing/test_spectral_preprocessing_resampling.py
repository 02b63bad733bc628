"""Resampling to another sensor: the response by hand, and what is refused."""

import math

import pytest
import torch

from lrprism.errors import InputError
from lrprism.spectral.preprocessing import Resample

SOURCE = torch.linspace(400, 1000, 121, dtype=torch.float64)


def test_the_response_is_half_at_half_the_width() -> None:
    """Source bands at the centre and half a width beside it weigh 1, 1/2 and 1/2, a whole width 1/16."""
    weight = Resample([500.0], [20.0], [480.0, 490.0, 500.0, 510.0, 520.0]).weight
    expected = torch.tensor([[1 / 16, 1 / 2, 1, 1 / 2, 1 / 16]])
    torch.testing.assert_close(weight, expected / expected.sum())


def test_a_flat_spectrum_stays_flat_and_a_line_gives_its_value_at_the_centre() -> None:
    step = Resample([550.0, 700.0], [10.0, 40.0], SOURCE)
    torch.testing.assert_close(step(torch.full((1, 121), 3.0).double()), torch.full((1, 2), 3.0).double())
    torch.testing.assert_close(step(SOURCE[None]), torch.tensor([[550.0, 700.0]], dtype=torch.float64))


def test_the_response_has_the_width_that_was_asked_for() -> None:
    weight = Resample([700.0], [50.0], SOURCE).weight[0]
    variance = float((weight * (SOURCE - 700) ** 2).sum())
    assert math.sqrt(8 * math.log(2) * variance) == pytest.approx(50, rel=1e-6)


@pytest.mark.parametrize(
    ("nm", "shown"), [([399.0, 500.0], "399"), ([500.0, 1000.5, 1200.0], "1000.5, 1200")]
)
def test_target_bands_outside_the_source_are_refused(nm: list[float], shown: str) -> None:
    words = rf"^target bands should lie within 400 to 1000 nm, .* Found {shown} nm\. Leave these bands out\.$"
    with pytest.raises(InputError, match=words):
        Resample(nm, [10.0] * len(nm), SOURCE)


def test_target_bands_in_a_gap_of_the_source_are_refused() -> None:
    words = r"should have a source band within .* Found none near 500 nm\. Leave out bands that lie in a gap"
    with pytest.raises(InputError, match=words):
        Resample([410.0, 500.0], [20.0, 20.0], [400.0, 410.0, 600.0])


def test_a_width_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match=r"^fwhm should be positive, in nm\. Found 0\. Take it from"):
        Resample([500.0], [0.0], SOURCE)


def test_a_width_for_each_target_band_is_asked_for() -> None:
    with pytest.raises(InputError, match="wavelength and fwhm should have as many numbers each"):
        Resample([500.0], [10.0, 10.0], SOURCE)
