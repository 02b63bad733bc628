"""Measure first, then write the page: ``python -m pytest parity --page docs/parity.md``."""

from pathlib import Path

import pytest
import torch

from parity import page
from parity.results import Results

_RESULTS = pytest.StashKey[Results]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the page."""
    parser.addoption("--page", type=Path, help="write what was measured to this file, if every test passed")


IGNORED = (
    # lrprism runs with warnings as errors; these come from the peers and say how they work, not what is wrong
    "ignore:Setting backward hooks on ReLU activations:UserWarning",
    r"ignore:.*for LRP. the input is not modified in place:UserWarning",
)


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing measured, on one thread: float32 sums then come in one order."""
    config.stash[_RESULTS] = Results()
    torch.set_num_threads(1)
    for line in IGNORED:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture
def results(request: pytest.FixtureRequest) -> Results:
    """Return the results to which a test adds its numbers."""
    return request.config.stash[_RESULTS]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the page after a complete and successful run."""
    path = session.config.getoption("--page")
    results = session.config.stash[_RESULTS]
    complete = results.agreements and results.traps and results.definitions
    if path is not None and exitstatus == pytest.ExitCode.OK and complete:
        path.write_text(page.render(results), encoding="utf-8")
