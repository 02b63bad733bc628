"""What cuts the patches of samples: out of a scene, or out of a patch file."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.cubes.cube import Scene, is_lazy
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.spectra import WindowStore
from lrprism.spectral.cubes.windows import cut_windows

Numbers = npt.NDArray[np.int64]


class AbstractCutter(ABC):
    """What cuts patches."""

    @abstractmethod
    def __call__(self, numbers: Numbers) -> PatchSet:
        """Return the patches of some samples, in their order."""

    @abstractmethod
    def hold(self, numbers: Numbers, folder: Path) -> Self:
        """Return what cuts patches of these samples without reading the file again."""


@final
@dataclass(frozen=True, eq=False)
class WindowCutter(AbstractCutter):
    """Windows of a scene.

    Args:
        scene: The scene, its bands prepared.
        window: Side of the windows in pixels.
        store: Spectra that were read before; None where each window is read when it is asked for.
        labelled: Whether all pixels must have a label.
    """

    scene: Scene
    window: int
    store: WindowStore | None = None
    labelled: bool = True

    def __call__(self, numbers: Numbers) -> PatchSet:
        """Return the windows round some pixels."""
        return cut_windows(self.scene, self.window, pixels=numbers, labelled=self.labelled, store=self.store)

    def hold(self, numbers: Numbers, folder: Path) -> Self:
        """Read the pixels of some windows; of a scene in memory nothing is copied."""
        if not is_lazy(self.scene.cube.data):
            return self
        centres = np.stack(np.unravel_index(numbers, self.scene.labels.shape), axis=1)
        return replace(self, store=WindowStore(self.scene.cube, centres, self.window, folder))


@final
@dataclass(frozen=True, eq=False)
class PatchCutter(AbstractCutter):
    """Patches of a file.

    Args:
        patches: All of them.
    """

    patches: PatchSet

    def __call__(self, numbers: Numbers) -> PatchSet:
        """Return the patches at some positions."""
        return self.patches.isel(sample=numbers)

    def hold(self, numbers: Numbers, folder: Path) -> Self:
        """Return the same: the patches are in memory."""
        del numbers, folder
        return self
