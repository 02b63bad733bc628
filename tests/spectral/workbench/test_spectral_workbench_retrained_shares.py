import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from lrprism.errors import InputError, ModelError
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.parts import limit_per_class
from lrprism.spectral.workbench.retrained_relevance import SeedRelevance
from lrprism.spectral.workbench.retrained_shares import ShareSettings, measure_shares_into, plan_shares
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT, train_on_pixels

SETTINGS = ShareSettings(seeds=5, per_class=10)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of single spectra, whose class raises bands 0 and 1, or 4 and 5, or 8 and 9."""
    return train_on_pixels(tmp_path_factory.mktemp("shares"), samples=90)


@pytest.fixture(scope="module")
def measured(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    measure_shares_into(folder, run, SETTINGS, SILENT, jobs=1)
    return folder


def test_tables_figures_words_and_a_record_are_written(measured: Path) -> None:
    names = {path.name for path in measured.iterdir()}
    tables = {"networks.csv", "shares.csv", "groups.csv", "shares.nc"}
    assert names == {*tables, "shares.txt", "figures", "run.json"}
    assert {path.name for path in (measured / "figures").iterdir()} == {"shares-1.png", "shares-1.svg"}
    record = json.loads((measured / "run.json").read_text())
    assert record["words"] == (measured / "shares.txt").read_text().splitlines()
    assert len(record["samples"]["numbers"]) == 30
    assert record["training"]["network"]["name"] == "mlp"


def test_every_network_uses_the_bands_that_tell_the_class(measured: Path) -> None:
    table = pd.read_csv(measured / "shares.csv")
    for number in range(3):
        rows = table[table["class"] == number]
        pairs = rows["mean"].values.reshape(6, 2).sum(axis=1)  # bands 0 and 1, 4 and 5, 8 and 9 tell classes
        # a class is told from others by what it has, and by what they have
        assert pairs[[0, 2, 4]].argmax() == number
        assert pairs[[0, 2, 4]].sum() > 0.75
        assert rows["mean"].sum() == pytest.approx(1)
        assert ((rows["low"] <= rows["mean"]) & (rows["mean"] <= rows["high"])).all()
        assert (rows["n"] == 5).all()
    groups = pd.read_csv(measured / "groups.csv")
    best = groups.loc[groups.groupby("class")["mean"].idxmax()]
    assert best["use"].tolist() == ["every"] * 3
    assert best["users"].tolist() == [5] * 3


def test_the_shares_of_each_network_are_kept(measured: Path) -> None:
    dataset = xr.load_dataset(measured / "shares.nc")
    assert dataset["share"].dims == ("training", "class", "band")
    assert dataset["seed"].values.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(np.abs(dataset["share"]).sum("band"), 1)
    table = pd.read_csv(measured / "shares.csv")
    means = np.abs(dataset["share"].values).mean(axis=0).ravel()
    np.testing.assert_allclose(table["mean"], means)


def write_seeds(folder: Path, run: Path, accuracies: list[float | None]) -> None:
    """Write what trainings of these accuracies could have left behind, 30 samples explained by each."""
    record = json.loads((run / "run.json").read_text())["training"]
    for seed, accuracy in enumerate(accuracies):
        scores = None if accuracy is None else {**record["test"], "accuracy": accuracy, "kappa": None}
        relevance = np.random.default_rng(seed).normal(0.5, 0.1, (30, 12))
        doubt = None if scores else "the loss is not finite"
        SeedRelevance(seed, scores, doubt, np.zeros(30, dtype=np.int64), relevance).write(folder)


def test_trainings_that_are_not_good_are_named_and_left_out(run: Path, tmp_path: Path) -> None:
    write_seeds(tmp_path, run, [0.9, 0.9, 0.2, None, 0.9])
    record = measure_shares_into(tmp_path, run, SETTINGS, SILENT, jobs=1)
    assert record["words"][0].startswith("3 of 5 trainings gave a good network, with accuracies of 0.900")
    assert record["words"][1].startswith("Left out, seed 2: accuracy 0.200 is below")
    assert record["words"][2] == "Left out, seed 3: the loss is not finite."
    assert pd.read_csv(tmp_path / "networks.csv")["is_good"].tolist() == [True, True, False, False, True]
    # three networks: no lists, and said
    assert any("3 networks where at least 5 are asked for: intervals are wide" in w for w in record["words"])
    # each predicts class 0 for every sample
    assert "class 1: nothing can be said, most networks get most of these samples wrong." in record["words"]


def test_too_few_good_trainings_are_refused(run: Path, tmp_path: Path) -> None:
    write_seeds(tmp_path, run, [0.9, None, None, None, None])
    with pytest.raises(ModelError, match=r"at least 2 of 5 trainings .* Found 1: seed 1: the loss is not"):
        measure_shares_into(tmp_path, run, SETTINGS, SILENT, jobs=1)


def change_record(run: Path, folder: Path, **changes: Any) -> Path:
    shutil.copytree(run, folder / "other")
    record = json.loads((folder / "other" / "run.json").read_text())
    record["training"] |= changes
    (folder / "other" / "run.json").write_text(json.dumps(record))
    return folder / "other"


def test_a_network_at_chance_is_refused_before_any_training(run: Path, tmp_path: Path) -> None:
    test = json.loads((run / "run.json").read_text())["training"]["test"]
    other = change_record(run, tmp_path, test={**test, "confusion": [[5, 5, 5]] * 3})
    with pytest.raises(
        ModelError, match=r"has learned something\. Found that the network predicts no better"
    ):
        measure_shares_into(tmp_path, other, SETTINGS, SILENT, jobs=1)


def test_the_plan_names_settings_weights_and_the_way(run: Path) -> None:
    plan = plan_shares(run, SETTINGS)
    assert plan["shares"]["seeds"] == 5
    assert plan["way"] == "epsilon against samples of other classes"
    assert plan != plan_shares(run, replace(SETTINGS, seeds=6))
    # no training depends on the bound
    assert plan == plan_shares(run, replace(SETTINGS, least_accuracy=0.5))


def test_another_bound_judges_the_same_trainings_anew(run: Path, tmp_path: Path) -> None:
    write_seeds(tmp_path, run, [0.9, 0.8, 0.7, 0.6, 0.5])
    with pytest.raises(ModelError, match=r"Found 1: .*lower --least-accuracy"):
        measure_shares_into(tmp_path, run, replace(SETTINGS, least_accuracy=0.85), SILENT, jobs=1)
    lower = replace(SETTINGS, least_accuracy=0.65)
    record = measure_shares_into(tmp_path, run, lower, SILENT, jobs=1)
    assert record["words"][0].startswith("3 of 5 trainings gave a good network")
    assert record["least_accuracy"] == 0.65


def test_classes_that_networks_mix_up_are_named_instead_of_their_bands(run: Path, tmp_path: Path) -> None:
    write_seeds(tmp_path, run, [0.9] * 5)
    trained = TrainedNetwork.load(run)
    samples, test = open_own_samples(trained), read_part(trained, "test")
    labels = samples.labels_of(limit_per_class(test, samples.labels_of(test), 10, seed=0))
    for seed in range(5):
        network = SeedRelevance.read(tmp_path, seed)
        # six of ten of class 1 and of class 2 are right, the same in each
        predicted = labels.copy()
        for number in (1, 2):
            predicted[np.flatnonzero(labels == number)[:4]] = 3 - number
        replace(network, predicted=predicted).write(tmp_path)
    words = measure_shares_into(tmp_path, run, SETTINGS, SILENT, jobs=1)["words"]
    assert any(line.startswith("class 0 (10 samples, 100 % right") for line in words)
    assert "class 1: nothing can be said, the networks do not tell it from class 2: of their samples " in (
        "\n".join(words)
    )
    uses = pd.read_csv(tmp_path / "groups.csv").set_index("class")["use"]
    assert uses[[1, 2]].isna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 1}, r"need 2 seeds and a sample of each class\. Found 1 and 10\. Give --seeds 30"),
        ({"per_class": 0}, r"Found 5 and 0"),
        ({"least_accuracy": 90.0}, r"from 0 to 1\. Found 90\.0\. Give a share, such as 0\.9"),
    ],
)
def test_bad_settings(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(SETTINGS, **options)
