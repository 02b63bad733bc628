"""The command line as a person types it."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from lrprism.spectral.cli import main
from lrprism.spectral.workbench import ExplanationSettings
from lrprism.spectral.workbench.demo import TRAINING
from small_runs import write_patches

Run = tuple[int, str, str]


@pytest.fixture
def lrprism(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.path", list(sys.path))  # the command adds the folder it is called in

    def run(*arguments: str | Path) -> Run:
        monkeypatch.setattr("sys.argv", ["lrprism", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return run


def test_train_then_explain_then_inspect(lrprism: object, tmp_path: Path) -> None:
    data = write_patches(tmp_path / "leaves.hdf5")
    run, out = tmp_path / "run", tmp_path / "out"
    options = (
        "--average-pairs",
        "--wavelengths",
        "400:950",
        "--epochs",
        "12",
        "--batch-size",
        "4",
        "--learning-rate",
        "1e-3",
        "--accelerator",
        "cpu",
    )
    code, text, progress = lrprism("train", data, *options, "--class-names", "oak, elm,ash", "--out", run)
    assert code == 0, progress
    assert "Accuracy 100.0 %, macro F1 1.000, kappa 1.000 on 12 test patches, split by random." in text
    assert "were drawn at random" in text
    assert str(run / "model.safetensors") in text
    assert "training Hyper3DNetLite, epoch 12 of 12" in progress

    code, text, progress = lrprism("explain", run, data, "--heatmaps", "0", "--out", out)
    assert code == 0, progress
    assert "The three bands that speak most for each class:" in text
    assert "  elm: " in text
    assert str(out / "relevance.zarr") in text
    assert "explaining 12 patches by tutorial" in progress
    assert json.loads((out / "run.json").read_text())["training"]["class_names"] == ["oak", "elm", "ash"]

    code, text, _ = lrprism("inspect", run, "--rule", "epsilon-gamma")
    assert code == 0
    assert "hyper3dnetlite: 6 bands, 5 x 5 pixels, 3 classes, 195,411 parameters" in text
    assert "Gamma(gamma=0.25, eps=1e-06)" in text


def test_the_demo_on_few_bands_and_patches(
    lrprism: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(
        TRAINING,
        preparation=replace(TRAINING.preparation, bands=(5, 15, 40), window=5),
        split=replace(TRAINING.split, test_fraction=0.1, per_class=6),
        training=replace(TRAINING.training, epochs=1),
    )
    monkeypatch.setattr("lrprism.spectral.cli.demo.TRAINING", few)
    monkeypatch.setattr(
        "lrprism.spectral.cli.demo.ExplanationSettings", partial(ExplanationSettings, heatmaps=0, per_class=1)
    )
    code, text, progress = lrprism("demo", "--device", "cpu", "--out", tmp_path / "demo")
    assert code == 0, progress
    assert "No test window overlaps a window that the network was trained with." in text
    assert "The three bands that speak most for each class:" in text
    assert "503.2 nm" in text
    assert "CC BY 3.0" in text
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names >= {
        "relevance.zarr",
        "bands.csv",
        "conservation.csv",
        "figures",
        "run.json",
        "model.safetensors",
    }


OWN = """
from torch import nn

