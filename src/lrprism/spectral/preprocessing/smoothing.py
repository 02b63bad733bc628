"""Savitzky-Golay smoothing and derivatives as a banded matrix."""

import math
from typing import Self, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.axis import check_bands, multiply_bands
from lrprism.spectral.preprocessing.step import AbstractStep, StepInput, read_whole_numbers


@final
class SavitzkyGolay(AbstractStep):
    r"""Fit a polynomial to a window around each band, and take its value or derivative there.

    .. math:: y_b = \sum_{c \in \mathrm{window}(b)} W_{bc} x_c, \qquad
              R(x_c) = x_c \sum_b W_{bc} \frac{R(y_b)}{y_b} \text{ under LRP-0}

    Within half a window of either end the polynomial of the first or last full window is evaluated, as by
    :func:`scipy.signal.savgol_filter` with ``mode="interp"``. The bands count as evenly spaced.

    Shapes: ``x``, ``y``: ``[N, band, ...]``, ``x`` in the data's units, ``y`` in those per band to the power
    of ``deriv``.

    Reference: Savitzky and Golay 1964, Analytical Chemistry 36(8).

    Args:
        window: Number of bands in the window, odd.
        polyorder: Degree of the polynomial, below ``window``.
        deriv: Which derivative to take; 0 smooths.
        bands: Number of bands of the input, at least ``window``.

    Example:
        >>> SavitzkyGolay(3, 1, bands=3)(torch.tensor([[0.0, 3.0, 3.0]]))
        tensor([[0.5000, 2.0000, 3.5000]])
    """

    weight: Tensor

    def __init__(self, window: int, polyorder: int, deriv: int = 0, *, bands: int) -> None:
        """Build the matrix.

        Raises:
            InputError: If the numbers do not go together.
        """
        super().__init__()
        if window % 2 == 0 or not 0 <= polyorder < window <= bands or deriv < 0:
            raise InputError(
                "window should be odd and at most bands, polyorder from 0 to window - 1, deriv at least 0. "
                f"Found window {window}, bands {bands}, polyorder {polyorder}, deriv {deriv}. "
                "Try window 11, polyorder 2."
            )
        matrix = torch.from_numpy(_build_matrix(window, polyorder, deriv, bands))
        self.register_buffer("weight", matrix.to(torch.get_default_dtype()))

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step from window, order and perhaps derivative: ``11:2``, ``11:2:1``."""
        numbers = read_whole_numbers(words, least=2, most=3, example="savgol:11:2 or savgol:11:2:1")
        return cls(*numbers, bands=data.bands)

    def forward(self, x: Tensor) -> Tensor:
        """Return the smoothed bands or derivatives of ``x``, ``[N, band, ...]``."""
        check_bands("SavitzkyGolay", x, self.weight.shape[1])
        return multiply_bands(x, self.weight)


def _build_matrix(window: int, polyorder: int, deriv: int, bands: int) -> npt.NDArray[np.float64]:
    """Return one row per band: the weights of its window, evaluated where the band lies in it."""
    weights = _solve_window(window, polyorder, deriv)
    matrix = np.zeros((bands, bands))
    for band in range(bands):
        # near either end the first or last full window, evaluated off its centre
        start = min(max(band - window // 2, 0), bands - window)
        matrix[band, start : start + window] = weights[band - start]
    return matrix


def _solve_window(window: int, polyorder: int, deriv: int) -> npt.NDArray[np.float64]:
    r"""Return the weights of a window for each place in it where the fitted polynomial is evaluated.

    .. math:: W_{sc} = \sum_{k} \frac{q_k^{(\mathrm{deriv})}(s) \, q_k(c)}{\sum_t q_k(t)^2}

    over the degrees up to ``polyorder``, with the Gram polynomials :math:`q_k`, which are orthogonal over
    the places of the window.

    Fitting powers of the place in floating point is ill-conditioned: at window 9 and degree 8 half of the
    digits are lost, and which ones depends on the processor. Here the polynomials are integers and each is
    divided by its norm only at the end, so a row is off by a few roundings of its own length at any degree.

    Shapes: ``[place evaluated, place in the window]``, both counted from the first band of the window.

    Reference: Gorry 1990, Analytical Chemistry 62(6).
    """
    basis = _build_gram_polynomials(window, polyorder, deriv)
    # the norm to 64 bits behind the point: the integers outgrow a float, their quotient does not
    norms = [math.isqrt(sum(value * value for value in values) << 128) for values in basis[:, 0]]
    scaled = basis[:, [0, deriv]] * 2**64
    values, derivatives = np.array(
        [[[value / norm for value in row] for row in rows] for rows, norm in zip(scaled, norms, strict=True)]
    ).swapaxes(0, 1)
    weights: npt.NDArray[np.float64] = derivatives.T @ values
    return weights


def _build_gram_polynomials(window: int, degree: int, deriv: int) -> npt.NDArray[np.object_]:
    """Return each Gram polynomial up to ``degree`` and its derivatives, as Python's unbounded integers.

    The recurrence is that of the discrete Chebyshev polynomials, times k! to keep the derivatives integers:
    ``q[k + 1] = (2 k + 1) 2 t q[k] - k² (window² - k²) q[k - 1]`` for the places ``t`` around the centre.

    Shapes: ``[degree + 1, deriv + 1, window]``.
    """
    places = np.array([2 * (place - window // 2) for place in range(window)], dtype=object)
    basis = np.full((degree + 1, deriv + 1, window), 0, dtype=object)
    basis[0, 0] = 1
    for k in range(degree):
        for order in range(deriv + 1):
            # the product rule: (2 t q)' is 2 t q' + 2 q
            grown = places * basis[k, order] + (2 * order * basis[k, order - 1] if order else 0)
            before = k * k * (window * window - k * k) * basis[k - 1, order] if k else 0
            basis[k + 1, order] = (2 * k + 1) * grown - before
    return basis
