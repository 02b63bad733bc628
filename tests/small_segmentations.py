"""A small scene of two classes in squares, and the settings to learn the class of each of its pixels."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from lrprism.spectral import make_cube
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import NetworkSettings, Preparation, SplitSettings, TrainingSettings

WINDOW = 9
CPU = Devices("cpu")


class SceneFiles(NamedTuple):
    """The paths of a scene and of its labels."""

    cube: Path
    labels: Path


def write_scene(folder: Path, side: int = 44) -> SceneFiles:
    """Squares of 4 x 4 pixels whose class raises two of four bands; a third of the pixels has no label."""
    generator = np.random.default_rng(0)
    square = np.arange(side) // 4
    labels = (square[:, None] + square[None, :]) % 2 + 1
    values = generator.uniform(0.1, 0.3, (4, side, side)).astype(np.float32)
    for number in (1, 2):
        values[2 * number - 2 : 2 * number, labels == number] += 0.4
    labels[generator.random((side, side)) < 1 / 3] = 0
    cube = make_cube(values, [500.0, 550.0, 600.0, 650.0], title="t", quantity="reflectance", units="1")
    files = SceneFiles(folder / "scene.hdr", folder / "labels.npy")
    if not files.cube.exists():
        write_cube(cube, files.cube)
    np.save(files.labels, labels)
    return files


def segmentation_of(files: SceneFiles, epochs: int = 6) -> TrainingSettings:
    """Train the U-Net on blocks of it."""
    return TrainingSettings(
        str(files.cube),
        Preparation(window=WINDOW, labels=str(files.labels), task="segmentation"),
        NetworkSettings("unet"),
        SplitSettings(block=14),
        TrainingConfig(epochs=epochs, learning_rate=1e-3, augment=True, devices=CPU, initialize=True),
    )
