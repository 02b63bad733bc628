"""The validation part: samples of the training part that choose the best epoch."""

from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.splits import Split, group_split, hold_out, random_split
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.split_settings import SplitSettings

_AT_RANDOM: Final = (
    "the best epoch was chosen on samples drawn at random from the training part, never on the test part"
)
_FEWEST: Final = 2
"""Groups of each class that a validation part of whole groups needs: one for each part."""


def choose_validation(
    samples: Samples,
    train: Numbers,
    settings: SplitSettings,
    groups: npt.NDArray[np.generic] | None,
    *,
    by_groups: bool,
    guard: int,
    seed: int,
) -> tuple[Numbers, Numbers, str]:
    """Deal the training part out to samples that are learned from and samples that choose the best epoch.

    Where the test part is of whole groups, so is the validation part, unless the settings say otherwise or
    the training part has less than two groups of some class: then samples are drawn at random.

    Shapes: ``train``, ``groups``: ``[sample]``.

    Args:
        samples: The samples.
        train: Numbers of the samples of the training part.
        settings: The way the validation part is drawn, and its share. Not "blocks", see
            :func:`cut_validation_blocks`.
        groups: The group of each sample of the training part; None where none is known.
        by_groups: True if the test part is of whole groups.
        guard: Radius of the windows of a scene.
        seed: Seed of everything drawn at random.

    Returns:
        Numbers of the samples to learn from, numbers of those that choose the best epoch, and a sentence
        that says how they were chosen.

    Raises:
        InputError: If groups are asked for and none is known.
        DataError: If a part would be empty.
    """
    way = settings.validation or ("groups" if by_groups else "random")
    classes = samples.labels_of(train)
    note = _AT_RANDOM
    if way == "groups":
        if groups is None:
            raise InputError(
                "validation by groups should know the group of each sample. Found no groups. Give --groups "
                "FILE, or --group-column NAME for a table; or leave out --validation groups."
            )
        fewest = min(len(np.unique(groups[classes == number])) for number in np.unique(classes))
        if fewest >= _FEWEST:
            inner = group_split(classes, groups, test_fraction=settings.validation_fraction, seed=seed)
            if not inner.missing_classes:
                note = _describe_groups(groups, inner, guard if samples.scene is not None else 0)
                return train[inner.train], train[inner.test], note
        # one group of a class cannot be in both parts
        note = f"{_AT_RANDOM}: too few groups of some class are left to keep them whole there"
    inner = random_split(classes, test_fraction=settings.validation_fraction, seed=seed)
    return train[inner.train], train[inner.test], note


def cut_validation_blocks(
    samples: Samples, split: Split, settings: SplitSettings, guard: int, seed: int
) -> Split:
    """Cut a validation part out of the training part of a scene by blocks, see :func:`hold_out`.

    Raises:
        InputError: If the samples are not those of a scene.
    """
    if samples.scene is None:
        raise InputError(
            "validation by blocks should be of a scene. Found samples without one. Leave out "
            "--validation blocks."
        )
    # smaller blocks than the split's, but wide enough for a window and its guard
    block = max(settings.block // 2, 2 * guard + 1)
    fraction = settings.validation_fraction
    return hold_out(samples.scene.labels, split, block=block, guard=guard, fraction=fraction, seed=seed)


def _describe_groups(groups: npt.NDArray[np.generic], inner: Split, guard: int) -> str:
    count, total = len(np.unique(groups[inner.test])), len(np.unique(groups))
    note = (
        f"the best epoch was chosen on whole groups, {count} of the {total} of the training part, never on "
        "the test part"
    )
    # no guard band: it would cost the training part too much
    overlap = "; windows at the borders of these groups may overlap windows that are learned from"
    return note + overlap if guard else note
