import json
from pathlib import Path

from lrprism.spectral.workbench.composites import DEFAULT_RULE
from small_runs import write_patches


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
    assert "Accuracy 100.0 %, macro F1 1.000, kappa 1.000 on 12 test samples, split by random." in text
    assert "were drawn at random" in text
    assert str(run / "model.safetensors") in text
    assert "training Hyper3DNetLite, epoch 12 of 12" in progress

    code, text, progress = lrprism("explain", run, data, "--heatmaps", "0", "--pool", "250", "--out", out)
    assert code == 0, progress
    assert "What tells each class from the others, mean over at most 64 of the samples shown" in text
    assert "  elm (4 of 4 right): nothing is named. 4 samples are too few for a mean.\n" in text
    assert str(out / "relevance.zarr") in text
    assert f"explaining 12 samples by {DEFAULT_RULE}" in progress
    assert json.loads((out / "run.json").read_text())["training"]["class_names"] == ["oak", "elm", "ash"]

    code, text, _ = lrprism("inspect", run, "--rule", "epsilon-gamma")
    assert code == 0
    assert "hyper3dnetlite: 6 bands, 5 x 5 pixels, 3 classes, 195,411 parameters" in text
    assert "Gamma(gamma=0.25, eps=1e-06)" in text


def test_results_are_not_overwritten_unasked(lrprism: object, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--figures", "none", "--per-class", "1", "--out", out)
    assert lrprism("explain", trained, *options)[0] == 0
    before = (out / "bands.csv").read_bytes()
    code, _, errors = lrprism("explain", trained, *options)
    assert code == 2
    assert "--overwrite" in errors
    assert lrprism("explain", trained, *options, "--target", "oak", "--overwrite")[0] == 2
    assert (out / "bands.csv").read_bytes() == before
    assert lrprism("explain", trained, *options, "--target", "1", "--overwrite")[0] == 0
    assert (out / "bands.csv").read_bytes() != before


def test_the_choice_of_a_rule_is_said(lrprism: object, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--rule", "auto", "--pool", "0", "--figures", "none", "--per-class", "1", "--out", out)
    code, text, progress = lrprism("explain", trained, *options)
    assert code == 0, progress
    assert "samples of the training part: " in text
    assert "The same again: --rule " in text
    assert str(out / "choice.csv") in text
    choice = json.loads((out / "run.json").read_text())["explanation"]["choice"]
    assert f"explaining 3 samples by {choice['rows'][0]['rule']}" in progress
