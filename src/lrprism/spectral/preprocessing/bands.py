"""Fewer bands, as layers: averaged pairs, and a choice of bands."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.axis import check_bands, times_matrix


@final
class AveragePairs(nn.Module):
    r"""Replace bands 2i and 2i+1 by their mean; the last of an odd number of bands is dropped.

    .. math:: y_i = \tfrac12 (x_{2i} + x_{2i+1}), \qquad
              R(x_{2i}) = \tfrac12 x_{2i} \frac{R(y_i)}{y_i} \text{ under LRP-0}

    Shapes: ``x``: ``[N, band, ...]``; ``y``: ``[N, band // 2, ...]``, in the same units.

    Args:
        bands: Number of bands of the input, at least 2.

    Raises:
        InputError: If there are fewer.

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
        weight[:, : bands // 2 * 2] = torch.kron(torch.eye(bands // 2), halves)
        self.register_buffer("weight", weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean of each pair of bands of ``x``, ``[N, band, ...]``."""
        check_bands("AveragePairs", x, self.weight.shape[1])
        return times_matrix(x, self.weight)


@final
class SelectBands(nn.Module):
    r"""Keep the chosen bands, in the given order: relevance goes back to them alone.

    .. math:: y_i = x_{c_i}, \qquad R(x_{c_i}) = R(y_i)

    Shapes: ``x``: ``[N, bands_in, ...]``; ``y``: ``[N, len(chosen), ...]``, in the same units.

    Args:
        bands_in: Number of bands of the input.
        chosen: Numbers of the bands to keep, from 0.

    Raises:
        InputError: If there is none, or one is out of range or stands there twice.

    Example:
        >>> SelectBands(4, [3, 0])(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
        tensor([[4., 1.]])
    """

    chosen: Tensor

    def __init__(self, bands_in: int, chosen: Sequence[int]) -> None:
        """Keep the numbers as a buffer.

        Raises:
            InputError: If there is none, or one is out of range or stands there twice.
        """
        super().__init__()
        found = [int(band) for band in chosen]
        if not found or len(set(found)) < len(found) or not set(found) <= set(range(bands_in)):
            raise InputError(
                f"chosen should be different band numbers in 0..{bands_in - 1}. "
                f"Found {', '.join(map(str, found)) or 'none'}. Bands count from 0."
            )
        self.bands_in = bands_in
        self.register_buffer("chosen", torch.tensor(found))

    def forward(self, x: Tensor) -> Tensor:
        """Return the chosen bands of ``x``, ``[N, band, ...]``."""
        check_bands("SelectBands", x, self.bands_in)
        return x.index_select(1, self.chosen)
