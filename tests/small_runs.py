"""A small patch file in the tutorial's layout, and the settings to train on it."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import NetworkSettings, Preparation, TrainingSettings, train_into
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


def train_on_pixels(folder: Path, samples: int) -> Path:
    """Train on single spectra, whose class raises bands 0 and 1, or 4 and 5, or 8 and 9; return the run."""
    source = write_patches(folder / "leaves.hdf5", samples=samples, size=1)
    settings = settings_for(source, network=NetworkSettings("mlp"))
    settings = replace(
        settings,
        preparation=Preparation(wavelengths="400:950"),
        training=replace(settings.training, epochs=4, batch_size=16, learning_rate=1e-2),
    )
    (folder / "run").mkdir()
    train_into(folder / "run", settings, SILENT)
    return folder / "run"
