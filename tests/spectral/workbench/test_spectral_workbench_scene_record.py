from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lrprism.spectral.training.metrics import Metrics, evaluate
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.scene_record import (
    describe_scenes,
    note_uneven_classes,
    score_scenes,
    tabulate_scenes,
)
from small_several import open_small, write_scene


def test_each_scene_counts_alike_in_the_mean() -> None:
    scores = {
        "a": {
            "samples": 30,
            "accuracy": 0.5,
            "kappa": None,
            "f1": [0.5, 0.5],
            "confusion": [[10, 5], [10, 5]],
        },
        "b": {
            "samples": 10,
            "accuracy": 1.0,
            "kappa": 0.5,
            "f1": [1.0, None],
            "confusion": [[10, 0], [0, 0]],
        },
    }
    table = tabulate_scenes(scores)
    assert table.columns.tolist() == ["scene", "classes", "samples", "accuracy", "kappa"]
    assert table["scene"].tolist() == ["a", "b", "mean"]
    assert table["samples"].tolist() == [30, 10, 40]
    # the mean is over two classes in a and one in b: one is in both
    assert table["classes"].tolist() == [2, 1, 1]
    assert table["accuracy"].tolist() == [0.5, 1.0, 0.75]
    assert pd.isna(table["kappa"][0])
    assert table["kappa"][2] == 0.5


def test_a_mean_over_other_classes_in_each_scene_is_said() -> None:
    even, uneven = {"confusion": [[3, 1], [0, 4]]}, {"confusion": [[3, 1], [0, 0]]}
    assert note_uneven_classes({"a": even, "b": even}) == []
    (line,) = note_uneven_classes({"a": even, "b": uneven})
    assert "(2 in a, 1 in b; 1 in all): the scenes and their mean do not compare like with like" in line


def test_the_test_samples_of_each_scene_are_scored_alone(tmp_path: Path) -> None:
    samples = open_small([write_scene(tmp_path, "a"), write_scene(tmp_path, "b", seed=1)])
    assert samples.places is not None
    calls = []

    def score(numbers: Numbers) -> Metrics:
        """A network that always says class 0."""
        calls.append(len(numbers))
        logits = torch.tensor([[1.0, 0.0]]).repeat(len(numbers), 1)
        return evaluate(logits, torch.from_numpy(samples.labels_of(numbers)))

    test = samples.numbers[::3]
    scores = score_scenes(samples, test, score(test), score)
    scene = samples.places.find_scene(test)
    for number, name in enumerate("ab"):
        labels = samples.labels_of(test[scene == number])
        assert scores[name]["samples"] == len(labels)
        assert scores[name]["accuracy"] == pytest.approx(float(np.mean(labels == 0)))
    assert len(calls) == 3
    assert list(score_scenes(samples, test, score(test), score, known=["a"])) == ["b"]
    # one scene in the test part: nothing is tested twice
    calls.clear()
    only = test[scene == 0]
    assert score_scenes(samples, only, score(only), score)["a"]["samples"] == len(only)
    assert calls == [len(only)]


def test_paths_are_seen_from_the_folder_of_the_run(tmp_path: Path) -> None:
    files = [write_scene(tmp_path, "a"), write_scene(tmp_path, "b", seed=1)]
    samples = open_small(files)
    before = {"paths": {"source": "x", "wavelengths": "nm.txt"}, "preparation": {"labels": "y", "window": 3}}
    record = describe_scenes(tmp_path / "runs" / "r", files, before, samples, resample=False)
    assert record["source"] == [file.source for file in files]
    assert record["paths"] == {
        "source": ["../a.nc", "../b.nc"],
        "labels": ["../a.npy", "../b.npy"],
        "wavelengths": "nm.txt",
    }
    assert record["preparation"] == {"labels": [file.labels for file in files], "window": 3}
    assert [scene["name"] for scene in record["scenes"]] == ["a", "b"]
    assert [scene["sha256"] for scene in record["scenes"]] == [member.hash for member in samples.scenes]
    assert record["scenes"][0]["pixels"] == 480
