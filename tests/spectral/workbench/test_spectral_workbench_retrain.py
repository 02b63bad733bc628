import json
import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from lrprism.errors import InputError
from lrprism.spectral.workbench import NetworkSettings, Preparation, train_into
from lrprism.spectral.workbench.part_samples import open_own_samples
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.retrain import (
    ALL,
    BandSet,
    check_retrainable,
    retrain,
)
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT, settings_for, write_patches


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TrainedNetwork:
    """A network of single spectra, whose class raises bands 0 and 1, or 4 and 5, or 8 and 9."""
    folder = tmp_path_factory.mktemp("retrain")
    source = write_patches(folder / "leaves.hdf5", samples=120, size=1)
    settings = settings_for(source, network=NetworkSettings("mlp"))
    settings = replace(
        settings,
        preparation=Preparation(wavelengths="400:950"),
        training=replace(settings.training, epochs=6, batch_size=16, learning_rate=1e-2),
    )
    (folder / "run").mkdir()
    train_into(folder / "run", settings, SILENT)
    return TrainedNetwork.load(folder / "run")


def retrain_with(folder: Path, run: TrainedNetwork, *sets: BandSet) -> tuple[pd.DataFrame, tuple[str, ...]]:
    return retrain(folder, run, open_own_samples(run), sets, SILENT)


def test_a_log_gets_one_line_for_each_training(run: TrainedNetwork, tmp_path: Path) -> None:
    text = StringIO()
    reporter = Reporter(console=Console(file=text, width=200))
    sets = (BandSet(ALL, 12, tuple(range(12)), (0,)), BandSet("equal", 2, (0, 6), (0, 1)))
    retrain(tmp_path, run, open_own_samples(run), sets, reporter)
    *lines, last = text.getvalue().splitlines()
    assert lines == [
        "training 1 of 3: all, 12 bands, seed 0",
        "training 2 of 3: equal, 2 bands, seed 0",
        "training 3 of 3: equal, 2 bands, seed 1",
    ]
    assert last.startswith("training 3 networks: done in ")


def test_all_bands_give_the_network_of_the_run_again(run: TrainedNetwork, tmp_path: Path) -> None:
    table, notes = retrain_with(tmp_path, run, BandSet(ALL, 12, tuple(range(12)), (0,)))
    assert table["accuracy"].tolist() == [run.record["test"]["accuracy"]]
    assert table["macro_f1"].tolist() == [run.record["test"]["macro_f1"]]
    assert notes == ()
    assert not list(tmp_path.glob("*.ckpt"))


def test_bands_that_carry_the_class_do_and_others_do_not(run: TrainedNetwork, tmp_path: Path) -> None:
    carrying, empty = BandSet("good", 3, (8, 0, 4), (0, 1)), BandSet("bad", 3, (2, 6, 11), (0, 1))
    table, _ = retrain_with(tmp_path, run, carrying, empty)
    mean = table.groupby("method")["accuracy"].mean()
    assert mean["good"] > 0.95
    assert mean["bad"] < 0.6
    assert table["seed"].tolist() == [0, 1, 0, 1]


def test_a_later_call_takes_what_is_there(run: TrainedNetwork, tmp_path: Path) -> None:
    first = BandSet("good", 3, (0, 4, 8), (0,))
    table, _ = retrain_with(tmp_path, run, first)
    # a result that no training gives: it is taken, not made again
    table.assign(accuracy=0.123).to_csv(tmp_path / "accuracy.csv", index=False)
    again, _ = retrain_with(tmp_path, run, replace(first, seeds=(0, 1)))
    assert again["accuracy"].tolist()[0] == 0.123
    assert again["seed"].tolist() == [0, 1]
    assert pd.read_csv(tmp_path / "accuracy.csv")["seed"].tolist() == [0, 1]


def test_a_set_that_the_network_cannot_be_built_for_is_left_out(run: TrainedNetwork, tmp_path: Path) -> None:
    network = {**run.record["network"], "steps": ["std", "pca:4"]}
    reduced = replace(run, record={**run.record, "network": network})
    sets = BandSet("three", 3, (0, 4, 8), (0, 1)), BandSet("five", 5, (0, 2, 4, 8, 10), (0,))
    table, notes = retrain_with(tmp_path, reduced, *sets)
    assert table["method"].tolist() == ["five"]
    assert len(notes) == 1
    assert notes[0].startswith("three with 3 bands is left out: ")


def change_record(run: TrainedNetwork, folder: Path, **changes: Any) -> TrainedNetwork:
    shutil.copytree(run.folder, folder / "other")
    record = json.loads((folder / "other" / "run.json").read_text())
    record["training"] |= changes
    (folder / "other" / "run.json").write_text(json.dumps(record))
    return TrainedNetwork.load(folder / "other")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": None}, r"taken over by lrprism adopt, without settings of a training\. Train one"),
        (
            {"weights": "w.pt"},
            r"Found one that began with 'w\.pt', weights for all bands\. Train one without",
        ),
    ],
)
def test_runs_that_cannot_be_trained_again(
    run: TrainedNetwork, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_retrainable(change_record(run, tmp_path, **changes))


def test_a_record_gives_the_same_set() -> None:
    bands = BandSet("gss", 2, (4, 1), (0, 1))
    record = {"method": "gss", "k": 2, "bands": [4, 1], "seeds": [0, 1]}
    assert BandSet.from_record(record) == bands
