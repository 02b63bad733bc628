"""Train a network and write all that an explanation needs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from lrprism.errors import InputError, ResultsError
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs import file_hash, read_json, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.loop import TrainingResult, check_devices, fit
from lrprism.spectral.training.seeds import summarize_seeds
from lrprism.spectral.workbench.convergence import note_convergence
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.hidden_bands import note_hidden_bands
from lrprism.spectral.workbench.joined_scenes import open_scenes
from lrprism.spectral.workbench.network_checks import check_task
from lrprism.spectral.workbench.networks import NetworkSettings, build_for_samples
from lrprism.spectral.workbench.parts import SampleParts
from lrprism.spectral.workbench.patch_batches import build_dataset
from lrprism.spectral.workbench.preparation import CLASSIFICATION, Preparation
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import score_test_part, write_network
from lrprism.spectral.workbench.scene_files import SceneFile, check_scene_options
from lrprism.spectral.workbench.scene_parts import check_test_classes, deal_scenes
from lrprism.spectral.workbench.scene_record import TABLE, describe_scenes, score_scenes, tabulate_scenes
from lrprism.spectral.workbench.sources import Samples, open_labelled_samples
from lrprism.spectral.workbench.split_settings import SCENES, SplitSettings

SEEDS: Final = "seeds.csv"


@dataclass(frozen=True)
class TrainingSettings:
    """The data, the network and the way to train it.

    Args:
        source: ``"indian-pines"``, or the path of a cube or of an HDF5 patch file.
        preparation: The preparation of the bands, and the window for a scene.
        network: The network, and its preprocessing.
        split: The way the samples are dealt out.
        training: The settings of the loop.
        weights: A file of weights that the network starts from; None for new ones.
        seeds: Number of trainings, each with the next seed, another split included. The run keeps the
            network of the first seed.
        others: Further scenes, those to test on last.
        resample: Whether further scenes of other bands are averaged to the wavelengths of the first.

    Raises:
        InputError: If the network cannot be trained or cannot do the task, there is no seed, or options of
            several scenes do not go together.
    """

    source: str
    preparation: Preparation = field(default_factory=Preparation)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    weights: str | None = None
    seeds: int = 1
    others: tuple[SceneFile, ...] = ()
    resample: bool = False

    def __post_init__(self) -> None:
        """Check that the network can be trained.

        Raises:
            InputError: If the network cannot be trained or cannot do the task, there is no seed, or options
                of several scenes do not go together.
        """
        if self.network.is_program:
            raise InputError(
                f"a network to train should be built from Python code. Found the program "
                f"'{self.network.name}'. Take it over as it is with lrprism adopt."
            )
        check_task(self.preparation.task, self.network.name, self.split.per_class)
        if self.seeds < 1:
            raise InputError(f"seeds should be at least 1. Found {self.seeds}. Raise it.")
        check_scene_options(self.others, self.split, self.seeds, self.resample)

    @property
    def files(self) -> tuple[SceneFile, ...]:
        """All scenes, where there are several."""
        return (SceneFile(self.source, self.preparation.labels), *self.others)

    @property
    def trainings(self) -> int:
        """Number of trainings: one for each seed, or with the split by scenes for each scene."""
        return len(self.files) if self.split.scheme == SCENES else self.seeds


def train_into(folder: Path, settings: TrainingSettings, reporter: Reporter) -> dict[str, Any] | None:
    """Train a network and write ``model.safetensors``, ``split.csv`` and ``run.json`` into a folder.

    An earlier call that was killed in the same folder goes on after its last epoch. With several seeds
    ``seeds.csv`` holds mean and interval of the results. Of several scenes ``scenes.csv`` holds the results
    of each: with the split by scenes of a training on the others, of which the run keeps the first network.

    Args:
        folder: The folder to write into; it must exist.
        settings: The data, the network and the way to train it.
        reporter: Shows the progress.

    Returns:
        The part of ``run.json`` about the training; None where another process writes it.

    Raises:
        DataError: If the data or weights cannot be read, or the data cannot be split.
        InputError: If a device is not there or a setting is out of range.
        ModelError: If the network does not fit the data, or the weights.
        ResultsError: If the folder holds unfinished work on other data.
    """
    check_devices(settings.training)  # a wrong name should not cost reading and splitting first
    samples = _open_samples(settings, reporter)
    samples = samples.hold(samples.numbers, folder)
    record = _read_finished_seeds(folder, samples)
    is_main = True
    for number in range(len(record.get("seeds", [])), settings.trainings):
        seed = settings.training.seed + number
        parts, model = _prepare_seed(samples, settings, number, reporter)
        checkpoint = _checkpoint_path(folder, samples, seed)
        result = _fit_seed(model, samples, parts, settings, seed, reporter, checkpoint)
        is_main = result.is_main
        if not is_main:  # of several processes only the first one tests and writes
            continue
        size, device = 4 * settings.training.batch_size, result.device
        score = partial(score_test_part, model, samples, batch_size=size, device=device, reporter=reporter)
        scores = score(parts.test, groups=parts.find_groups(samples, parts.test))
        if not record:
            record = write_network(folder, settings, samples, parts, model, scores)
            record |= _describe_training(settings, result, note_hidden_bands(model, samples))
            if settings.others:
                record |= describe_scenes(folder, settings.files, record, samples, settings.resample)
        if settings.others:
            known = record["scene_tests"]
            record["scene_tests"] = known | score_scenes(samples, parts.test, scores, score, known)
        record["seeds"] = [*record.get("seeds", []), {"seed": seed, **asdict(scores)}]
        write_json(folder / RUN_FILE, {"versions": versions(), "training": record})
    if not is_main:
        return None
    _finish_seeds(folder, settings, samples, record)
    return record


def _finish_seeds(folder: Path, settings: TrainingSettings, samples: Samples, record: dict[str, Any]) -> None:
    """Remove the checkpoints, and write the intervals over several seeds."""
    for checkpoint in folder.glob("training-*.ckpt"):  # also one that a kill has left behind
        checkpoint.unlink()
    if settings.seeds > 1:
        scores = [samples.task.read_scores(_leave_out_seed(entry)) for entry in record["seeds"]]
        summarize_seeds(scores, samples.task).to_csv(folder / SEEDS, index=False)
    if settings.others:
        tabulate_scenes(record["scene_tests"]).to_csv(folder / TABLE, index=False)


def _open_samples(settings: TrainingSettings, reporter: Reporter) -> Samples:
    if not settings.others:
        return open_labelled_samples(settings.source, settings.preparation, reporter)
    if settings.preparation.task != CLASSIFICATION:
        raise InputError(
            f"a {settings.preparation.task} should be of one scene, table or file. Found "
            f"{len(settings.files)}. Train on one, and explain the others with lrprism explain RUN OTHER."
        )
    samples = open_scenes(settings.files, settings.preparation, resample=settings.resample, reporter=reporter)
    if settings.split.scheme == SCENES:
        # before hours of work on the first ones
        check_test_classes(samples, [(fold,) for fold in range(settings.trainings)])
    return samples


def plan_training(settings: TrainingSettings) -> dict[str, Any]:
    """List all that a training depends on but the data: a call with the same plan goes on with the work.

    Args:
        settings: The data, the network and the way to train it.

    Returns:
        Plain JSON.
    """
    weights = None if settings.weights is None else file_hash(Path(settings.weights))
    plan: dict[str, Any] = json.loads(json.dumps({"training": asdict(settings), "versions": versions()}))
    return {**plan, "weights_sha256": weights}


def _read_finished_seeds(folder: Path, samples: Samples) -> dict[str, Any]:
    """Read the record that an earlier call wrote about finished seeds; empty where there was none.

    Raises:
        ResultsError: If an earlier call worked on other data.
    """
    suffixes = _checkpoint_path(folder, samples, 0).suffixes
    is_other = any(path.suffixes != suffixes for path in folder.glob("training-*.ckpt"))
    record: dict[str, Any] = {}
    if (folder / RUN_FILE).is_file():
        record = read_json(folder / RUN_FILE)["training"]
        is_other = is_other or record["data_sha256"] != samples.hash
    if is_other:
        raise ResultsError(
            f"Unfinished work should be taken up with the same data. Found others in '{samples.source}' than "
            "it was begun with. Give the data it was begun with, or begin anew with --overwrite."
        )
    return record


def _checkpoint_path(folder: Path, samples: Samples, seed: int) -> Path:
    """Return the path of the checkpoint of a seed; its suffixes name the data."""
    return folder / f"training-{seed}.{samples.hash[:16]}.ckpt"


def _prepare_seed(
    samples: Samples, settings: TrainingSettings, number: int, reporter: Reporter
) -> tuple[SampleParts, Pipeline]:
    seed = settings.training.seed + number
    tests = tuple(position for position, file in enumerate(settings.files) if file.is_test)
    if settings.split.scheme == SCENES and settings.others:  # each training leaves out the next scene
        tests = (number,)
    with reporter.step("splitting into training and test part"):
        parts = deal_scenes(samples, settings.split, settings.preparation.window, seed, tests)
        model = build_with_seed(settings.network, samples, parts.train, seed, settings.weights)
    return parts, model


def build_with_seed(
    network: NetworkSettings, samples: Samples, numbers: Numbers, seed: int, weights: str | None = None
) -> Pipeline:
    """Build a network for some samples; its starting weights follow from the seed alone.

    Args:
        network: The network, and its preprocessing.
        samples: The data.
        numbers: The samples that the preprocessing is fitted to.
        seed: The seed.
        weights: A file of weights to begin with; None for new ones.

    Raises:
        InputError: If a step is impossible for these data, or the layout of the network is not known.
        DataError: If a step cannot be fitted, or the weights cannot be read.
        ModelError: If the network or the weights do not fit the data.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_for_samples(network, samples, numbers, weights)


