"""Labelled samples of a scene and of a patch file, and a module with networks of the user's own."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lrprism.spectral.workbench import NetworkSettings, Preparation, Samples, open_samples, train_into
from small_runs import SILENT, settings_for, write_patches

OWN = """
from torch import nn

class Net(nn.Sequential):
    layout = "patch"

    def __init__(self, bands, classes):
        super().__init__(nn.Conv2d(bands, 8, 3), nn.ReLU(), nn.Conv2d(8, classes, 3), nn.Flatten())

def wrong(bands):
    return nn.Sequential(nn.Conv2d(bands + 1, 3, 5), nn.Flatten())

def many(bands):
    return nn.Sequential(nn.Conv2d(bands, 7, 5), nn.Flatten())
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "our_nets.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "our_nets"
    del sys.modules["our_nets"]


@pytest.fixture(scope="session")
def scene() -> Samples:
    """Two bands of Indian Pines in windows of 5 x 5 pixels."""
    return open_samples("indian-pines", Preparation(bands=(5, 40), window=5))


@pytest.fixture
def patches(tmp_path: Path) -> Samples:
    return open_samples(str(write_patches(tmp_path / "leaves.hdf5")), Preparation(wavelengths="400:950"))


@pytest.fixture(scope="session")
def spectra_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a network of single spectra, quick to train and to ask."""
    folder = tmp_path_factory.mktemp("spectra")
    source = write_patches(folder / "leaves.hdf5", samples=240, size=3, bands=48)
    settings = settings_for(source, network=NetworkSettings("cnn1d"))
    config = replace(settings.training, epochs=8, batch_size=16, learning_rate=5e-3)
    (folder / "run").mkdir()
    train_into(folder / "run", replace(settings, training=config), SILENT)
    return folder / "run"
