"""Relevance of the same samples in networks trained again with other seeds, in parallel and after kills."""

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console

from lrprism.errors import LRPrismError
from lrprism.spectral.files import write_whole
from lrprism.spectral.workbench.against_others import OtherClasses
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.explain_bands import explain_bands, pair_samples
from lrprism.spectral.workbench.part_samples import (
    find_groups,
    open_own_samples,
    read_part,
)
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.retrain import check_retrainable, train_again
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork


@dataclass(frozen=True, eq=False)
class SeedRelevance:
    """The relevance that one training gives the bands.

    Args:
        seed: Its seed.
        scores: Its scores on the whole test part, plain values; None where it failed.
        doubt: Why it is not to be believed: it diverged, or is no better than chance; None where it is.
        predicted: Classes that it predicts for the explained samples, ``[sample]``.
        relevance: Their relevance for their true class against samples of other classes, summed over the
            pixels, ``[sample, band]``.
    """

    seed: int
    scores: dict[str, Any] | None
    doubt: str | None
    predicted: npt.NDArray[np.int64]
    relevance: npt.NDArray[np.float64]

    def write(self, folder: Path) -> None:
        """Write it into a folder, whole or not at all."""
        facts = json.dumps({"scores": self.scores, "doubt": self.doubt})
        with write_whole(_name_file(folder, self.seed)) as partial, partial.open("wb") as file:
            np.savez(file, relevance=self.relevance, predicted=self.predicted, facts=np.array(facts))

    @classmethod
    def read(cls, folder: Path, seed: int) -> Self:
        """Read what :meth:`write` wrote."""
        with np.load(_name_file(folder, seed)) as stored:
            facts = json.loads(str(stored["facts"]))
            return cls(seed, facts["scores"], facts["doubt"], stored["predicted"], stored["relevance"])


@dataclass(frozen=True)
class Job:
    """Trainings of the network of a run that one process does.

    Args:
        folder: The folder to write into.
        network: The run folder.
        model: A network of the user's own that the run may import.
        numbers: The samples to explain.
        seeds: The seeds.
        redraws: Whether each training draws its training samples again.
    """

    folder: Path
    network: Path
    model: str | None
    numbers: tuple[int, ...]
    seeds: tuple[int, ...]
    redraws: bool = False


def explain_seeds(job: Job, jobs: int, reporter: Reporter) -> list[SeedRelevance]:
    """Train the network of a run with each of some seeds, and explain the same samples with each.

    Seeds that an earlier call finished in the same folder are not trained again; their files stay until
    :func:`drop_seeds`.

    Args:
        job: The run, the samples and all seeds.
        jobs: Number of processes that train at a time, each on one thread of the processor if several.
        reporter: Shows the progress.

    Raises:
        DataError: If the data cannot be read.
        InputError: If the network cannot be trained again.
        LRPrismError: If the system, or someone, ended a process.
    """
    left = [seed for seed in job.seeds if not _name_file(job.folder, seed).is_file()]
    parts = [replace(job, seeds=tuple(left[start::jobs])) for start in range(min(jobs, len(left)))]
    if len(parts) == 1:
        run_job(parts[0], reporter)
    elif parts:
        with reporter.step(f"training {len(left)} networks in {len(parts)} processes"):
            _run_in_parallel(parts, reporter)
    return [SeedRelevance.read(job.folder, seed) for seed in job.seeds]


def _run_in_parallel(parts: Sequence[Job], reporter: Reporter) -> None:
    """Do each job in a process of its own.

    Raises:
        LRPrismError: If a process was ended from outside.
    """
    # a forked process would inherit locks that torch holds
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(len(parts), context, _prepare_process, (os.getpid(),)) as pool:
            list(pool.map(_run_in_process, parts, [reporter.shows_progress] * len(parts)))
    except BrokenProcessPool as error:
        raise LRPrismError(
            f"each of {len(parts)} processes should train to its end. Found that one was ended from outside, "
            "perhaps for lack of memory. Give the same command again, which goes on, or with --jobs 1."
        ) from error


