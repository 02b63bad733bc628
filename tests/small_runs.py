"""A small patch file in the tutorial's layout, and the settings to train on it."""

from pathlib import Path

import h5py
import numpy as np

from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import Preparation, TrainingSettings
from lrprism.spectral.workbench.progress import Reporter

SILENT = Reporter(shows_progress=False)


def write_patches(path: Path, *, samples: int = 24, size: int = 5, bands: int = 12, classes: int = 3) -> Path:
    """Patches whose class raises two neighbouring bands, in the layout of the tutorial's file."""
    generator = np.random.default_rng(0)
    labels = np.arange(samples) % classes
    patches = generator.uniform(0.1, 0.3, (samples, size, size, bands)).astype(np.float32)
    for sample, label in enumerate(labels):
        patches[sample, :, :, 4 * label : 4 * label + 2] += 0.5
    with h5py.File(path, "w") as file:
        file["train_img"], file["train_labels"] = patches, labels
    return path


def settings_for(source: Path, **options: object) -> TrainingSettings:
    preparation = Preparation(average_pairs=True, wavelengths="400:950")
    config = TrainingConfig(
        epochs=12, batch_size=4, learning_rate=1e-3, devices=Devices("cpu"), initialize=True
    )
    return TrainingSettings(str(source), preparation, training=config, **options)  # type: ignore[arg-type]
