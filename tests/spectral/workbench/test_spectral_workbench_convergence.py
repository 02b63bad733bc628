from collections.abc import Sequence

import numpy as np
import pytest

from lrprism.spectral.training.tasks.task import EpochRecord
from lrprism.spectral.workbench.convergence import note_convergence


def make_history(losses: Sequence[float]) -> list[EpochRecord]:
    return [EpochRecord(number, loss, loss, {}, 0.0) for number, loss in enumerate(losses, start=1)]


@pytest.mark.parametrize(
    "losses",
    [
        np.linspace(2, 1, 20),
        # a rate that falls to 0 makes the last epochs flat
        [1.4, 1.3, 1.238, 1.154, 1.083, 1.051, 1.046, 1.04, 1.041, 1.018, 1.007, 1.007, 1.005, 1.005],
    ],
)
def test_a_loss_that_falls_to_the_end_is_named(losses: Sequence[float]) -> None:
    (note,) = note_convergence(make_history(losses))
    assert note == (
        "the validation loss was still falling: more --epochs or a larger --learning-rate may help"
    )


@pytest.mark.parametrize(
    "losses",
    [
        [1.0, 0.5, 0.25, 0.13, 0.15, 0.12, 0.14, 0.13],  # up and down
        [2.0, 1.0, 0.9, *np.linspace(0.503, 0.5, 9)],  # less than 2 %
        [2.0, 1.5, 1.0, 0.5],  # too few epochs
        [1.0, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],  # overfitted
    ],
)
def test_other_losses_are_not(losses: Sequence[float]) -> None:
    assert note_convergence(make_history(losses)) == []
