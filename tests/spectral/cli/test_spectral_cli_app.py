import inspect
import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from lrprism.spectral.cli.app import COMMANDS, load_command

HEAVY = {
    "dask",
    "h5py",
    "lightning",
    "matplotlib",
    "numpy",
    "pandas",
    "rasterio",
    "scipy",
    "spectral",
    "tensorly",
    "torch",
    "torchmetrics",
    "xarray",
    "zarr",
}


def list_heavy_imports(*arguments: str) -> set[str]:
    """Run a command in a new process; return the heavy libraries that it imported."""
    code = f"""
import atexit, sys
sys.argv = ["lrprism", *{arguments!r}]
atexit.register(lambda: print("imported", *sys.modules))
from lrprism.spectral.cli import main
main()
"""
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(output.rpartition("imported")[2].split()) & HEAVY


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_imports_nothing_heavy(option: str) -> None:
    assert not list_heavy_imports(option)


@pytest.mark.parametrize("command", ["compare", "convert", "inspect", "view"])
def test_the_help_of_a_command_waits_for_no_library(command: str) -> None:
    assert list_heavy_imports(command, "--help") <= {"numpy"}


def test_explaining_on_one_device_needs_no_lightning(trained: Path, tmp_path: Path) -> None:
    options = ("--out", str(tmp_path / "results"), "--figures", "none", "--quiet")
    imported = list_heavy_imports("explain", str(trained), *options)
    assert not imported & {"lightning", "torchmetrics"}
    assert (tmp_path / "results" / "bands.csv").is_file()


def test_inspecting_a_file_imports_neither_torch_nor_figures(tmp_path: Path) -> None:
    np.save(tmp_path / "cube.npy", np.ones((4, 5, 6), dtype=np.float32))
    imported = list_heavy_imports("inspect", str(tmp_path / "cube.npy"), "--wavelengths", "400:900")
    assert not imported & {"lightning", "matplotlib", "rasterio", "torch", "torchmetrics", "zarr"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_gives_the_first_line_of_each(lrprism: object, name: str) -> None:
    function = getattr(import_module(f"lrprism.spectral.cli.{name}"), name)
    assert str(inspect.getdoc(function)).partition("\n")[0] == COMMANDS[name]
    assert COMMANDS[name] in lrprism("--help")[1]
    assert load_command(name).name == name


@pytest.mark.parametrize(
    ("words", "offered"), [("lrprism ex", "explain"), ("lrprism inspect --band", "--band-axis")]
)
def test_the_shell_completes_commands_and_options(words: str, offered: str) -> None:
    code = "import sys; sys.argv = ['lrprism']; from lrprism.spectral.cli import main; main()"
    place = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_LRPRISM_COMPLETE": "complete_bash"}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | place, check=False)
    assert run.stdout.split() == [offered]


def test_completion_is_installed_on_demand(lrprism: object) -> None:
    assert "--install-completion" in lrprism("--help")[1]


def test_a_command_that_is_unknown_is_refused(lrprism: object) -> None:
    code, _, errors = lrprism("trian")
    assert code == 2
    assert "No such command 'trian'" in errors
    assert "train" in errors.partition("trian")[2]


def test_help_has_examples(lrprism: object) -> None:
    assert (
        "lrprism train weed_dataset_w25.hdf5 --average-pairs --bands tutorial"
        in lrprism("train", "--help")[1]
    )
    assert "lrprism explain runs/kochia weed_dataset_w25.hdf5" in lrprism("explain", "--help")[1]
    assert lrprism("--version")[1].strip() == version("lrprism")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("train", "no.hdf5", "--out", "{out}"),
            "error: data should be a cube, spectra, patches or 'indian-pines'. Found no file",
        ),
        (("train", "{data}", "--out", "{out}"), "error: "),
        (
            ("train", "indian-pines", "--bands", "3,x", "--out", "{out}"),
            "error: bands should read like 0,1,3,10-20 or tutorial",
        ),
        (
            ("train", "indian-pines", "--bands", "500", "--out", "{out}"),
            "error: bands should be numbers in 0..199. Found 500.",
        ),
        (
            ("train", "indian-pines", "--window", "201", "--out", "{out}"),
            "error: window size should be odd and fit the scene of 145 x 145 pixels. Found 201.",
        ),
        (
            ("train", "indian-pines", "--model", "vgg", "--out", "{out}"),
            "error: the network should be one of cnn1d, ",
        ),
        (
            ("train", "indian-pines", "--preprocess", "snv,log", "--out", "{out}"),
            "error: preprocessing should be none or steps among continuum, ",
        ),
        (
            ("train", "indian-pines", "--split", "plants", "--out", "{out}"),
            "error: split should be one of blocks, checkerboard, ",
        ),
        (
            ("train", "indian-pines", "--precision", "8", "--out", "{out}"),
            "error: precision should be '32-true'",
        ),
        (
            ("adopt", "ours:Net", "indian-pines", "--out", "{out}"),
            "error: weights should be given for a network",
        ),
        (
            (
                "adopt",
                "nowhere.nets:Net",
                "{data}",
                "--wavelengths",
                "400:950",
                "--weights",
                "w.ckpt",
                "--out",
                "{out}",
            ),
            "error: nowhere.nets should be a module that Python can import.",
        ),
        (("demo", "--rule", "magic", "--out", "{out}"), "error: rule should be one of"),
        (("demo", "--device", "tpu", "--out", "{out}"), "error: device should be one of this machine's"),
        (("explain", "nowhere", "--out", "{out}"), "error: A run folder should hold a run.json"),
        (("explain", "{run}", "--rule", "magic", "--out", "{out}"), "error: rule should be one of"),
        (
            ("explain", "{run}", "--format", "envi", "--out", "{out}"),
            "error: format should be given only where every pixel is explained.",
        ),
        (
            ("explain", "{run}", "--every-pixel", "--format", "jpg", "--out", "{out}"),
            "error: formats should be among netcdf, zarr, envi, geotiff",
        ),
        (
            ("explain", "{run}", "--accelerator", "gpu", "--out", "{out}"),
            "error: accelerator, devices and strategy should be this machine's. Found",
        ),
        (("inspect", "no.hdf5"), "error: data should be a cube"),
    ],
)
def test_a_user_s_error_is_one_line_and_exit_code_2(
    lrprism: object, tmp_path: Path, patch_file: Path, trained: Path, arguments: tuple[str, ...], message: str
) -> None:
    places = {"out": tmp_path / "out", "data": patch_file, "run": trained}
    code, _, errors = lrprism(*(argument.format(**places) for argument in arguments))
    last = errors.strip().splitlines()[-1]
    assert code == 2
    assert last.startswith(message), errors
    assert "Traceback" not in errors
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))
