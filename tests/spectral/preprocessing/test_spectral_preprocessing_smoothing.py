"""Savitzky-Golay against scipy's filter."""

import numpy as np
import pytest
import torch
from scipy.signal import savgol_filter

from lrprism._errors import InputError
from lrprism.spectral.preprocessing import SavitzkyGolay

X = torch.rand(2, 20, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
DOUBLE = SavitzkyGolay(5, 2, bands=20).double()


@pytest.mark.parametrize("bands", [11, 12, 20])
@pytest.mark.parametrize(("window", "polyorder"), [(3, 1), (5, 2), (7, 3), (11, 2), (1, 0), (9, 8)])
@pytest.mark.parametrize("deriv", [0, 1, 2])
def test_it_is_scipy_s_filter_up_to_the_edges(bands: int, window: int, polyorder: int, deriv: int) -> None:
    x = X[:, :bands]
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        step = SavitzkyGolay(window, polyorder, deriv, bands=bands)
    finally:
        torch.set_default_dtype(default)
    expected = savgol_filter(x.numpy(), window, polyorder, deriv=deriv, axis=1, mode="interp")
    np.testing.assert_allclose(step(x), expected, rtol=1e-9, atol=1e-7 if polyorder == 8 else 1e-11)


def test_the_matrix_is_banded_but_for_the_edges() -> None:
    distance = (torch.arange(20)[:, None] - torch.arange(20)).abs()
    inner = DOUBLE.weight[2:-2]
    assert not bool(inner[distance[2:-2] > 2].any())
    assert not bool(DOUBLE.weight[:2, 5:].any())


def test_a_polynomial_of_the_degree_stays_as_it_is() -> None:
    band = torch.arange(20, dtype=torch.float64)
    parabola = (3 - band + 0.5 * band**2)[None]
    step = SavitzkyGolay(7, 2, bands=20).double()
    torch.testing.assert_close(step(parabola), parabola, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("window", "polyorder", "deriv", "bands"),
    [(4, 2, 0, 20), (5, 5, 0, 20), (5, -1, 0, 20), (5, 2, -1, 20), (5, 2, 0, 4)],
)
def test_numbers_that_do_not_go_together_are_refused(
    window: int, polyorder: int, deriv: int, bands: int
) -> None:
    with pytest.raises(InputError, match=rf"^window should be odd .* Found window {window}, bands {bands}, "):
        SavitzkyGolay(window, polyorder, deriv, bands=bands)
