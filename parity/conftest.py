"""Measure first, then write the pages: ``python -m pytest parity --page docs/parity.md``."""

from pathlib import Path

import pytest
import torch

from parity import page
from parity.differences import page as differences_page
from parity.differences.results import Differences
from parity.results import Results

_RESULTS = pytest.StashKey[Results]()
_DIFFERENCES = pytest.StashKey[Differences]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that name the pages."""
    written = "was measured to this file, if every test passed"
    parser.addoption("--page", type=Path, help=f"write what {written}")
    parser.addoption("--differences", type=Path, help=f"write what of differences {written}")


IGNORED = (
    # lrprism runs with warnings as errors; these come from the peers and say how they work, not what is wrong
    "ignore:Setting backward hooks on ReLU activations:UserWarning",
    r"ignore:.*for LRP. the input is not modified in place:UserWarning",
    r"ignore:Setting forward, backward hooks and attributes on non-linear:UserWarning",
    "ignore:Input Tensor 0 did not already require gradients:UserWarning",
    r"ignore:The set_\w+ function will be deprecated:PendingDeprecationWarning",  # shap, as it is imported
)


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing measured, on one thread: float32 sums then come in one order."""
    config.stash[_RESULTS] = Results()
    config.stash[_DIFFERENCES] = Differences()
    torch.set_num_threads(1)
    for line in IGNORED:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture
def results(request: pytest.FixtureRequest) -> Results:
    """Return the results to which a test adds its numbers."""
    return request.config.stash[_RESULTS]


@pytest.fixture
def differences(request: pytest.FixtureRequest) -> Differences:
    """Return the results on differences from a reference."""
    return request.config.stash[_DIFFERENCES]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write each page after a complete and successful run of its tests."""
    path = session.config.getoption("--page")
    results = session.config.stash[_RESULTS]
    complete = results.agreements and results.traps and results.definitions
    if path is not None and exitstatus == pytest.ExitCode.OK and complete:
        path.write_text(page.render(results), encoding="utf-8")
    path, differences = session.config.getoption("--differences"), session.config.stash[_DIFFERENCES]
    if path is not None and exitstatus == pytest.ExitCode.OK and differences.is_complete:
        path.write_text(differences_page.render(differences), encoding="utf-8")
