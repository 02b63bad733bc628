"""The data of a cell: planted spectra or patches, scaled, with the truth that is known of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evidence.cells import PATCHES, Cell
from evidence.pooling import Pooling, estimate_pooling
from evidence.settings import PATCH_SIZES, SPECTRA_SIZES
from evidence.training import Pair
from lrprism.spectral import simulate
from lrprism.spectral.simulate import PlantedData


@dataclass(frozen=True, eq=False)
class Problem:
    """What a network learns from and is explained on.

    Args:
        train: The training part.
        validation: The validation part: the best epoch and ``auto`` are chosen on it.
        test: The part that is explained.
        data: The planted data before scaling, with their truth.
        pooling: The width over which their bands vary together.
    """

    train: Pair
    validation: Pair
    test: Pair
    data: PlantedData
    pooling: Pooling

    @property
    def mask(self) -> Tensor:
        """The bands that carry the class, ``[band]``."""
        return torch.from_numpy(self.data.truth.bands)

    @property
    def wavelengths(self) -> Tensor:
        """Wavelengths in nm, ``[band]``."""
        return torch.from_numpy(self.data.wavelengths)

    @property
    def leaf(self) -> Tensor | None:
        """The share of leaf in each pixel of the test part, ``[N, y, x]``; None for spectra."""
        leaf = self.data.truth.leaf
        return None if leaf is None else torch.from_numpy(leaf[self.data.rows("test")])

    @property
    def mean(self) -> Tensor:
        """The training mean of each band in the network's input space, ``[1, band, 1, ...]``."""
        x = self.train.x
        return x.mean([axis for axis in range(x.dim()) if axis != 1], keepdim=True)


def make_problem(cell: Cell, **options: Any) -> Problem:
    """Return the data of a cell.

    Args:
        cell: The cell.
        **options: Further arguments of the generator: ``blind=True``, ``confounder="band"``.
    """
    if cell.network in PATCHES:
        data = simulate.planted_patches(**PATCH_SIZES, seed=cell.seed, **options)
    else:
        data = simulate.planted_spectra(**SPECTRA_SIZES, seed=cell.seed, **options)
    return scale(data, cell.scaling)


def scale(data: PlantedData, scaling: str) -> Problem:
    r"""Scale planted data by the deviation of the training part.

    .. math:: x'_b = \frac{x_b - m_b}{s_b} \text{ (standardised)}, \qquad x'_b = \frac{x_b}{s_b} \text{ (raw)}

    Args:
        data: The planted data.
        scaling: ``"standardised"`` or ``"raw"``.
    """
    x = data.select("train")[0].astype(np.float64)
    axes = tuple(axis for axis in range(x.ndim) if axis != 1)
    mean, deviation = x.mean(axes, keepdims=True), x.std(axes, keepdims=True)
    shift = mean if scaling == "standardised" else np.zeros_like(mean)

    def pair(part: str) -> Pair:
        values, classes = data.select(part)
        scaled: NDArray[np.float32] = ((values - shift) / deviation).astype(np.float32)
        return Pair(torch.from_numpy(scaled), torch.from_numpy(classes))

    return Problem(pair("train"), pair("validation"), pair("test"), data, estimate_pooling(data))
