import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import lrprism as lp
from lrprism.spectral import load_indian_pines
from lrprism.spectral.runs import file_hash, write_json
from lrprism.spectral.training import Devices, TrainingConfig
from lrprism.spectral.workbench import (
    AdoptionSettings,
    ExplanationSettings,
    NetworkSettings,
    Preparation,
    SplitSettings,
    TrainingSettings,
    explain_into,
    open_samples,
    plan_training,
    train_into,
)
from lrprism.spectral.workbench.progress import Reporter
from small_runs import SILENT, settings_for, write_patches
from small_several import several_settings, write_scene


def test_a_run_folder_holds_what_an_explanation_needs(trained: Path, patch_file: Path) -> None:
    record = json.loads((trained / "run.json").read_text())["training"]
    wavelength = record["network"].pop("wavelength_nm")
    assert wavelength == pytest.approx([425, 525, 625, 725, 825, 925])
    assert record["network"] == {
        "name": "hyper3dnetlite", "steps": ["std"], "layout": None, "bands": 6, "classes": 3, "window": 5,
        "scales_outputs": False,
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
    record = train_into(tmp_path, settings_for(patch_file), SILENT)
    assert record["weights_sha256"] == file_hash(trained / "model.safetensors")


def test_a_scene_is_split_into_disjoint_blocks(tmp_path: Path) -> None:
    settings = TrainingSettings(
        "indian-pines",
        Preparation(average_pairs=True, bands=(5, 20, 40), window=5),
        split=SplitSettings(per_class=4),
        training=TrainingConfig(epochs=1, devices=Devices("cpu")),
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
        match=r"data should be a cube, spectra, patches or 'indian-pines'\. Found no file 'no\.hdf5'",
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
        split=SplitSettings("random", per_class=5),
        training=TrainingConfig(
            epochs=1, optimizer="adadelta", learning_rate=1.0, devices=Devices("cpu"), initialize=True
        ),
    )
    split = train_into(tmp_path, settings, SILENT)["split"]
    assert split["scheme"] == "random"
    assert split["test_windows_that_overlap_a_training_window"] > 0.9
    parts = pd.read_csv(tmp_path / "split.csv")
    labels = load_indian_pines().labels.values.ravel()
    assert (labels[parts["sample"]] == parts["label"] + 1).all()


def test_several_seeds_give_intervals_and_the_first_network_is_kept(
    trained: Path, patch_file: Path, tmp_path: Path
) -> None:
    record = train_into(tmp_path, settings_for(patch_file, seeds=3), SILENT)
    assert record["weights_sha256"] == file_hash(trained / "model.safetensors")
    assert [entry["seed"] for entry in record["seeds"]] == [0, 1, 2]
    table = pd.read_csv(tmp_path / "seeds.csv").set_index("quantity")
    accuracies = [entry["accuracy"] for entry in record["seeds"]]
    assert table.loc["accuracy", "mean"] == pytest.approx(np.mean(accuracies))
    assert table.loc["accuracy", "n"] == 3
    assert not list(tmp_path.glob("*.ckpt"))


def test_finished_seeds_are_not_trained_again(
    patch_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uninterrupted = train_into(tmp_path / "whole", settings_for(patch_file, seeds=2), SILENT)
    settings = settings_for(patch_file, seeds=2)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    train_into(tmp_path / "cut", replace(settings, seeds=1), SILENT)
    before = (tmp_path / "cut" / "model.safetensors").stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr("lrprism.spectral.workbench.train.score_test_part", stop)
        with pytest.raises(KeyboardInterrupt):
            train_into(tmp_path / "cut", settings, SILENT)
    again = train_into(tmp_path / "cut", settings, SILENT)
    assert (tmp_path / "cut" / "model.safetensors").stat().st_mtime_ns == before
    assert json.dumps(again["seeds"]) == json.dumps(uninterrupted["seeds"])


def test_unfinished_work_on_other_data_is_refused(patch_file: Path, tmp_path: Path) -> None:
    settings = settings_for(patch_file)
    train_into(tmp_path, settings, SILENT)
    other = write_patches(tmp_path / "other.hdf5", samples=27)
    with pytest.raises(
        lp.ResultsError, match=r"taken up with the same data\. Found others in '.*other\.hdf5'"
    ):
        train_into(tmp_path, replace(settings, source=str(other), seeds=2), SILENT)


def test_a_checkpoint_that_a_kill_left_behind_goes_with_the_next_call(
    patch_file: Path, tmp_path: Path
) -> None:
    settings = settings_for(patch_file)
    data = open_samples(str(patch_file), settings.preparation).hash
    train_into(tmp_path, settings, SILENT)
    (tmp_path / f"training-0.{data[:16]}.ckpt").write_bytes(b"of a training that is done")
    train_into(tmp_path, settings, SILENT)
    assert not list(tmp_path.glob("*.ckpt"))


def test_a_training_begun_on_other_data_is_not_taken_up(patch_file: Path, tmp_path: Path) -> None:
    (tmp_path / "training-0.0123456789abcdef.ckpt").write_bytes(b"of other data")
    with pytest.raises(lp.ResultsError, match=r"begin anew with --overwrite"):
        train_into(tmp_path, settings_for(patch_file), SILENT)


def test_the_plan_names_the_settings_and_the_weights_to_begin_with(tmp_path: Path) -> None:
    (tmp_path / "first.safetensors").write_bytes(b"weights")
    settings = settings_for(tmp_path / "leaves.hdf5", weights=str(tmp_path / "first.safetensors"))
    plan = plan_training(settings)
    assert plan == json.loads(json.dumps(plan))
    assert plan["weights_sha256"] == file_hash(tmp_path / "first.safetensors")
    assert plan_training(replace(settings, seeds=2)) != plan


def test_training_goes_on_from_weights(trained: Path, patch_file: Path, tmp_path: Path) -> None:
    weights = {
        name.removeprefix("network."): value
        for name, value in load_file(trained / "model.safetensors").items()
        if name.startswith("network.")
    }
    save_file(weights, tmp_path / "first.safetensors")
    settings = settings_for(patch_file, weights=str(tmp_path / "first.safetensors"))
    few = replace(settings, training=replace(settings.training, epochs=1, learning_rate=1e-12))
    (tmp_path / "run").mkdir()
    train_into(tmp_path / "run", few, SILENT)
    outcome = load_file(tmp_path / "run" / "model.safetensors")
    torch.testing.assert_close(outcome["network.linear.weight"], weights["linear.weight"])


def test_a_rebuild_network_the_user_s_own_is_trained_and_explained(
    own: str, patch_file: Path, tmp_path: Path
) -> None:
    settings = replace(
        settings_for(patch_file), network=NetworkSettings(f"{own}:Net", ("snv", "zscore", "pca:5"))
    )
    settings = replace(settings, training=replace(settings.training, learning_rate=1e-2))
    run = tmp_path / "run"
    run.mkdir()
    train_into(run, settings, SILENT)
    (tmp_path / "out").mkdir()
    with pytest.raises(lp.InputError, match=r"add --model our_nets:Net"):
        explain_into(tmp_path / "out", run, ExplanationSettings(rule="epsilon"), SILENT)
    chosen = ExplanationSettings(rule="epsilon", figures="none", model=f"{own}:Net")
    outcome = explain_into(tmp_path / "out", run, chosen, SILENT)
    assert abs(outcome["conservation"]["unaccounted"]) < 1e-4 * abs(outcome["conservation"]["explained"])


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("wrong", r"'our_nets:wrong' should take any number of patches \(6, 5, 5\) .*Found: Given groups=1"),
        ("many", r"'our_nets:many' should give one row of 3 logits per patch, .*Found \(2, 7\)"),
    ],
)
def test_a_network_that_does_not_fit_the_data_is_refused(
    own: str, patch_file: Path, tmp_path: Path, factory: str, message: str
) -> None:
    network = NetworkSettings(f"{own}:{factory}", layout="patch")
    with pytest.raises(lp.ModelError, match=message):
        train_into(tmp_path, replace(settings_for(patch_file), network=network), SILENT)


