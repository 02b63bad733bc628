from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from small_runs import write_patches

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
    (tmp_path / "plants.csv").write_text("\n".join(str(patch // 3) for patch in range(24)), encoding="utf-8")
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
    code, text, errors = lrprism("explain", "mine", "--model", own, "--figures", "none", "--out", "why")
    assert code == 0, errors
    assert "What tells each class from the others, mean over at most 64 of the samples shown" in text
    code, text, errors = lrprism("inspect", "mine", "--model", own)
    assert code == 0, errors
    assert f"{own}: 12 bands" in text