def drop_seeds(folder: Path) -> None:
    """Delete the files of all seeds.

    Args:
        folder: Where they are.
    """
    for path in folder.glob("seed-*"):
        path.unlink()


def _name_file(folder: Path, seed: int) -> Path:
    return folder / f"seed-{seed}.npz"


def _prepare_process(parent: int) -> None:
    """Use one thread, and end with the process that began this one."""
    torch.set_num_threads(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    # a killed parent ends nobody: its children would train on beside those of the next call
    threading.Thread(target=watch, daemon=True).start()


def _run_in_process(job: Job, shows_progress: bool) -> None:
    # bars of several processes would write over each other: one line per seed
    run_job(job, Reporter(shows_progress, Console(stderr=True, force_terminal=False)), is_alone=False)


def run_job(job: Job, reporter: Reporter, *, is_alone: bool = True) -> None:
    """Train with the seeds of a job one after the other, explain, and write a file for each.

    Args:
        job: The trainings.
        reporter: Shows the progress.
        is_alone: Whether each training may show its epochs.
    """
    trained = TrainedNetwork.load(job.network, job.model)
    samples = open_own_samples(trained)
    inner = reporter if is_alone else Reporter(shows_progress=False)
    pairs = pair_samples(samples, np.array(job.numbers, dtype=np.int64))
    for seed in job.seeds:
        with reporter.step(f"training and explaining with seed {seed}"):
            _explain_seed(job, trained, samples, pairs, seed, inner).write(job.folder)


def _explain_seed(
    job: Job, trained: TrainedNetwork, samples: Samples, pairs: OtherClasses, seed: int, reporter: Reporter
) -> SeedRelevance:
    config = replace(check_retrainable(trained), seed=seed)
    checkpoint = job.folder / f"seed-{seed}.ckpt"
    train = read_part(trained, "train")
    if job.redraws:
        plants = find_groups(trained, samples, train)
        train = train[draw_again(samples.labels_of(train), plants, seed)]
    try:  # one training that diverges is no reason to lose the others
        model, scores = train_again(
            trained, samples, config, checkpoint, reporter, name=f"seed {seed}", train=train
        )
        relevance, predicted = explain_bands(model, trained, samples, pairs)
    except LRPrismError as error:
        checkpoint.unlink(missing_ok=True)
        missing = np.full((len(job.numbers), trained.record["network"]["bands"]), np.nan)
        return SeedRelevance(seed, None, str(error).rstrip("."), np.full(len(job.numbers), -1), missing)
    facts = asdict(scores)
    return SeedRelevance(seed, facts, trained.task.find_doubt(facts), predicted, relevance)


def draw_again(labels: Numbers, plants: npt.NDArray[np.generic] | None, seed: int) -> Numbers:
    """Draw samples with replacement, whole plants where they are known, as many plants of each class.

    Args:
        labels: Class of each sample.
        plants: The plant, polygon or square of each; None where each sample stands for itself.
        seed: Seed of the draw.

    Returns:
        Positions of the samples drawn, in ascending order; no class is lost.
    """
    generator = np.random.default_rng(seed)
    names = np.arange(len(labels)) if plants is None else plants
    drawn = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        _, own = np.unique(names[members], return_inverse=True)
        count = int(own.max()) + 1
        drawn += [members[own == plant] for plant in generator.integers(0, count, count)]
    return np.sort(np.concatenate(drawn))


def count_jobs(trained: TrainedNetwork, seeds: Sequence[int]) -> int:
    """Return the number of processes to train in where none is named: one per core, of a GPU one.

    Args:
        trained: The network of the run.
        seeds: The seeds.
    """
    config = check_retrainable(trained)
    if config.devices.accelerator != "cpu" and torch.accelerator.is_available():
        return 1
    return max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, len(seeds), 8))
