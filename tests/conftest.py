"""Fixtures that several folders share."""

from pathlib import Path

import pytest
import torch

from lrprism.workbench import train_into
from small_runs import SILENT, settings_for, write_patches

# the tensors of the tests are small: threads that wait for each other cost more than they bring
torch.set_num_threads(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=4, help="how often a long explanation is killed")
    parser.addoption("--networks", type=int, help="how many random networks are explained")


@pytest.fixture(scope="session")
def patch_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small patch file in the tutorial's layout."""
    return write_patches(tmp_path_factory.mktemp("data") / "leaves.hdf5")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, patch_file: Path) -> Path:
    """The run folder of a network trained on it."""
    folder = tmp_path_factory.mktemp("trained")
    train_into(folder, settings_for(patch_file), SILENT)
    return folder
