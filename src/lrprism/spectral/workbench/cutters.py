"""What cuts the patches of samples: out of one scene or several, or out of a patch file."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.spectral.cubes.cube import Scene, is_lazy
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.spectra import WindowStore
from lrprism.spectral.cubes.windows import cut_windows
from lrprism.spectral.workbench.scene_numbers import SceneNumbers

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


@final
@dataclass(frozen=True, eq=False)
class SceneCutter(AbstractCutter):
    """Windows of several scenes.

    Args:
        cutters: What cuts the windows of each scene.
        places: The numbers of all pixels.
        attrs: Title, attribution and assumptions of all scenes, in the place of those of each.
    """

    cutters: tuple[AbstractCutter, ...]
    places: SceneNumbers
    attrs: Mapping[str, Any]

    def __call__(self, numbers: Numbers) -> PatchSet:
        """Return the windows round some pixels, each with the name of its scene as coordinate ``scene``."""
        positions = [np.flatnonzero(self.places.find_scene(numbers) == n) for n in range(len(self.cutters))]
        within = self.places.count_within(numbers)
        pieces = [
            cutter(within[position])
            for cutter, position in zip(self.cutters, positions, strict=True)
            if len(position)
        ]
        # all have the bands of the first scene: coordinates along the samples alone are joined
        joined = xr.concat(pieces, "sample", coords="minimal", compat="override", combine_attrs="override")
        joined = joined.isel(sample=np.argsort(np.concatenate(positions)))
        joined.attrs.update(self.attrs)
        return joined.assign_coords(scene=("sample", self.places.name_of(numbers)))

    def hold(self, numbers: Numbers, folder: Path) -> Self:
        """Read the pixels of some windows of each scene."""
        scene, within = self.places.find_scene(numbers), self.places.count_within(numbers)
        held = (cutter.hold(within[scene == n], folder) for n, cutter in enumerate(self.cutters))
        return replace(self, cutters=tuple(held))
