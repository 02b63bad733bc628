"""The class of each pixel of the windows of a scene."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.preparation import SEGMENTATION, Preparation

_STEPS: Final = 4
"""Windows side by side lie a quarter of their side apart."""


@final
@dataclass(frozen=True, eq=False)
class PixelTargets:
    """The class of each pixel of the windows of a scene, which a network of a segmentation learns.

    Windows are numbered by their centre pixel, row * width + column, and lie inside the scene.

    Args:
        classes: Class of each pixel of the scene from 0, -1 where it has no label, ``[y, x]``.
        window: Side of the windows in pixels, odd.
    """

    classes: Numbers
    window: int

    def cut(self, numbers: Numbers) -> Numbers:
        """Return the classes of the pixels of some windows, ``[window, y, x]``.

        Args:
            numbers: The windows.
        """
        return self.classes.ravel()[self.locate(numbers)]

    def locate(self, numbers: Numbers) -> Numbers:
        """Return the numbers of the pixels of some windows, ``[window, y, x]``.

        Args:
            numbers: The windows.
        """
        steps = np.arange(self.window, dtype=np.int64) - self.window // 2
        offsets = steps[:, None] * self.classes.shape[1] + steps[None, :]
        return np.asarray(numbers[:, None, None] + offsets, dtype=np.int64)

    def list_labelled(self, numbers: Numbers) -> Numbers:
        """Return the numbers of the labelled pixels that lie in at least one of some windows, increasing.

        Args:
            numbers: The windows.
        """
        inside = np.zeros(self.classes.size, dtype=bool)
        for number in numbers:  # the pixels of all windows at once may be many times those of the scene
            inside[self.locate(number[None])] = True
        return np.flatnonzero(inside & (self.classes.ravel() >= 0)).astype(np.int64)

    @property
    def step(self) -> int:
        """Side of the squares of which each has one window, in pixels."""
        return max(1, self.window // _STEPS)

    def thin(self, numbers: Numbers) -> Numbers:
        """Choose windows that cover every pixel of these numbers, but not one round each.

        Of each square of :attr:`step` pixels the window whose centre is nearest to the middle of the square.

        Args:
            numbers: Labelled pixels, increasing.
        """
        row, column = np.divmod(numbers, self.classes.shape[1])
        square = row // self.step * self.classes.shape[1] + column // self.step
        middle = (self.step - 1) / 2
        distance = np.hypot(row % self.step - middle, column % self.step - middle)
        # by square, then by distance; of equal ones the first
        order = np.lexsort((distance, square))
        _, first = np.unique(square[order], return_index=True)
        chosen: npt.NDArray[np.int64] = np.sort(numbers[order[first]])
        return chosen


def read_pixels(labels: xr.DataArray, preparation: Preparation) -> PixelTargets | None:
    """Return the class of each pixel of a scene, where a network should learn it; None elsewhere.

    Args:
        labels: The label map of the scene, 0 where unlabelled, else 1 + the class.
        preparation: The preparation of the data, with the task and the window.
    """
    if preparation.task != SEGMENTATION:
        return None
    return PixelTargets(labels.values.astype(np.int64) - 1, preparation.window)


def check_has_pixels(source: str, preparation: Preparation) -> None:
    """Refuse spectra and patches where the class of each pixel should be learned.

    Args:
        source: Where they lie.
        preparation: The preparation of the data, with the task.

    Raises:
        InputError: If it should.
    """
    if preparation.task == SEGMENTATION:
        raise InputError(
            f"--task segmentation should get a scene with a label map, which classes each pixel. Found "
            f"spectra or patches in '{source}', with one class each. Give the scene, or leave out --task."
        )
