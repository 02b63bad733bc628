"""Set a validation part apart from the training part of a scene."""

import numpy as np
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.splits.blocks import search_blocks
from lrprism.spectral.splits.split import Split, check_fraction, coverage_table


def hold_out(
    labels: xr.DataArray, split: Split, *, block: int, guard: int, fraction: float = 0.15, seed: int
) -> Split:
    """Cut a validation part out of the training part of a scene, by blocks and with a guard band.

    No window of radius ``guard`` of the validation part shares a pixel with a window of the remaining
    training part, see :func:`keep_apart`: the best epoch is chosen on pixels that the network has not seen.
    The test part stays as it is. The blocks are searched as in :func:`disjoint_blocks`.

    Shapes: ``labels``: ``[y, x]``.

    Args:
        labels: 0 where unlabelled, else 1 + the class; ``attrs["class_names"]`` as in a scene.
        split: The split of this scene, without a validation part.
        block: Side of a block in pixels.
        guard: Radius of the windows to be cut, ``size // 2``.
        fraction: Share of the training pixels of each class to set apart, as near as blocks allow.
        seed: Seed of the search; the same seed gives the same part.

    Returns:
        The split with the part ``validation`` and the remaining ``train``; a further note says how many
        training pixels and which classes the guard costs.

    Raises:
        InputError: If a number is impossible, or the split has a validation part already.
        DataError: If the split is not one of this scene, or one part would be empty.
    """
    check_fraction("fraction", fraction)
    if split.validation.size:
        raise InputError(
            f"split should have no validation part yet. Found one of {split.validation.size} samples. Use "
            "it, or set one apart from the split it was made of."
        )
    masks = search_blocks(
        _select_training(labels, split), block=block, guard=guard, seed=seed, test_fraction=fraction
    )
    train, validation = (np.flatnonzero(mask) for mask in masks)
    if not train.size or not validation.size:
        raise DataError(
            f"training and validation part should keep labelled pixels. Found {train.size} and "
            f"{validation.size} of {split.train.size} with blocks of {block} and a guard of {guard} pixels. "
            "Use smaller blocks or windows."
        )
    classes = labels.values.ravel().astype(np.int64) - 1
    table = coverage_table(classes, train, split.test, labels.attrs["class_names"], validation)
    # lost to the guard band
    lost = len(split.train) - len(train) - len(validation)
    # classes that the training part had and that one of its two pieces has no more
    lacking = (split.coverage["train"] > 0) & ((table["train"] == 0) | (table["validation"] == 0))
    names = ", ".join(table.loc[lacking, "class_name"])
    notes = [
        f"validation blocks of {block} pixels, guard of {guard}: {lost} training pixels are in neither part"
    ]
    notes += [f"not in both training and validation part: {names}"] if names else []
    return Split(train, split.test, table, (*split.notes, *notes), validation)


def _select_training(labels: xr.DataArray, split: Split) -> xr.DataArray:
    """Return the labels of the training pixels, 0 elsewhere.

    Raises:
        DataError: If a training pixel is outside the scene or has no label.
    """
    flat = labels.values.ravel()
    inside = split.train[(split.train >= 0) & (split.train < flat.size)]
    labelled = int(np.sum(flat[inside] > 0))
    if labelled < len(split.train):
        raise DataError(
            f"split should hold labelled pixels of this scene. Found {len(split.train) - labelled} of "
            f"{len(split.train)} training pixels that are not. Give the labels that were split."
        )
    training = np.zeros_like(flat)
    training[inside] = flat[inside]
    return labels.copy(data=training.reshape(labels.shape))
