"""Fixtures that several folders share."""

import gc
import os
from pathlib import Path

import pytest
import torch

# The tensors of the tests are small: threads that wait for each other cost more than they bring. The
# environment says the same to the processes that tests start.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=2, help="how often a long explanation is killed")
    parser.addoption("--networks", type=int, help="how many random networks are explained")


def pytest_collection_finish() -> None:
    """Keep what collection has made out of every later search for garbage, which some tests ask for."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def patch_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small patch file in the tutorial's layout."""
    from small_runs import write_patches  # late: the workbench takes seconds to import

    return write_patches(tmp_path_factory.mktemp("data") / "leaves.hdf5")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, patch_file: Path) -> Path:
    """The run folder of a network trained on it."""
    from lrprism.spectral.workbench import train_into
    from small_runs import SILENT, settings_for

    folder = tmp_path_factory.mktemp("trained")
    train_into(folder, settings_for(patch_file), SILENT)
    return folder
