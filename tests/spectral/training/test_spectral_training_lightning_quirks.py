import logging
import signal
import sys

import pytest
from torch import Tensor, nn

from lrprism.spectral.training import Devices, TrainingConfig, fit
from lrprism.spectral.training.lightning_quirks import keyboard_interrupt, quiet_lightning
from small_trainings import blobs

CPU = Devices("cpu")


class Interrupted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        if self.training:
            raise KeyboardInterrupt
        output: Tensor = self.linear(inputs)
        return output


def test_ctrl_c_arrives_as_keyboard_interrupt_and_works_again_afterwards() -> None:
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(Interrupted(), blobs(6, 3, 0), blobs(6, 3, 1), TrainingConfig(epochs=1, devices=CPU))
    assert signal.getsignal(signal.SIGINT) is handler


def test_the_loggers_are_silent_for_a_while() -> None:
    logger = logging.getLogger("lightning.pytorch")
    before = logger.level
    with pytest.raises(KeyError), quiet_lightning():  # noqa: PT012 - the level inside is the point
        assert logger.level == logging.WARNING
        raise KeyError
    assert logger.level == before


def test_only_the_end_by_ctrl_c_becomes_a_keyboard_interrupt() -> None:
    with pytest.raises(SystemExit), keyboard_interrupt():
        sys.exit(1)
    with pytest.raises(KeyboardInterrupt), keyboard_interrupt():  # noqa: PT012 - as Lightning ends
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.exit(1)
