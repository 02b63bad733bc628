"""Measure how much of the test part of a scene a network has already seen in training."""

from dataclasses import dataclass

import numpy as np

from lrprism.errors import DataError, InputError
from lrprism.spectral.splits.split import Split


@dataclass(frozen=True)
class Leakage:
    """Distance between the test windows and the training windows of a scene.

    Args:
        overlapping: Share of the test windows with a pixel in common with a training window, 0 to 1.
        centres_seen: Share of the test pixels that lie inside a training window, 0 to 1.
        nearest: Smallest distance of a test pixel from a training pixel, in pixels: the larger of the
            distances in rows and in columns.
    """

    overlapping: float
    centres_seen: float
    nearest: int


def leakage(split: Split, window: int, width: int) -> Leakage:
    r"""Compare the windows of the two parts of a split scene.

    A validation part counts as training. With :math:`d = \min_p \max(|p_y - q_y|, |p_x - q_x|)` over the
    training pixels p, the window of the test pixel q overlaps a training window when
    :math:`d < \text{window}`, and q lies inside one when :math:`d \le \lfloor \text{window} / 2 \rfloor`.

    Args:
        split: Parts in pixel numbers, row * width + column.
        window: Pixels along a side of a window, odd.
        width: Pixels along a row of the scene.

    Returns:
        The shares and the nearest distance.

    Raises:
        InputError: If the window or the width is impossible.
        DataError: If a part is empty.
    """
    from scipy.spatial import KDTree  # late: help texts that list the schemes need no scipy

    if window < 1 or window % 2 == 0 or width < 1:
        raise InputError(
            f"window should be odd and at least 1, and width at least 1. Found window {window}, "
            f"width {width}. Give the window and the scene that the patches are cut from."
        )
    # the validation part has chosen the network
    seen = np.concatenate([split.train, split.validation])
    if not seen.size or not split.test.size:
        raise DataError(
            f"both parts should have pixels. Found {seen.size} for training and {split.test.size} "
            "for testing. Split the scene again."
        )
    train, test = (np.stack(np.divmod(part, width), axis=1) for part in (seen, split.test))
    # the largest of the distances in rows and columns, as windows are squares
    distance, _ = KDTree(train).query(test, p=np.inf)
    return Leakage(
        overlapping=float(np.mean(distance < window)),
        centres_seen=float(np.mean(distance <= window // 2)),
        nearest=int(distance.min()),
    )
