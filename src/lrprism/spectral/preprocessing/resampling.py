"""The bands of another sensor, simulated from many narrow ones."""

import math
from collections.abc import Sequence
from typing import TypeAlias, final

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.axis import (
    Numbers,
    check_bands,
    check_same_length,
    numbers,
    times_matrix,
)

Wavelengths: TypeAlias = Sequence[float] | Tensor
"""Centre wavelengths in nm, one per band."""

_SIGMAS_PER_FWHM = 2 * math.sqrt(2 * math.log(2))


@final
class Resample(nn.Module):
    r"""Average source bands by the Gaussian response of each band of a target sensor.

    .. math:: y_k = \sum_b W_{kb} x_b, \quad
              W_{kb} = \frac{G_{kb}}{\sum_c G_{kc}}, \quad
              G_{kb} = \exp\Bigl(-\frac{(\lambda_b - \lambda_k)^2}{2 \sigma_k^2}\Bigr), \quad
              \sigma_k = \frac{\mathrm{FWHM}_k}{2 \sqrt{2 \ln 2}}

    Each row adds up to 1, so that a flat spectrum stays as it is. Under LRP-0,
    :math:`R(x_b) = x_b \sum_k W_{kb} R(y_k) / y_k`.

    Shapes: ``x``: ``[N, source band, ...]``; ``y``: ``[N, target band, ...]``, in the same units.

    Args:
        wavelength: Centres of the target bands in nm.
        fwhm: Full width at half maximum of each target band in nm, positive.
        source: Centres of the source bands in nm.

    Raises:
        InputError: If a target band lies outside the range of the source or in a gap of it, or a width is not
            positive, or the numbers do not belong together.

    Example:
        >>> Resample([500.0], [20.0], [490.0, 500.0, 510.0]).weight
        tensor([[0.2500, 0.5000, 0.2500]])
    """

    weight: Tensor

    def __init__(self, wavelength: Wavelengths, fwhm: Numbers, source: Wavelengths) -> None:
        """Build the matrix."""
        super().__init__()
        centre, width = numbers("wavelength", wavelength), numbers("fwhm", fwhm)
        known = numbers("source", source)
        check_same_length(("wavelength", centre), ("fwhm", width))
        _check_covered(centre.double(), width.double(), known.double())
        sigma = width.double()[:, None] / _SIGMAS_PER_FWHM
        response = torch.exp(-((known.double() - centre.double()[:, None]) ** 2) / (2 * sigma**2))
        weight = response / response.sum(1, keepdim=True)
        self.register_buffer("weight", weight.to(known.dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Return the target bands of ``x``, ``[N, source band, ...]``."""
        check_bands("Resample", x, self.weight.shape[1])
        return times_matrix(x, self.weight)


def _check_covered(centre: Tensor, width: Tensor, known: Tensor) -> None:
    """Refuse target bands that the source says nothing about.

    Raises:
        InputError: If there is one, or a width is not positive.
    """
    if not bool((width > 0).all()):
        raise InputError(
            f"fwhm should be positive, in nm. Found {width.min():g}. Take it from the sensor's manual."
        )
    outside = (centre < known.min()) | (centre > known.max())
    if bool(outside.any()):
        found = ", ".join(f"{nm:g}" for nm in centre[outside].tolist())
        raise InputError(
            f"target bands should lie within {known.min():g} to {known.max():g} nm, the range of the source. "
            f"Found {found} nm. Leave these bands out."
        )
    apart = (known - centre[:, None]).abs().amin(1)
    if bool((apart > width).any()):
        found = ", ".join(f"{nm:g}" for nm in centre[apart > width].tolist())
        raise InputError(
            "target bands should have a source band within their full width at half maximum. "
            f"Found none near {found} nm. Leave out bands that lie in a gap of the source."
        )
