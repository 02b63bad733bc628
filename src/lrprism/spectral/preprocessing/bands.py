"""Fewer bands, as layers: averaged pairs, and a choice of bands."""

from collections.abc import Sequence
from typing import Self, final

import numpy as np
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.spectral.cubes.bands import parse_bands
from lrprism.spectral.preprocessing.axis import check_bands, multiply_bands
from lrprism.spectral.preprocessing.step import (
    AbstractStep,
    StepInput,
    Wavelengths,
    check_no_words,
    replace_bands,
)


@final
class AveragePairs(AbstractStep):
    r"""Replace bands 2i and 2i+1 by their mean; the last of an odd number of bands is dropped.

    .. math:: y_i = \tfrac12 (x_{2i} + x_{2i+1}), \qquad
              R(x_{2i}) = \tfrac12 x_{2i} \frac{R(y_i)}{y_i} \text{ under LRP-0}

    Shapes: ``x``: ``[N, band, ...]``; ``y``: ``[N, band // 2, ...]``, in the same units.

    Args:
        bands: Number of bands of the input, at least 2.

    Example:
        >>> AveragePairs(3)(torch.tensor([[1.0, 3.0, 7.0]]))
        tensor([[2.]])
    """

    weight: Tensor

    def __init__(self, bands: int) -> None:
        """Build the matrix.

        Raises:
            InputError: If there are fewer than two bands.
        """
        super().__init__()
        if bands < 2:
            raise InputError(
                f"pairs need at least 2 bands. Found {bands}. Leave this step out to keep the bands."
            )
        halves = torch.full((1, 2), 0.5)
        weight = torch.zeros(bands // 2, bands)
        # the column of an odd band stays zero
        weight[:, : bands // 2 * 2] = torch.kron(torch.eye(bands // 2), halves)
        self.register_buffer("weight", weight)

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step, which takes no words and is not fitted."""
        check_no_words(words)
        return cls(data.bands)

    def output_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape with half as many bands."""
        return replace_bands(shape, shape[1] // 2)

    def output_wavelengths(self, wavelength: Wavelengths) -> Wavelengths:
        """Return the mean of each pair, in nm."""
        stop = len(wavelength) // 2 * 2  # without the last of an odd number
        return np.asarray(wavelength[:stop].reshape(-1, 2).mean(axis=1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean of each pair of bands of ``x``, ``[N, band, ...]``."""
        check_bands("AveragePairs", x, self.weight.shape[1])
        return multiply_bands(x, self.weight)


@final
class SelectBands(AbstractStep):
    r"""Keep the chosen bands, in the given order: relevance goes back to them alone.

    .. math:: y_i = x_{c_i}, \qquad R(x_{c_i}) = R(y_i)

    Shapes: ``x``: ``[N, bands_in, ...]``; ``y``: ``[N, len(chosen), ...]``, in the same units.

    Args:
        bands_in: Number of bands of the input.
        chosen: Numbers of the bands to keep, from 0.

    Example:
        >>> SelectBands(4, [3, 0])(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
        tensor([[4., 1.]])
    """

    chosen: Tensor

    def __init__(self, bands_in: int, chosen: Sequence[int]) -> None:
        """Keep the numbers as a buffer.

        Raises:
            InputError: If there is none, or one is out of range or named twice.
        """
        super().__init__()
        bands = [int(band) for band in chosen]
        if not bands or len(set(bands)) < len(bands) or not set(bands) <= set(range(bands_in)):
            raise InputError(
                f"chosen should be different band numbers in 0..{bands_in - 1}. "
                f"Found {', '.join(map(str, bands)) or 'none'}. Bands count from 0."
            )
        self.bands_in = bands_in  # no buffer: files of weights hold the numbers of the bands alone
        self.register_buffer("chosen", torch.tensor(bands))

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step from the bands to keep, such as ``0:3:10-20``."""
        # commas separate steps, so colons separate bands
        return cls(data.bands, parse_bands(words.replace(":", ",")))

    def output_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape with the chosen bands alone."""
        return replace_bands(shape, len(self.chosen))

    def output_wavelengths(self, wavelength: Wavelengths) -> Wavelengths:
        """Return those of the chosen bands, in nm."""
        return np.asarray(wavelength[self.chosen.cpu().numpy()])

    def forward(self, x: Tensor) -> Tensor:
        """Return the chosen bands of ``x``, ``[N, band, ...]``."""
        check_bands("SelectBands", x, self.bands_in)
        return x.index_select(1, self.chosen)
