"""The guard band: it takes pixels out, so that windows of the two parts share no pixel."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.splits.split import Split, coverage_table, note_missing_classes

Mask = npt.NDArray[np.bool_]


def check_guard(guard: int) -> None:
    """Refuse a guard, in pixels, that is no radius.

    Raises:
        InputError: If it is below 0.
    """
    if guard < 0:
        raise InputError(
            f"guard should be 0 or more pixels. Found {guard}. Give the radius of the windows, size // 2."
        )


def mark_usable(labels: npt.NDArray[np.integer], guard: int) -> Mask:
    """Mark the labelled pixels, ``[y, x]``, whose window of radius ``guard`` lies inside the scene."""
    height, width = labels.shape
    inside = np.zeros((height, width), dtype=bool)
    inside[guard : height - guard, guard : width - guard] = True
    return np.asarray(inside & (labels > 0), dtype=bool)


def keep_apart(usable: Mask, on_test: Mask, guard: int) -> tuple[Mask, Mask]:
    r"""Separate two sides of a scene by a guard band and return the pixels that remain of each.

    A pixel remains if every pixel within ``guard`` of it lies on its own side, or if no usable pixel of the
    other side lies within ``2 guard``. So a training centre p and a test centre q that remain always have
    :math:`\max(|p_y - q_y|, |p_x - q_x|) > 2\,\text{guard}`: windows of radius ``guard`` share no pixel.

    Shapes: ``usable``, ``on_test``, each mask: ``[y, x]``.

    Args:
        usable: Labelled pixels whose window lies inside the scene.
        on_test: The side for testing; the other pixels are the side for training.
        guard: Radius of the windows.
    """
    train, test = usable & ~on_test, usable & on_test
    return _trim_side(train, ~on_test, test, guard), _trim_side(test, on_test, train, guard)


def _trim_side(pixels: Mask, side: Mask, other: Mask, guard: int) -> Mask:
    from scipy import ndimage  # late: help texts that list the schemes need no scipy

    # the whole window on this side
    deep = ndimage.minimum_filter(side, size=2 * guard + 1)
    # a window of the other side would reach into this one
    near = ndimage.maximum_filter(other, size=4 * guard + 1, mode="constant")
    return np.asarray(pixels & (deep | ~near), dtype=bool)


def build_scene_split(labels: xr.DataArray, train: Mask, test: Mask, how: str, *notes: str) -> Split:
    """Build a split from two masks of a scene.

    Args:
        labels: 0 where unlabelled, else 1 + the class, ``[y, x]``; ``attrs["class_names"]`` as in a scene.
        train: The training pixels.
        test: The test pixels.
        how: How the scene was split, for notes and errors.
        notes: Further notes.

    Returns:
        The split; its notes say how many labelled pixels are lost and which classes are not in both parts.

    Raises:
        DataError: If a part is empty.
    """
    parts = np.flatnonzero(train), np.flatnonzero(test)
    if not parts[0].size or not parts[1].size:
        raise DataError(
            f"both parts should keep labelled pixels. Found {parts[0].size} for training and "
            f"{parts[1].size} for testing with {how}. Split in another way, or use smaller windows."
        )
    classes = labels.values.ravel().astype(np.int64) - 1
    table = coverage_table(classes, *parts, labels.attrs["class_names"])
    # lost to the border of the scene and to the guard band
    lost = int(np.sum(classes >= 0)) - len(parts[0]) - len(parts[1])
    loss = f"{how}: {lost} labelled pixels are in neither part"
    return note_missing_classes(Split(*parts, table, (loss, *notes)))
