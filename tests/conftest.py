"""Fixtures that several folders share."""

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

# The tensors of the tests are small: threads that wait for each other cost more than they bring. torch reads
# this when it is imported, here and in the processes that tests start. This file does not import it: pytest
# reads it before it starts the workers, which would wait.
os.environ["OMP_NUM_THREADS"] = "1"

# What collection makes stays: to look for garbage in it again and again costs a quarter of its time.
gc.disable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=2, help="how often a long explanation is killed")
    parser.addoption("--damages", type=int, default=16, help="how often the file of each format is damaged")
    parser.addoption("--networks", type=int, help="how many random networks are explained")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[Any], list[Any]]:
    """Look for examples in the docstrings of the sources alone: those of the tests hold none."""
    collectors = yield
    return [collector for collector in collectors if type(collector) is pytest.Module]


def pytest_collection_finish() -> None:
    """Keep what collection has made out of every later search for garbage, which some tests ask for."""
    gc.collect()
    gc.freeze()
    gc.enable()


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
