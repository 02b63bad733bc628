"""The settings of simulated images of leaves."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.simulate.plan import PlantSettings
from lrprism.spectral.simulate.traits import check_trait

LEAF_DEPTH: Final = 1.0
"""Depth of features that lie in part of an image only: with 0.5 the tutorial's network needs more samples."""
_SMALLEST, _LARGEST = 3, 512


@dataclass(frozen=True)
class LeafSettings:
    """Images of leaves, by default in the layout of the LRP tutorial.

    Args:
        planting: What is planted into the half of the leaf towards its tip.
        trait: Trait that tells the classes apart instead; then no feature is planted.
        window: Side of the images in pixels.
        bands: Number of bands, evenly spaced.
        first_nm: Wavelength of the first band in nm.
        last_nm: Wavelength of the last band in nm.

    Raises:
        InputError: If a setting is impossible.
    """

    planting: PlantSettings = field(default_factory=lambda: PlantSettings(classes=3, depth=LEAF_DEPTH))
    trait: str | None = None
    window: int = 25
    bands: int = 300
    first_nm: float = 387.12
    last_nm: float = 1023.5

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: If one is impossible.
        """
        check_trait(self.trait)
        if self.trait is not None and self.planting.blind:
            raise InputError(
                "a blind feature should be planted beside class features. Found classes that differ in "
                f"{self.trait}. Leave out one of the two."
            )
        if not _SMALLEST <= self.window <= _LARGEST:
            raise InputError(
                f"the window should be {_SMALLEST} to {_LARGEST} pixels wide. Found {self.window}. "
                "The tutorial has 25."
            )
        if self.bands < 2 or not self.first_nm < self.last_nm:
            raise InputError(
                f"bands should be 2 or more, from a shorter to a longer wavelength. Found {self.bands} from "
                f"{self.first_nm:g} to {self.last_nm:g} nm. The tutorial has 300 from 387.12 to 1023.5 nm."
            )

    @property
    def wavelengths(self) -> npt.NDArray[np.float64]:
        """Centre of each band in nm."""
        return np.linspace(self.first_nm, self.last_nm, self.bands)

    def parameters(self) -> dict[str, object]:
        """Return all settings by their names, without the class that groups them."""
        own = {name: value for name, value in vars(self).items() if name != "planting"}
        return {**vars(self.planting), **own}
