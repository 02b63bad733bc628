"""Samples of which only some bands are left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, final

from lrprism.spectral.cubes.bands import select_bands
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.workbench.cutters import AbstractCutter, Numbers
from lrprism.spectral.workbench.sources import Samples


@final
@dataclass(frozen=True, eq=False)
class BandCutter(AbstractCutter):
    """Patches with some of their bands.

    Args:
        cut: What cuts patches with all of them.
        bands: Positions of the bands to keep, in their new order.
    """

    cut: AbstractCutter
    bands: tuple[int, ...]

    def __call__(self, numbers: Numbers) -> PatchSet:
        """Return the patches of some samples."""
        return select_bands(self.cut(numbers), self.bands)

    def hold(self, numbers: Numbers, folder: Path) -> Self:
        """Return what cuts patches of these samples without reading the file again."""
        return replace(self, cut=self.cut.hold(numbers, folder))


def keep_bands(samples: Samples, bands: Sequence[int]) -> Samples:
    """Return the same samples with some of their bands; the scene or the file behind them keeps all.

    Args:
        samples: The samples.
        bands: Positions of the bands to keep, from 0, in their new order.
    """
    numbers = samples.band_numbers
    return replace(
        samples,
        cut=BandCutter(samples.cut, tuple(int(band) for band in bands)),
        band_numbers=None if numbers is None else numbers[list(bands)],
    )
