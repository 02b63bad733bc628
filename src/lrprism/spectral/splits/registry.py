"""The ways to split by their names on the command line."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, final

import numpy.typing as npt
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.splits.blocks import checkerboard, disjoint_blocks
from lrprism.spectral.splits.contiguous import contiguous_cut
from lrprism.spectral.splits.groups import group_split
from lrprism.spectral.splits.random_split import random_split
from lrprism.spectral.splits.regions import connected_regions, region_split
from lrprism.spectral.splits.split import Split


@final
@dataclass(frozen=True)
class SplitScheme:
    """A way to split as the command line knows it.

    Args:
        name: Its name.
        help: One line for a list of schemes.
        split_scene: Function of the label map of a scene, ``[y, x]``, and options; None if it splits samples
            without regard to the place of their windows.
        split_samples: Function of the class of each sample and options; None if it needs a scene.
    """

    name: str
    help: str
    split_scene: Callable[..., Split] | None = None
    split_samples: Callable[..., Split] | None = None

    @property
    def options(self) -> frozenset[str]:
        """Names of the options, such as ``block``, that the scheme takes of a scene or of samples."""
        functions = [function for function in (self.split_scene, self.split_samples) if function is not None]
        return frozenset(name for function in functions for name in _list_options(function))

    def split(self, labels: xr.DataArray | npt.ArrayLike, **options: Any) -> Split:
        """Split a scene or a list of samples.

        Args:
            labels: The label map of a scene, 0 where unlabelled, else 1 + the class; or the class of each
                sample, from 0.
            **options: ``seed``, ``test_fraction``, ``guard``, ``block``, ``groups`` and others; those that
                the scheme does not take are left out.

        Returns:
            The split, in numbers of pixels or of samples.

        Raises:
            InputError: If the scheme is not one for such data, or an option is impossible.
            DataError: If one part would be empty.
        """
        is_scene = isinstance(labels, xr.DataArray)
        function = self.split_scene if is_scene else self.split_samples
        if function is None:
            raise InputError(
                f"the split '{self.name}' should get {'a list of classes' if is_scene else 'a label map'}. "
                f"Found {'a label map' if is_scene else 'a list of classes'}. Choose another split."
            )
        return function(
            labels, **{name: options[name] for name in _list_options(function) if name in options}
        )


def _list_options(function: Callable[..., Split]) -> list[str]:
    # all but the labels
    return list(inspect.signature(function).parameters)[1:]


def _split_fields(labels: xr.DataArray, *, guard: int, seed: int, test_fraction: float = 0.5) -> Split:
    regions = connected_regions(labels)  # a field is a connected region of one class
    return region_split(labels, regions, guard=guard, seed=seed, test_fraction=test_fraction)


def _split_group_map(
    labels: xr.DataArray, groups: npt.ArrayLike, *, guard: int, seed: int, test_fraction: float = 0.5
) -> Split:
    return region_split(labels, groups, guard=guard, seed=seed, test_fraction=test_fraction)


SCHEMES: Final[dict[str, SplitScheme]] = {
    scheme.name: scheme
    for scheme in (
        SplitScheme("blocks", "square blocks, dealt out by a search", disjoint_blocks),
        SplitScheme(
            "checkerboard", "the dark squares for training, the light ones for testing", checkerboard
        ),
        SplitScheme("contiguous", "one straight cut", contiguous_cut),
        SplitScheme("regions", "whole fields: connected regions of the label map", _split_fields),
        SplitScheme(
            "groups", "whole plants, fields or days, which a file names", _split_group_map, group_split
        ),
        SplitScheme("random", "samples at random, whose windows overlap", split_samples=random_split),
    )
}
"""Every scheme by its name. Windows of a scene share no pixel between the parts, but those of "random" do."""
