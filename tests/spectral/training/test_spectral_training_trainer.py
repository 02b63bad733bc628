from torch import nn

from lrprism.spectral.training import Devices, TrainingConfig, fit
from small_trainings import blobs, small_model

CPU = Devices("cpu")


def test_patience_stops_early() -> None:
    config = TrainingConfig(epochs=30, learning_rate=1e-12, patience=2, devices=CPU)
    result = fit(small_model(), blobs(12, 3, 0), blobs(12, 3, 1), config, progress=False)
    assert len(result.history) == 3


def test_one_step_is_enough() -> None:
    result = fit(
        nn.Linear(2, 3),
        blobs(3, 3, 0),
        blobs(3, 3, 1),
        TrainingConfig(epochs=1, devices=CPU),
        progress=False,
    )
    assert len(result.history) == 1
