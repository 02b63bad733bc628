"""Pooling along wavelength as one matrix, so that it serves spectra and patches alike."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from lrprism.spectral.bands.pooling import build_box
from lrprism.spectral.bands.width import estimate_width
from lrprism.spectral.simulate import PlantedData

REACHES: Final = (0.6, 1.0, 1.4)
"""Distances of the continuum, as shares of the pooling width."""


@dataclass(frozen=True, eq=False)
class Pooling:
    """The width over which the bands of some data vary together, and the sum over it.

    Args:
        nm: The width in nm.
        bands: The width in bands.
        matrix: What sums relevance over it, ``[band, band]``; columns sum to one.
    """

    nm: float
    bands: float
    matrix: Tensor

    @property
    def reaches(self) -> tuple[int, ...]:
        """Distances of the continuum in bands: beyond a feature of this width on either side."""
        return tuple(max(1, round(share * self.bands)) for share in REACHES)

    def pool(self, relevance: Tensor) -> Tensor:
        """Return relevance summed over the width. Shapes: ``[N, band, ...]`` to the same."""
        return torch.einsum("bc,nc...->nb...", self.matrix.to(relevance), relevance)


def estimate_pooling(data: PlantedData) -> Pooling:
    """Return the pooling of the width that the training part implies; no truth is used.

    Args:
        data: Planted data, as measured.
    """
    x, y = data.select("train")
    spectra = x.reshape(*x.shape[:2], -1).mean(2)
    nm = estimate_width(spectra, data.wavelengths, y)
    step = float(np.diff(data.wavelengths).mean())
    return Pooling(nm, nm / step, torch.from_numpy(build_box(data.wavelengths, nm)))
