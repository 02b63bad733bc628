"""Numbers of the pixels of several scenes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lrprism.spectral.splits.split import Numbers


@dataclass(frozen=True, eq=False)
class SceneNumbers:
    r"""Numbers of the pixels of several scenes, those of a scene after those of the scene before it.

    Pixel p of scene s has the number :math:`p + \sum_{t < s} n_t`, where scene t has :math:`n_t` pixels.

    Args:
        names: Name of each scene.
        sizes: Number of pixels of each scene, rows times columns.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]

    @cached_property
    def starts(self) -> Numbers:
        """The number of the first pixel of each scene."""
        return np.concatenate([[0], np.cumsum(self.sizes[:-1])]).astype(np.int64)

    def find_scene(self, numbers: Numbers) -> Numbers:
        """Return the position of the scene of each pixel.

        Args:
            numbers: Pixels among those of all scenes.
        """
        return np.searchsorted(self.starts, numbers, side="right").astype(np.int64) - 1

    def count_within(self, numbers: Numbers) -> Numbers:
        """Return the number of each pixel in its own scene, row * width + column.

        Args:
            numbers: Pixels among those of all scenes.
        """
        return numbers - self.starts[self.find_scene(numbers)]

    def name_of(self, numbers: Numbers) -> npt.NDArray[np.str_]:
        """Return the name of the scene of each pixel.

        Args:
            numbers: Pixels among those of all scenes.
        """
        return np.array(self.names)[self.find_scene(numbers)]

    def join(self, names: Sequence[str], numbers: Numbers) -> Numbers:
        """Return the numbers among those of all scenes.

        Args:
            names: Name of the scene of each pixel.
            numbers: Number of each pixel in its scene.
        """
        position = np.array([self.names.index(name) for name in names], dtype=np.int64)
        joined: Numbers = numbers + self.starts[position]
        return joined
