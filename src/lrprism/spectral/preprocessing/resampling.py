"""The bands of another sensor, simulated from many narrow ones."""

from collections.abc import Sequence
from typing import Final, Self, final

import numpy as np
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.spectral.cubes.response import weigh_bands
from lrprism.spectral.cubes.wavelengths import read_response
from lrprism.spectral.knowledge.sensors import SENSORS
from lrprism.spectral.preprocessing.axis import (
    Numbers,
    as_numbers,
    check_bands,
    check_same_length,
    multiply_bands,
)
from lrprism.spectral.preprocessing.step import AbstractStep, StepInput, Wavelengths, replace_bands

SATELLITES: Final = {sensor.name.partition(" or ")[0].lower().replace(" ", "-"): sensor for sensor in SENSORS}
"""Sensors whose bands can be simulated, by the name of their satellite, e.g. "sentinel-2a"."""


@final
class Resample(AbstractStep):
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

    Example:
        >>> Resample([500.0], [20.0], [490.0, 500.0, 510.0]).weight
        tensor([[0.2500, 0.5000, 0.2500]])
    """

    weight: Tensor

    def __init__(self, wavelength: Numbers, fwhm: Numbers, source: Numbers) -> None:
        """Build the matrix."""
        super().__init__()
        centre, width = as_numbers("wavelength", wavelength), as_numbers("fwhm", fwhm)
        source_nm = as_numbers("source", source)
        check_same_length(("wavelength", centre), ("fwhm", width))
        weight = weigh_bands(*(numbers.double().numpy() for numbers in (source_nm, centre, width)))
        self.wavelength = np.asarray(wavelength, dtype=np.float64)  # no buffer: it is not saved
        self.register_buffer("weight", torch.from_numpy(weight).to(source_nm.dtype))

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step from a satellite or from bands, such as ``500/20:700/30``, centre and FWHM in nm."""
        source = data.require_wavelengths("resample")
        # the data decide which bands of a satellite can be simulated
        if words in SATELLITES:
            response = _select_covered(words, source)
        else:
            response = np.array([[float(number) for number in band.split("/")] for band in words.split(":")])
        centre, width = response.T.tolist()
        return cls(centre, width, source.tolist())

    @classmethod
    def resolve_words(cls, words: str) -> str:
        """Return the bands in a response file as words; a satellite stays as it is.

        Raises:
            InputError: If there is neither.
            DataError: If the file cannot be read.
        """
        if words in SATELLITES:
            return words
        if not words:
            raise InputError(
                f"resample should say to which bands. Found none. Give one of {', '.join(SATELLITES)}, or a "
                "file with a line per band: centre and FWHM in nm."
            )
        return ":".join(f"{centre:g}/{width:g}" for centre, width in read_response(words))

    def output_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape with the target bands."""
        return replace_bands(shape, len(self.wavelength))

    def output_wavelengths(self, wavelength: Wavelengths) -> Wavelengths:  # noqa: ARG002 - the target's own
        """Return the centres of the target bands in nm."""
        return self.wavelength

    def forward(self, x: Tensor) -> Tensor:
        """Return the target bands of ``x``, ``[N, source band, ...]``."""
        check_bands("Resample", x, self.weight.shape[1])
        return multiply_bands(x, self.weight)


def _select_covered(satellite: str, source: Wavelengths) -> Wavelengths:
    """Return centre and FWHM of the bands of a satellite that the source covers, ``[band, 2]``.

    Raises:
        InputError: If it covers none.
    """
    # by the centre alone: the flank of a band may reach beyond the data
    table = np.array(list(SATELLITES[satellite].bands.values()))
    nearest = np.abs(source - table[:, :1]).min(1)
    covered = (table[:, 0] >= source.min()) & (table[:, 0] <= source.max()) & (nearest <= table[:, 1])
    if not covered.any():
        raise InputError(
            f"the data should cover a band of {satellite}. Found {source.min():g} to {source.max():g} nm. "
            "Leave out resample."
        )
    return np.asarray(table[covered])
