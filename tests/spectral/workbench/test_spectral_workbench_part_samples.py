import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.workbench import (
    ExplanationSettings,
    Preparation,
    SplitSettings,
    explain_into,
    open_samples,
    train_into,
)
from lrprism.spectral.workbench.part_samples import (
    draw_evenly,
    find_groups,
    note_drawn,
    note_unknown_groups,
    open_own_samples,
    read_part,
    read_tensors,
    read_wavelengths,
)
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT, settings_for, write_patches


def test_a_part_is_that_of_the_split(trained: Path) -> None:
    table = pd.read_csv(trained / "split.csv")
    network = TrainedNetwork.load(trained)
    for part in ("train", "validation", "test"):
        assert read_part(network, part).tolist() == table.loc[table["part"] == part, "sample"].tolist()


def test_classes_are_drawn_as_evenly_as_their_sizes_allow(trained: Path) -> None:
    samples = open_own_samples(TrainedNetwork.load(trained))
    # samples 0 to 23 are of the classes 0, 1, 2, 0, ...: eight of class 0 and one of each other
    numbers = np.array([0, 1, 2, 3, 6, 9, 12, 15, 18, 21])
    drawn = draw_evenly(samples, numbers, 5, seed=0)
    assert np.bincount(samples.labels_of(drawn)).tolist() == [3, 1, 1]
    # one of each is the least
    assert len(draw_evenly(samples, numbers, 1, seed=0)) == 3


def test_patches_and_wavelengths_are_those_of_the_data(trained: Path) -> None:
    samples = open_own_samples(TrainedNetwork.load(trained))
    x, target = read_tensors(samples, np.array([4, 2]))
    np.testing.assert_array_equal(x, samples.cut(np.array([4, 2]))["patch"])
    assert target.tolist() == [1, 2]
    torch.testing.assert_close(
        read_wavelengths(samples), torch.arange(425.0, 926.0, 100.0, dtype=torch.float64)
    )


def test_other_data_than_those_of_the_training_are_refused(trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "copy")
    run = json.loads((copy / "run.json").read_text())
    run["training"]["data_sha256"] = "0" * 64
    (copy / "run.json").write_text(json.dumps(run))
    with pytest.raises(DataError, match=r"the data that the network was trained on\. Found others"):
        open_own_samples(TrainedNetwork.load(copy))


def test_samples_that_are_left_out_are_said() -> None:
    assert note_drawn("bands are selected by", 1000, 1000) == []
    assert note_drawn("bands are selected by", 1000, 1500) == [
        "bands are selected by 1000 of 1500 training samples"
    ]


def test_groups_are_known_where_their_file_is_gone(tmp_path: Path) -> None:
    source = write_patches(tmp_path / "leaves.hdf5")
    plants = np.array([f"{number // 3:03d}" for number in range(24)])
    listed = tmp_path / "plants.csv"
    listed.write_text("\n".join(plants), encoding="utf-8")
    settings = settings_for(source, split=SplitSettings(groups=str(listed)))
    settings = replace(settings, training=replace(settings.training, epochs=1))
    (tmp_path / "run").mkdir()
    train_into(tmp_path / "run", settings, SILENT)
    listed.unlink()
    network = TrainedNetwork.load(tmp_path / "run")
    samples, test = open_own_samples(network), read_part(network, "test")
    assert find_groups(network, samples, test).tolist() == plants[test].tolist()  # type: ignore[union-attr]
    (tmp_path / "out").mkdir()
    explain_into(tmp_path / "out", tmp_path / "run", ExplanationSettings(heatmaps=0), SILENT)
    group = xr.open_zarr(tmp_path / "out" / "relevance.zarr")["group"]
    assert group.values.tolist() == np.unique(plants[test], return_inverse=True)[1].tolist()
    note = "Note: the plants, fields or days of these samples are not known"
    assert note not in (tmp_path / "out" / "explanation.txt").read_text()
    # other leaves, of plants that nobody knows
    other = ExplanationSettings(str(write_patches(tmp_path / "other.hdf5", samples=9)), heatmaps=0)
    (tmp_path / "more").mkdir()
    explain_into(tmp_path / "more", tmp_path / "run", other, SILENT)
    assert note in (tmp_path / "more" / "explanation.txt").read_text()


def test_other_data_have_no_groups_of_the_training(trained: Path, tmp_path: Path) -> None:
    network = TrainedNetwork.load(trained)
    network.record["split"]["groups"] = "plants.csv"
    other = open_samples(
        str(write_patches(tmp_path / "other.hdf5", samples=9)), Preparation(wavelengths="400:950")
    )
    groups = find_groups(network, other, other.numbers)
    assert groups is None
    # no groups are known of the training either
    assert note_unknown_groups(network, groups) == []
