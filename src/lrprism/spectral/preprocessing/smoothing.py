"""Savitzky-Golay smoothing and derivatives as a banded matrix."""

from typing import final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lrprism._errors import InputError
from lrprism.spectral.preprocessing.axis import check_bands, times_matrix


@final
class SavitzkyGolay(nn.Module):
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

    Raises:
        InputError: If the numbers do not go together.

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
        matrix = torch.from_numpy(_matrix(window, polyorder, deriv, bands))
        self.register_buffer("weight", matrix.to(torch.get_default_dtype()))

    def forward(self, x: Tensor) -> Tensor:
        """Return the smoothed bands or derivatives of ``x``, ``[N, band, ...]``."""
        check_bands("SavitzkyGolay", x, self.weight.shape[1])
        return times_matrix(x, self.weight)


def _matrix(window: int, polyorder: int, deriv: int, bands: int) -> npt.NDArray[np.float64]:
    """One row per band: the weights of its window, evaluated where the band lies in it."""
    from scipy.signal import savgol_coeffs  # late: it imports all of scipy.stats

    matrix = np.zeros((bands, bands))
    for band in range(bands):
        start = min(max(band - window // 2, 0), bands - window)
        matrix[band, start : start + window] = savgol_coeffs(
            window, polyorder, deriv=deriv, pos=band - start, use="dot"
        )
    return matrix
