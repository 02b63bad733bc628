import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

import lrprism as lp
from lrprism.report import file_hash
from lrprism.spectral import load_indian_pines
from lrprism.training import TrainingConfig
from lrprism.workbench import Preparation, TrainingSettings, open_samples, train_into
from lrprism.workbench.progress import Reporter
from lrprism.workbench.training import at_most

SILENT = Reporter(shows_progress=False)


def test_a_run_folder_holds_what_an_explanation_needs(trained: Path, patch_file: Path) -> None:
    record = json.loads((trained / "run.json").read_text())["training"]
    assert record["network"] == {
        "name": "hyper3dnetlite", "scaling": "std", "pca": None, "bands": 6, "classes": 3, "window": 5,
    }  # fmt: skip
    assert record["data_sha256"] == file_hash(patch_file)
    assert record["weights_sha256"] == file_hash(trained / "model.safetensors")
    assert record["seed"] == 0
    assert set(load_file(trained / "model.safetensors")) >= {"network.conv3d_1.weight", "network.linear.bias"}


def test_the_planted_bands_are_learned(trained: Path) -> None:
    assert json.loads((trained / "run.json").read_text())["training"]["test"]["accuracy"] == 1.0


def test_the_parts_share_no_sample_and_lose_none(trained: Path) -> None:
    table = pd.read_csv(trained / "split.csv")
    assert sorted(table["sample"]) == list(range(24))
    assert set(table["part"]) == {"train", "validation", "test"}


def test_the_deviations_are_those_of_the_training_part(trained: Path, patch_file: Path) -> None:
    table = pd.read_csv(trained / "split.csv")
    samples = open_samples(str(patch_file), Preparation(average_pairs=True, wavelengths="400:950"))
    train = samples.cut(table.loc[table["part"] == "train", "sample"].to_numpy())["patch"].values
    expected = train.astype(np.float64).std(axis=(0, 2, 3))
    np.testing.assert_allclose(load_file(trained / "model.safetensors")["steps.0.std"], expected, rtol=1e-6)


def test_the_same_seed_gives_the_same_weights(trained: Path, patch_file: Path, tmp_path: Path) -> None:
    from small_runs import settings_for

    record = train_into(tmp_path, settings_for(patch_file), SILENT)
    assert record["weights_sha256"] == file_hash(trained / "model.safetensors")


def test_at_most_keeps_so_many_of_each_class() -> None:
    numbers = np.arange(10, 20)
    labels = np.array([0] * 7 + [1] * 3)
    chosen = at_most(numbers, labels, 4, seed=0)
    assert np.bincount(labels[chosen - 10]).tolist() == [4, 3]
    assert (np.diff(chosen) > 0).all()
    with pytest.raises(lp.DataError, match=r"samples per class should be at least 1\. Found 0\."):
        at_most(numbers, labels, 0, seed=0)


def test_a_scene_is_split_into_disjoint_blocks(tmp_path: Path) -> None:
    settings = TrainingSettings(
        "indian-pines",
        Preparation(average_pairs=True, bands=(5, 20, 40), window=5),
        per_class=4,
        training=TrainingConfig(epochs=1, device="cpu"),
    )
    record = train_into(tmp_path, settings, SILENT)
    assert record["split"]["test_windows_that_overlap_a_training_window"] == 0.0
    assert record["split"]["train"] <= 4 * 16
    table = pd.read_csv(tmp_path / "split.csv")
    train, test = (
        table.loc[table["part"] == part, ["row", "column"]].to_numpy() for part in ("train", "test")
    )
    apart = np.abs(train[:, None] - test[None]).max(axis=2)
    assert apart.min() >= 5
    labels = load_indian_pines().labels.values
    assert (labels[table["row"], table["column"]] - 1 == table["label"]).all()


def test_the_window_must_fit_and_the_file_exist(tmp_path: Path) -> None:
    with pytest.raises(
        lp.DataError,
        match=r"data should be a cube, an HDF5 patch file or 'indian-pines'\. Found no file 'no\.hdf5'",
    ):
        open_samples("no.hdf5", Preparation())
    with pytest.raises(lp.DataError, match=r"bands should be numbers in 0\.\.99\. Found 100"):
        open_samples("indian-pines", Preparation(average_pairs=True, bands=(1, 100)))
    even = replace(TrainingSettings("indian-pines"), preparation=Preparation(window=8, bands=(1, 2)))
    with pytest.raises(
        lp.DataError, match=r"window size should be odd and fit the scene of 145 x 145 pixels\. Found 8"
    ):
        train_into(tmp_path, even, SILENT)


def test_random_pixels_of_a_scene_leak_and_the_record_says_how_much(tmp_path: Path) -> None:
    settings = TrainingSettings(
        "indian-pines",
        Preparation(bands=(10, 40, 60), window=3),
        split="random",
        per_class=5,
        training=TrainingConfig(
            epochs=1, optimizer="adadelta", learning_rate=1.0, device="cpu", initialize=True
        ),
    )
    split = train_into(tmp_path, settings, SILENT)["split"]
    assert split["kind"] == "random"
    assert split["block"] is None
    assert split["test_windows_that_overlap_a_training_window"] > 0.9
    parts = pd.read_csv(tmp_path / "split.csv")
    labels = load_indian_pines().labels.values.ravel()
    assert (labels[parts["sample"]] == parts["label"] + 1).all()


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(lp.InputError, match=r"split should be one of blocks, random\. Found 'plants'"):
        TrainingSettings("indian-pines", split="plants")
