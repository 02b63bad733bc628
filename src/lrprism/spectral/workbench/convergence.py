"""Signs that a training ended before it was done."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from lrprism.spectral.training.tasks.task import EpochRecord

_FEWEST: Final = 5
"""Epochs from which a trend is read; noise of fewer looks like one."""
_STEADY: Final = -0.9
"""Rank correlation of loss and epoch: the loss falls in almost every epoch."""
_FALL: Final = 0.02
"""A smaller share of the loss is not worth a longer training."""
_STILL_FALLING: Final = (
    "the validation loss was still falling: more --epochs or a larger --learning-rate may help"
)


def note_convergence(history: Sequence[EpochRecord]) -> list[str]:
    """Say if the validation loss fell to the end, over the second half of the epochs, at least 5 of them.

    It did if its rank correlation with the epochs is -0.9 or less, and it lost 2 % or more.

    Args:
        history: Every epoch of the training.
    """
    losses = np.array([epoch.validation_loss for epoch in history[-max(_FEWEST, len(history) // 2) :]])
    if len(losses) < _FEWEST or losses[-1] > (1 - _FALL) * losses[0]:
        return []
    from scipy.stats import spearmanr  # late: help texts need no scipy

    trend = spearmanr(losses, np.arange(len(losses))).statistic
    return [_STILL_FALLING] if trend <= _STEADY else []
