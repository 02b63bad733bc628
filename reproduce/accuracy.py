"""The published network on Indian Pines, by the published protocol and on blocks that share no pixel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import (
    NetworkSettings,
    Preparation,
    SplitSettings,
    TrainingSettings,
    train_into,
)
from lrprism.spectral.workbench.progress import Reporter

PUBLISHED = 99.42  # %, overall accuracy, mean of 10 draws: Morales et al. 2021, Remote Sensing 13(18)
WINDOW = 5


@dataclass(frozen=True)
class Trained:
    """A run.

    Args:
        scheme: The scheme by which the scene was split.
        record: The training in its ``run.json``.
        folder: Its run folder.
    """

    scheme: str
    record: dict[str, Any]
    folder: Path


def train_published(folder: Path, scheme: str, epochs: int, reporter: Reporter) -> Trained:
    """Train Hyper3DNetLite as published, on all 200 bands; a run that was stopped goes on.

    Windows of 5 x 5 pixels, half of them to test on, z-scores from the training part, Adadelta with a
    learning rate of 1, batches of 128. Unlike the authors we choose the best epoch on 15 % of the training
    part and not on the test part, turn and mirror patches, and stop after fewer epochs than 100.

    Args:
        folder: The folder to write to; it must exist.
        scheme: ``"random"`` pixels, as published, or ``"blocks"``.
        epochs: The number of epochs.
        reporter: Reports the progress.
    """
    settings = TrainingSettings(
        "indian-pines",
        Preparation(window=WINDOW),
        NetworkSettings("hyper3dnetlite-published", ("zscore",)),
        SplitSettings(scheme),
        TrainingConfig(
            epochs=epochs,
            batch_size=128,
            optimizer="adadelta",
            learning_rate=1.0,
            devices=Devices("cpu"),
            augment=True,
            initialize=True,
        ),
    )
    record = train_into(folder, settings, reporter)
    assert record is not None  # one process trains
    return Trained(scheme, record, folder)
