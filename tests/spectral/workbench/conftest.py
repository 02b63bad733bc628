"""A network of the user's own in a module of their own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
