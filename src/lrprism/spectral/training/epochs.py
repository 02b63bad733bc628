"""The record of an epoch."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class EpochRecord:
    """The scores and the time of an epoch.

    Args:
        epoch: Number of the epoch, from 1.
        training_loss: Mean loss of the epoch's steps, over all processes.
        validation_loss: Loss on the validation part after the epoch.
        accuracy: Share of the validation part that is predicted right, 0 to 1.
        macro_f1: Macro F1 on the validation part, 0 to 1.
        seconds: Time spent on training so far; the time between a kill and a resumption is left out.
    """

    epoch: int
    training_loss: float
    validation_loss: float
    accuracy: float
    macro_f1: float
    seconds: float