def test_what_cannot_be_trained_or_taken_over_is_refused() -> None:
    program, code = NetworkSettings("mine.pt2"), NetworkSettings("ours:Net")
    with pytest.raises(lp.InputError, match=r"Found the program 'mine\.pt2'\. Take it over as it is"):
        TrainingSettings("indian-pines", network=program)
    with pytest.raises(lp.InputError, match=r"seeds should be at least 1\. Found 0\."):
        TrainingSettings("indian-pines", seeds=0)
    with pytest.raises(lp.InputError, match=r"Found none for 'ours:Net'\. Give --weights FILE"):
        AdoptionSettings("indian-pines", Preparation(), code)
    with pytest.raises(lp.InputError, match=r"Found w\.ckpt for 'mine\.pt2'\. Leave out --weights"):
        AdoptionSettings("indian-pines", Preparation(), program, weights="w.ckpt")


def test_trainings_on_all_scenes_but_one_go_on_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [write_scene(tmp_path, name, seed=seed) for seed, name in enumerate("ab")]
    settings = several_settings(files, "scenes")
    assert settings.trainings == 2
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    train_into(tmp_path / "whole", settings, SILENT)
    with monkeypatch.context() as patch:
        # the first training is over, the second one has not begun
        patch.setattr("lrprism.spectral.workbench.train.write_json", write_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train_into(tmp_path / "killed", settings, SILENT)
    train_into(tmp_path / "killed", settings, SILENT)
    tables = [pd.read_csv(tmp_path / name / "scenes.csv") for name in ("whole", "killed")]
    pd.testing.assert_frame_equal(*tables)
    assert tables[0]["scene"].tolist() == ["a", "b", "mean"]
    assert len({file_hash(tmp_path / name / "split.csv") for name in ("whole", "killed")}) == 1
    record = json.loads((tmp_path / "whole" / "run.json").read_text())["training"]
    # the run keeps the network that has not seen the first scene
    assert record["test"]["accuracy"] == tables[0]["accuracy"][0]
    assert record["seeds"][1]["accuracy"] == tables[0]["accuracy"][1]


def write_and_stop(*arguments: Any) -> None:
    write_json(*arguments)
    raise KeyboardInterrupt


def test_the_progress_names_the_scene_that_a_training_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [write_scene(tmp_path, name, seed=seed) for seed, name in enumerate(("north", "south"))]
    settings = several_settings(files, "scenes")
    (tmp_path / "run").mkdir()
    train_into(tmp_path / "run", settings, Reporter())
    progress = capsys.readouterr().err
    assert "without north" in progress
    assert "without south" in progress
    assert "seed" not in progress
