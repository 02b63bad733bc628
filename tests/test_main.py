import subprocess
import sys
from importlib.metadata import version

import pytest

from lrprism.__main__ import find_extra


def run_without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where a module cannot be imported."""
    code = f"""
import sys
sys.modules[{module!r}] = None
sys.argv = ["lrprism", *{arguments!r}]
from lrprism.__main__ import main
main()
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_module_runs_as_the_command_does() -> None:
    command = [sys.executable, "-m", "lrprism", "--version"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output == version("lrprism") + "\n"


@pytest.mark.parametrize(
    ("module", "arguments"),
    [("lazy_loader", ()), ("typer", ("--help",)), ("xarray", ("inspect", "indian-pines"))],
)
def test_a_missing_package_is_said_in_one_line(module: str, arguments: tuple[str, ...]) -> None:
    run = run_without(module, *arguments)
    assert run.returncode == 2
    assert run.stderr == (
        "error: the command lrprism should find the packages of its extra 'spectral'. Found no "
        f"{module}. Install them: pip install 'lrprism[spectral]', or pip install '.[spectral]' in a copy of "
        "the sources.\n"
    )


def test_a_module_that_no_extra_brings_is_a_bug_with_its_traceback() -> None:
    run = run_without("lrprism.spectral.cli.app", "--help")
    assert run.returncode == 1
    assert run.stderr.startswith("Traceback")


def test_the_workbench_in_python_names_its_extra() -> None:
    code = "import sys; sys.modules['lazy_loader'] = None; import lrprism.spectral"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "lrprism.spectral should find the packages of the extra 'spectral'. Found no lazy" in run.stderr


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("lazy_loader", "spectral"),
        ("matplotlib.pyplot", "spectral"),  # the examples have it too
        ("rasterio", "geo"),
        ("spc_io", "spectra"),
        ("torch", None),
        ("captum", None),
        ("my_nets", None),
    ],
)
def test_the_extra_of_a_module(module: str, extra: str | None) -> None:
    assert find_extra(module) == extra