class Net(nn.Sequential):
    layout = "patch"

    def __init__(self, bands, classes):
        super().__init__(nn.Conv2d(bands, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(8, classes))
"""


def test_a_network_in_the_folder_is_trained_taken_over_and_explained(
    lrprism: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_patches(tmp_path / "leaves.hdf5")
    (tmp_path / "nets_in_this_folder.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "plants.csv").write_text("\n".join(str(each // 3) for each in range(24)), encoding="utf-8")
    own, data = "nets_in_this_folder:Net", ("leaves.hdf5", "--wavelengths", "400:950")
    steps = ("--preprocess", "savgol:3:1,zscore", "--pca", "6")
    training = ("--groups", "plants.csv", "--seeds", "2", "--epochs", "12", "--learning-rate", "1e-2")
    code, text, errors = lrprism("train", *data, "--model", own, *steps, *training, "--out", "run")
    assert code == 0, errors
    assert "split by groups." in text
    assert "Over 2 seeds, mean with its 95 % interval:\n  accuracy " in text
    assert "training Net, seed 1, epoch 12 of 12" in errors
    assert not list(tmp_path.glob(".run*"))

    weights = load_file("run/model.safetensors")
    inner = {name[8:]: value for name, value in weights.items() if name.startswith("network.")}
    save_file(inner, "best.safetensors")
    code, text, errors = lrprism(
        "adopt",
        own,
        *data,
        *steps,
        "--weights",
        "best.safetensors",
        "--split",
        "run/split.csv",
        "--out",
        "mine",
    )
    assert code == 0, errors
    assert "split by run/split.csv." in text
    assert load_file("mine/model.safetensors").keys() == weights.keys()

    code, _, errors = lrprism("explain", "mine", "--out", "why")
    assert code == 2
    assert f"If you trust it, add --model {own}." in errors
    code, text, errors = lrprism("explain", "mine", "--model", own, "--heatmaps", "0", "--out", "why")
    assert code == 0, errors
    assert "The three bands that speak most for each class:" in text
    code, text, errors = lrprism("inspect", "mine", "--model", own)
    assert code == 0, errors
    assert f"{own}: 12 bands" in text


def test_the_same_command_goes_on_where_a_training_was_stopped(
    lrprism: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = write_patches(tmp_path / "leaves.hdf5"), tmp_path / "run"
    command = ("train", data, "--wavelengths", "400:950", "--epochs", "3", "--out", out)
    with monkeypatch.context() as patch:
        patch.setattr("lrprism.spectral.workbench.record.save_weights", lambda *_: sys.exit(1))
        assert lrprism(*command)[0] == 1
    assert len(list((tmp_path / ".run.unfinished").glob("training-0.*.ckpt"))) == 1
    code, _, errors = lrprism(*command, "--seeds", "2")
    assert code == 2
    assert "taken up with the settings it was begun with" in errors
    code, _, errors = lrprism(*command)
    assert code == 0, errors
    assert "training Hyper3DNetLite" not in errors
    assert sorted(path.name for path in out.iterdir()) == [
        "model.safetensors", "plan.json", "run.json", "split.csv",
    ]  # fmt: skip


def test_inspect_a_patch_file(lrprism: object, patch_file: Path) -> None:
    code, text, _ = lrprism("inspect", patch_file, "--wavelengths", "400:950")
    assert code == 0
    assert "24 sample, 12 band, 5 y, 5 x" in text
    assert "12, from 400.0 to 950.0 nm" in text
    assert "class 2 (8)" in text


def test_inspect_indian_pines(lrprism: object) -> None:
    code, text, _ = lrprism("inspect", "indian-pines")
    assert code == 0
    for words in (
        "200 band, 145 y, 145 x",
        "not in rising order",
        "-0.09 to 17.208",
        "CC BY 3.0",
        "15 Stone-Steel-Towers (93)",
    ):
        assert words in text


def test_what_takes_seconds_to_import_is_not_imported_for_a_page_of_help() -> None:
    code = "import sys, lrprism.spectral.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"lightning", "torchmetrics", "scipy.stats"} & set(done.stdout.split())


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
            "error: data should be a cube, an HDF5 patch file or 'indian-pines'. Found no file",
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


def test_results_are_not_overwritten_unasked(lrprism: object, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--heatmaps", "0", "--per-class", "1", "--out", out)
    assert lrprism("explain", trained, *options)[0] == 0
    before = (out / "bands.csv").read_bytes()
    code, _, errors = lrprism("explain", trained, *options)
    assert code == 2
    assert "--overwrite" in errors
    assert lrprism("explain", trained, *options, "--target", "oak", "--overwrite")[0] == 2
    assert (out / "bands.csv").read_bytes() == before
    assert lrprism("explain", trained, *options, "--target", "1", "--overwrite")[0] == 0
    assert (out / "bands.csv").read_bytes() != before
