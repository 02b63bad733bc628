"""Split a scene by one straight cut."""

from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.splits.guard import Mask, build_scene_split, check_guard, mark_usable
from lrprism.spectral.splits.search import rate_parts
from lrprism.spectral.splits.split import Split, check_fraction

CutAxis: TypeAlias = Literal["auto", "y", "x"]
"""Axis across which the scene is cut."""

_AXES: Final = {"y": "row", "x": "column"}


def contiguous_cut(
    labels: xr.DataArray, *, guard: int, test_fraction: float = 0.5, axis: CutAxis = "auto"
) -> Split:
    r"""Cut a scene straight through: the near side is for training, the far side for testing.

    With the cut before line p, training lines end at :math:`p - 1 - \text{guard}` and test lines begin at
    :math:`p + \text{guard}`, so that windows of radius ``guard`` share no pixel. The cut lies where the share
    of test pixels among those that remain is nearest to ``test_fraction``. Pixels within ``guard`` of the
    scene's border drop out, as their windows would leave the scene. No split is further from random, and none
    loses more classes: a class that grows on one side alone can only be trained or only be tested.

    Shapes: ``labels``: ``[y, x]``.

    Args:
        labels: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]`` as in a scene.
        guard: Radius of the windows to be cut, ``size // 2``.
        test_fraction: Share of the remaining pixels to test on, as near as whole lines allow.
        axis: "y" to cut between two rows, "x" between two columns, "auto" for the one that leaves more
            classes on both sides and, if that is the same, the better balance, see :func:`rate_parts`.

    Returns:
        The split, in pixel numbers for :func:`cut_windows`; its notes name classes not on both sides.

    Raises:
        InputError: If the fraction, the guard or the axis is impossible.
        DataError: If one part would be empty.
    """
    check_fraction("test_fraction", test_fraction)
    check_guard(guard)
    if axis not in get_args(CutAxis):
        raise InputError(f"axis should be 'auto', 'y' or 'x'. Found {axis!r}. Take one of them.")
    usable = mark_usable(labels.values, guard)
    # each cut under its note
    cuts = {}
    for name in _AXES if axis == "auto" else (axis,):
        number = tuple(_AXES).index(name)
        before = _find_cut(usable, number, guard, test_fraction)
        cuts[f"cut before {_AXES[name]} {before}, guard of {guard}"] = _cut_scene(
            usable, number, before, guard
        )
    how = max(cuts, key=lambda cut: _rate_cut(labels, cuts[cut], test_fraction))
    return build_scene_split(labels, *cuts[how], how=how)


def _find_cut(usable: Mask, axis: int, guard: int, test_fraction: float) -> int:
    # usable pixels in the first n lines; every cut is tried at once
    pixels = np.concatenate([[0], np.cumsum(usable.sum(axis=1 - axis))])
    before = np.arange(1, len(pixels) - 1)
    train = pixels[np.maximum(before - guard, 0)]
    test = pixels[-1] - pixels[np.minimum(before + guard, len(pixels) - 1)]
    # a cut that leaves a part empty is never the nearest, unless all do
    miss = np.abs(test / np.maximum(train + test, 1) - test_fraction)
    return int(before[np.argmin(np.where((train > 0) & (test > 0), miss, np.inf))])


def _cut_scene(usable: Mask, axis: int, before: int, guard: int) -> tuple[Mask, Mask]:
    line = np.expand_dims(np.arange(usable.shape[axis]), 1 - axis)
    return usable & (line < before - guard), usable & (line >= before + guard)


def _rate_cut(labels: xr.DataArray, parts: tuple[Mask, Mask], test_fraction: float) -> tuple[int, int, float]:
    total = np.bincount(labels.values.ravel())
    train, test = (np.bincount(labels.values[part], minlength=len(total)) for part in parts)
    return rate_parts(train[1:], test[1:], total[1:], test_fraction)
