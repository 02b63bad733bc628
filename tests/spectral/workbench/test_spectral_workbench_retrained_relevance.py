import json
import multiprocessing
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import LRPrismError
from lrprism.spectral.workbench.explain_bands import explain_bands, pair_samples
from lrprism.spectral.workbench.part_samples import open_own_samples, read_part
from lrprism.spectral.workbench.retrained_relevance import (
    Job,
    SeedRelevance,
    count_jobs,
    draw_again,
    drop_seeds,
    explain_seeds,
    run_job,
)
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT, train_on_pixels


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of single spectra, whose class raises bands 0 and 1, or 4 and 5, or 8 and 9."""
    return train_on_pixels(tmp_path_factory.mktemp("relevance"), samples=60)


def plan_job(folder: Path, run: Path, *seeds: int) -> Job:
    return Job(folder, run, None, tuple(read_part(TrainedNetwork.load(run), "test").tolist()), seeds)


def test_the_seed_of_the_run_gives_its_network_again(run: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(run)
    (again,) = explain_seeds(plan_job(tmp_path, run, 0), 1, SILENT)
    assert again.scores is not None
    assert again.scores["accuracy"] == trained.record["test"]["accuracy"]
    samples, numbers = open_own_samples(trained), read_part(trained, "test")
    pairs = pair_samples(samples, numbers)
    relevance, predicted = explain_bands(trained.model, trained, samples, pairs)
    np.testing.assert_allclose(again.relevance, relevance, atol=1e-5)
    np.testing.assert_array_equal(again.predicted, predicted)
    # what a logit has beyond that of a sample of another class: the bands that its class raises
    labels = samples.labels_of(numbers)
    assert relevance[labels == 1].mean(axis=0).argsort()[-2:].tolist() in ([4, 5], [5, 4])
    drop_seeds(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_later_call_takes_the_seeds_that_are_there(run: Path, tmp_path: Path) -> None:
    job = plan_job(tmp_path, run, 3, 4)
    made = np.full((len(job.numbers), 12), 0.5)  # what no training gives
    SeedRelevance(3, {"accuracy": 0.123}, None, np.zeros(len(made), dtype=np.int64), made).write(tmp_path)
    first, second = explain_seeds(job, 1, SILENT)
    assert (first.scores, first.seed) == ({"accuracy": 0.123}, 3)
    np.testing.assert_array_equal(first.relevance, made)
    assert not np.isclose(second.relevance, 0.5).all()
    assert {path.name for path in tmp_path.iterdir()} == {"seed-3.npz", "seed-4.npz"}


def test_processes_give_what_one_gives(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the torchvision of other tests cannot be imported by a process that has not been helped
    monkeypatch.setattr(sys, "path", [path for path in sys.path if Path(path).name != "vision"])
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = explain_seeds(plan_job(tmp_path / "one", run, 1, 2), 1, SILENT)
    two = explain_seeds(plan_job(tmp_path / "two", run, 1, 2), 2, SILENT)
    assert [entry.seed for entry in two] == [1, 2]
    for single, parallel in zip(one, two, strict=True):
        assert single.scores == parallel.scores
        # the number of threads changes the order of sums
        np.testing.assert_allclose(single.relevance, parallel.relevance, atol=1e-3)


def test_a_process_that_is_killed_is_said_in_a_sentence(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a process that cannot import what other tests use ends before it is killed
    monkeypatch.setattr(sys, "path", [path for path in sys.path if Path(path).name != "vision"])

    def kill_one() -> None:
        for _ in range(600):
            if children := multiprocessing.active_children():
                children[0].kill()
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_one)
    killer.start()
    with pytest.raises(LRPrismError, match=r"each of 2 processes .* for lack of memory\. .* with --jobs 1"):
        explain_seeds(plan_job(tmp_path, run, 1, 2), 2, SILENT)
    killer.join()


def test_a_training_that_diverges_is_said_and_the_next_one_goes_on(run: Path, tmp_path: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    record["training"]["settings"]["learning_rate"] = 1e30
    for path in run.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    record["training"]["source"] = str(TrainedNetwork.load(run).source)
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "out").mkdir()
    job = plan_job(tmp_path / "out", tmp_path, 0, 1)
    run_job(job, SILENT)
    for seed in (0, 1):
        failed = SeedRelevance.read(tmp_path / "out", seed)
        assert failed.scores is None
        assert "loss" in str(failed.doubt)
        assert np.isnan(failed.relevance).all()
    assert not list((tmp_path / "out").glob("*.ckpt"))


def test_whole_plants_of_each_class_are_drawn_again() -> None:
    labels, plants = np.repeat([0, 1], [40, 4]), np.array([*np.repeat(np.arange(10), 4), 10, 10, 11, 11])
    drawn = draw_again(labels, plants, seed=0)
    counts = np.bincount(drawn, minlength=44)
    assert (counts.reshape(-1, 2) == counts[::2, None]).all()  # whole plants
    assert counts[:40].sum() == 40
    assert counts[40:].sum() == 4
    assert counts.max() > 1
    assert not np.array_equal(drawn, draw_again(labels, plants, seed=1))
    single = draw_again(labels, None, seed=0)
    assert np.bincount(labels[single]).tolist() == [40, 4]


def test_trainings_with_samples_drawn_again_differ_from_those_without(run: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(run)
    (again,) = explain_seeds(replace(plan_job(tmp_path, run, 0), redraws=True), 1, SILENT)
    samples = open_own_samples(trained)
    pairs = pair_samples(samples, read_part(trained, "test"))
    relevance, _ = explain_bands(trained.model, trained, samples, pairs)
    assert np.abs(again.relevance - relevance).max() > 0.01


def test_no_more_processes_than_seeds(run: Path) -> None:
    trained = TrainedNetwork.load(run)
    assert count_jobs(trained, [0]) == 1
    assert 1 <= count_jobs(trained, range(30)) <= 8
