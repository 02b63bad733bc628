"""Savitzky-Golay against a fit in fractions, and against scipy's filter where that is well-conditioned."""

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.signal import savgol_filter

from lrprism.errors import InputError
from lrprism.spectral.preprocessing import SavitzkyGolay

X = torch.rand(2, 20, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def in_float64(window: int, polyorder: int, deriv: int = 0, *, bands: int) -> SavitzkyGolay:
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return SavitzkyGolay(window, polyorder, deriv, bands=bands)
    finally:
        torch.set_default_dtype(default)


DOUBLE = in_float64(5, 2, bands=20)


def solve(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Return X of A X = B, both given side by side, by Gauss-Jordan."""
    for i in range(len(matrix)):
        matrix[i] = [value / matrix[i][i] for value in matrix[i]]
        for j in set(range(len(matrix))) - {i}:
            matrix[j] = [a - matrix[j][i] * b for a, b in zip(matrix[j], matrix[i], strict=True)]
    return [row[len(matrix) :] for row in matrix]


def fit_in_fractions(window: int, polyorder: int, deriv: int) -> npt.NDArray[np.float64]:
    """Solve the normal equations of the fit without rounding; ``[place evaluated, place in the window]``."""
    places = [Fraction(place - window // 2) for place in range(window)]
    powers = range(polyorder + 1)
    normal = [[sum(t ** (i + j) for t in places) for j in powers] + [t**i for t in places] for i in powers]
    fit = solve(normal)
    derivatives = [
        [math.perm(i, deriv) * t ** (i - deriv) for i in range(deriv, polyorder + 1)] for t in places
    ]
    return np.array(
        [
            [float(sum(a * row[c] for a, row in zip(terms, fit[deriv:], strict=True))) for c in range(window)]
            for terms in derivatives
        ]
    )


@pytest.mark.parametrize("window", [1, 3, 5, 7, 9, 11])
def test_every_weight_is_that_of_a_fit_without_rounding(window: int) -> None:
    for polyorder in range(window):
        for deriv in range(min(polyorder, 4) + 2):
            expected = fit_in_fractions(window, polyorder, deriv)
            # a row's weights are sums of terms no larger than its length: that is what they round against
            length = np.linalg.norm(expected, axis=1, keepdims=True)
            error = np.abs(in_float64(window, polyorder, deriv, bands=window).weight.numpy() - expected)
            assert (error <= 1e-15 * length).all(), (polyorder, deriv)


@pytest.mark.parametrize("bands", [11, 12, 20])
@pytest.mark.parametrize(("window", "polyorder"), [(3, 1), (5, 2), (7, 3), (11, 2), (1, 0)])
@pytest.mark.parametrize("deriv", [0, 1, 2])
def test_it_is_scipy_s_filter_up_to_the_edges(bands: int, window: int, polyorder: int, deriv: int) -> None:
    x = X[:, :bands]
    step = in_float64(window, polyorder, deriv, bands=bands)
    expected = savgol_filter(x.numpy(), window, polyorder, deriv=deriv, axis=1, mode="interp")
    np.testing.assert_allclose(step(x), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("deriv", [0, 1, 2, 8])
@pytest.mark.parametrize("bands", [9, 30])
def test_a_degree_as_high_as_the_window_allows_is_differentiated_as_by_hand(bands: int, deriv: int) -> None:
    # degree 8 goes through all nine bands of a window, so (band - 4)⁸ is met;
    # its derivative is 8!/(8 - d)! (band - 4)⁸⁻ᵈ
    band = torch.arange(bands, dtype=torch.float64)[:9] - 4
    step = in_float64(9, 8, deriv, bands=bands)
    expected = math.perm(8, deriv) * band ** (8 - deriv)
    padded = torch.cat([band**8, torch.zeros(bands - 9, dtype=torch.float64)])[None]
    torch.testing.assert_close(step(padded)[0, :5], expected[:5], rtol=1e-11, atol=1e-8)


def test_a_window_of_two_hundred_bands_is_the_identity_at_the_highest_degree() -> None:
    weight = in_float64(201, 200, bands=201).weight
    torch.testing.assert_close(weight, torch.eye(201, dtype=torch.float64), rtol=0, atol=1e-14)


def test_the_matrix_is_banded_but_for_the_edges() -> None:
    distance = (torch.arange(20)[:, None] - torch.arange(20)).abs()
    inner = DOUBLE.weight[2:-2]
    assert not bool(inner[distance[2:-2] > 2].any())
    assert not bool(DOUBLE.weight[:2, 5:].any())


def test_a_polynomial_of_the_degree_stays_as_it_is() -> None:
    band = torch.arange(20, dtype=torch.float64)
    parabola = (3 - band + 0.5 * band**2)[None]
    step = in_float64(7, 2, bands=20)
    torch.testing.assert_close(step(parabola), parabola, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("window", "polyorder", "deriv", "bands"),
    [(4, 2, 0, 20), (5, 5, 0, 20), (5, -1, 0, 20), (5, 2, -1, 20), (5, 2, 0, 4)],
)
def test_numbers_that_do_not_go_together_are_refused(
    window: int, polyorder: int, deriv: int, bands: int
) -> None:
    with pytest.raises(InputError, match=rf"^window should be odd .* Found window {window}, bands {bands}, "):
        SavitzkyGolay(window, polyorder, deriv, bands=bands)
