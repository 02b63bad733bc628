"""Labelled samples of a scene and of a patch file, and a module with networks of the user's own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrprism.spectral.workbench import Preparation, Samples, open_samples
from small_runs import write_patches

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