def _fit_seed(
    model: Pipeline,
    samples: Samples,
    parts: SampleParts,
    settings: TrainingSettings,
    seed: int,
    reporter: Reporter,
    checkpoint: Path,
) -> TrainingResult:
    config = replace(settings.training, seed=seed)
    if settings.weights is not None:
        # drawing anew would throw the weights away
        config = replace(config, initialize=False)
    train, validation = (build_dataset(samples, numbers) for numbers in (parts.train, parts.validation))
    return fit(
        *(model, train, validation, config),
        task=samples.task,
        checkpoint=checkpoint,
        progress=reporter.shows_progress,
        name=", ".join([type(model.network).__name__, *_name_training(samples, settings, seed)]),
    )


def _name_training(samples: Samples, settings: TrainingSettings, seed: int) -> list[str]:
    """Return the scene that one of several trainings leaves out, or its seed; nothing of a single one."""
    if samples.places is not None and settings.split.scheme == SCENES and settings.others:
        return [f"without {samples.places.names[seed - settings.training.seed]}"]
    return [f"seed {seed}"] if settings.trainings > 1 else []


def _describe_training(
    settings: TrainingSettings, result: TrainingResult, notes: Sequence[str]
) -> dict[str, Any]:
    """Return the part of ``run.json`` about the course of the training."""
    return {
        "settings": asdict(settings.training),
        "seed": settings.training.seed,
        "device": result.device,
        "best_epoch": asdict(result.best),
        "history": [asdict(epoch) for epoch in result.history],
        "notes": [*notes, *note_convergence(result.history)],
    }


def _leave_out_seed(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "seed"}
