import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.cubes.response import gaussian_response, weigh_bands


def test_the_response_is_a_half_at_half_the_width() -> None:
    # exp(-4 ln 2 d²/w²): 1, 1/2 at w/2, 1/16 at w
    response = gaussian_response(np.array([0.0, 5.0, -10.0]), np.array([10.0, 10.0, 10.0]))
    np.testing.assert_allclose(response, [1, 1 / 2, 1 / 16])


def test_weights_of_a_target_add_up_to_one() -> None:
    weights = weigh_bands(np.array([490.0, 500, 510]), np.array([500.0, 495]), np.array([20.0, 40]))
    np.testing.assert_allclose(weights.sum(1), 1)
    np.testing.assert_allclose(weights[0], [1 / 4, 1 / 2, 1 / 4])


@pytest.mark.parametrize(
    ("centre", "width", "message"),
    [
        (500.0, -1.0, r"fwhm should be positive, in nm\. Found -1"),
        (390.0, 20.0, r"within 400 to 600 nm, the range of the source\. Found 390 nm"),
        (500.0, 20.0, r"within their full width at half maximum\. Found none near 500 nm"),
    ],
)
def test_a_target_that_the_source_says_nothing_about(centre: float, width: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        weigh_bands(np.array([400.0, 410, 590, 600]), np.array([centre]), np.array([width]))
