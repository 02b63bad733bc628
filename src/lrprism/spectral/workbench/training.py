"""Train a network, or take over one that was trained elsewhere, and write what an explanation needs."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from lrprism.errors import DataError, InputError, ModelError, ResultsError
from lrprism.spectral.networks import load_checkpoint, save_weights
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs import file_hash, read_json, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.training import (
    Metrics,
    TrainingConfig,
    TrainingResult,
    check_devices,
    evaluate,
    fit,
    over_seeds,
    predict,
)
from lrprism.spectral.workbench.networks import NetworkSettings
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.sources import Numbers, Preparation, Samples, network_inputs, open_samples
from lrprism.spectral.workbench.splitting import Parts, SplitSettings, everything, parts_of

WEIGHTS: Final = "model.safetensors"
SPLIT: Final = "split.csv"
SEEDS: Final = "seeds.csv"
_AT_ONCE: Final = 1000  # patches in memory while testing


@dataclass(frozen=True)
class TrainingSettings:
    """What to train on, and how.

    Args:
        source: ``"indian-pines"``, or the path of a cube or of an HDF5 patch file.
        preparation: What is done to the bands, and the window for a scene.
        network: Which network, and what stands in front of it.
        split: How the samples are dealt out.
        training: The settings of the loop.
        weights: A file of weights that the network starts from; None for new ones.
        seeds: How many times to train, each time with the next seed, another split included. The network of
            the first seed is kept.

    Raises:
        InputError: If an exported program is to be trained, or there is no seed.
    """

    source: str
    preparation: Preparation = field(default_factory=Preparation)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    weights: str | None = None
    seeds: int = 1

    def __post_init__(self) -> None:
        """Check what cannot be trained.

        Raises:
            InputError: If an exported program is to be trained, or there is no seed.
        """
        if self.network.is_program:
            raise InputError(
                f"a network to train should be built from Python code. Found the program "
                f"'{self.network.name}'. Take it over as it is with lrprism adopt."
            )
        if self.seeds < 1:
            raise InputError(f"seeds should be at least 1. Found {self.seeds}. Raise it.")


@dataclass(frozen=True)
class AdoptionSettings:
    """Which trained network to take over, and what it was trained on.

    Args:
        source: As in :class:`TrainingSettings`.
        preparation: What is done to the bands, and the window for a scene.
        network: The network, and what stands in front of it.
        split: The split that it was trained with; None where that is not known.
        weights: Its weights: a safetensors file or a checkpoint; None for an exported program.
        batch_size: Patches at a time.
        seed: Seed of a split drawn here.

    Raises:
        InputError: If weights are missing, or given beside a program.
    """

    source: str
    preparation: Preparation
    network: NetworkSettings
    split: SplitSettings | None = None
    weights: str | None = None
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that there are weights, once.

        Raises:
            InputError: If weights are missing, or given beside a program.
        """
        if self.network.is_program is (self.weights is not None):
            raise InputError(
                "weights should be given for a network built from code, and lie in an exported program. "
                f"Found {self.weights or 'none'} for '{self.network.name}'. "
                f"{'Leave out --weights' if self.weights else 'Give --weights FILE'}."
            )


def train_into(folder: Path, settings: TrainingSettings, reporter: Reporter) -> dict[str, Any] | None:
    """Train a network and write ``model.safetensors``, ``split.csv`` and ``run.json`` into a folder.

    An earlier call that was killed in the same folder is taken up after its last epoch. With several seeds
    ``seeds.csv`` holds mean and interval of the results.

    Args:
        folder: Where to write; it must exist.
        settings: What to train on, and how.
        reporter: Where to say what is being done.

    Returns:
        What ``run.json`` holds about the training; None where another process writes it.

    Raises:
        DataError: If the data or weights cannot be read, or the data cannot be split.
        InputError: If a device is not there or a setting is out of range.
        ModelError: If the network does not fit the data, or the weights.
        ResultsError: If the folder holds unfinished work on other data.
    """
    check_devices(settings.training)  # a wrong name should not cost reading and splitting first
    samples = _open(settings.source, settings.preparation, reporter)
    record = _begun(folder, samples)
    done, is_main = len(record.get("seeds", [])), True
    for number in range(done, settings.seeds):
        seed = settings.training.seed + number
        parts, model = _prepared(samples, settings, seed, reporter)
        checkpoint = _checkpoint(folder, samples, seed)
        result = _fit(model, samples, parts, settings, seed, reporter, checkpoint)
        is_main = result.is_main
        if not is_main:
            continue
        metrics = _test(model, samples, parts.test, 4 * settings.training.batch_size, result.device, reporter)
        if not record:
            record = _kept(folder, settings, samples, parts, model, metrics)
            record |= _trained(settings, result)
        record["seeds"] = [*record.get("seeds", []), {"seed": seed, **asdict(metrics)}]
        write_json(folder / RUN_FILE, {"versions": versions(), "training": record})
    if not is_main:
        return None
    for checkpoint in folder.glob("training-*.ckpt"):  # one that a kill has left behind too
        checkpoint.unlink()
    if settings.seeds > 1:
        table = over_seeds([_metrics(each) for each in record["seeds"]], samples.class_names)
        table.to_csv(folder / SEEDS, index=False)
    return record


def adopt_into(folder: Path, settings: AdoptionSettings, reporter: Reporter) -> dict[str, Any]:
    """Take over a network that was trained elsewhere: test it and write what :func:`train_into` writes.

    Args:
        folder: Where to write; it must exist.
        settings: Which network, and what it was trained on.
        reporter: Where to say what is being done.

    Returns:
        What ``run.json`` holds about the network.

    Raises:
        DataError: If the data, the split or the network cannot be read.
        InputError: If a setting is out of range.
        ModelError: If the network does not fit the data, or the weights.
    """
    samples = _open(settings.source, settings.preparation, reporter)
    with reporter.step(f"taking over {settings.network.name}"):
        if settings.split is None:
            parts = everything(samples)
        else:
            parts = parts_of(samples, settings.split, settings.preparation.window, settings.seed)
        fitted_on = parts.train if parts.train.size else parts.test
        model = _built(samples, settings, fitted_on)
        settings.network.keep_program(folder)
    metrics = _test(model.eval(), samples, parts.test, settings.batch_size, "cpu", reporter)
    record = _kept(folder, settings, samples, parts, model, metrics)
    write_json(folder / RUN_FILE, {"versions": versions(), "training": record})
    return record


def training_plan(settings: TrainingSettings) -> dict[str, Any]:
    """All that a training depends on but the data: it is taken up again where this is the same.

    Args:
        settings: What to train on, and how.

    Returns:
        Plain JSON.
    """
    weights = None if settings.weights is None else file_hash(Path(settings.weights))
    plan: dict[str, Any] = json.loads(json.dumps({"training": asdict(settings), "versions": versions()}))
    return {**plan, "weights_sha256": weights}


def _open(source: str, preparation: Preparation, reporter: Reporter) -> Samples:
    with reporter.step(f"reading {source}"):
        samples = open_samples(source, preparation)
    if not len(samples.numbers):
        raise DataError(
            f"'{source}' should have labelled samples to train and test on. Found none. Give a label map "
            "with --labels."
        )
    return samples


def _begun(folder: Path, samples: Samples) -> dict[str, Any]:
    """What an earlier call wrote about finished seeds; nothing where there was none.

    Raises:
        ResultsError: If an earlier call worked on other data.
    """
    own = _checkpoint(folder, samples, 0).suffixes
    is_other = any(file.suffixes != own for file in folder.glob("training-*.ckpt"))
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


def _checkpoint(folder: Path, samples: Samples, seed: int) -> Path:
    """Where the training with a seed is kept until it is done; the name tells the data."""
    return folder / f"training-{seed}.{samples.hash[:16]}.ckpt"


def _prepared(
    samples: Samples, settings: TrainingSettings, seed: int, reporter: Reporter
) -> tuple[Parts, Pipeline]:
    with reporter.step("splitting into training and test part"):
        parts = parts_of(samples, settings.split, settings.preparation.window, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = _built(samples, settings, parts.train)
    return parts, model


def _built(samples: Samples, settings: TrainingSettings | AdoptionSettings, numbers: Numbers) -> Pipeline:
    """The network with the weights to begin with, its preprocessing fitted to some samples; it runs."""
    patches = samples.cut(numbers)
    nm = patches["wavelength"].values
    model = settings.network.fitted(network_inputs(patches), nm, len(samples.class_names))
    if settings.weights is not None:
        load_checkpoint(model.network, settings.weights)
    _check_runs(model, samples, settings.network.name)
    return model


def _check_runs(model: Pipeline, samples: Samples, name: str) -> None:
    """Refuse a network that does not turn patches into one row of logits each.

    Raises:
        ModelError: If it fails, or returns something else.
    """
    patches = network_inputs(samples.cut(samples.numbers[[0, -1]]))
    classes = len(samples.class_names)
    training = model.training
    try:
        with torch.no_grad():
            found = model.eval()(patches)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ModelError(
            f"'{name}' should take any number of patches {tuple(patches.shape[1:])} (band, y, x) after their "
            f"preprocessing. Found: {reason}. Check layout, window, bands and preprocessing; export a "
            "program with a dynamic first dimension."
        ) from error
    finally:
        model.train(training)
    wanted = {(2, classes)} | ({(2, 1)} if classes == 2 else set())
    if not isinstance(found, Tensor) or tuple(found.shape) not in wanted:
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ModelError(
            f"'{name}' should give one row of {classes} logits per patch, (2, {classes}) for 2 patches. "
            f"Found {shape}. Check the number of classes."
        )


def _fit(
    model: Pipeline,
    samples: Samples,
    parts: Parts,
    settings: TrainingSettings,
    seed: int,
    reporter: Reporter,
    checkpoint: Path,
) -> TrainingResult:
    config = replace(settings.training, seed=seed)
    if settings.weights is not None:
        config = replace(config, initialize=False)
    train, validation = (_dataset(samples, each) for each in (parts.train, parts.validation))
    name = type(model.network).__name__
    name = name if settings.seeds == 1 else f"{name}, seed {seed}"
    return fit(
        model,
        train,
        validation,
        config,
        checkpoint=checkpoint,
        progress=reporter.shows_progress,
        name=name,
    )


def _dataset(samples: Samples, numbers: Numbers) -> TensorDataset:
    patches = samples.cut(numbers)
    return TensorDataset(network_inputs(patches), torch.from_numpy(patches["label"].values))


def _test(
    model: Pipeline, samples: Samples, test: Numbers, batch_size: int, device: str, reporter: Reporter
) -> Metrics:
    """Score the test part, so many patches at a time."""

    def pieces() -> Iterator[Tensor]:
        for part in np.array_split(test, -(-len(test) // _AT_ONCE)):
            yield predict(model, network_inputs(samples.cut(part)), batch_size=batch_size, device=device)

    with reporter.step(f"testing on {len(test)} patches"):
        return evaluate(torch.cat(list(pieces())), torch.from_numpy(samples.labels_of(test)))


def _kept(
    folder: Path,
    settings: TrainingSettings | AdoptionSettings,
    samples: Samples,
    parts: Parts,
    model: Pipeline,
    metrics: Metrics,
) -> dict[str, Any]:
    """Write weights and split; return what ``run.json`` says about data, network and test."""
    save_weights(model, folder / WEIGHTS)
    table = parts.table(samples)
    table.to_csv(folder / SPLIT, index=False)
    patches = samples.cut(parts.test[:1])
    names = ("title", "attribution", "quantity", "units", "assumed")
    split = settings.split or SplitSettings()
    return {
        "source": settings.source,
        "data": {name: samples.attrs[name] for name in names},
        "data_sha256": samples.hash,
        "preparation": settings.preparation.record(),
        "class_names": samples.class_names,
        "network": settings.network.record(
            patches["wavelength"].values, len(samples.class_names), patches.sizes["x"]
        ),
        "weights": settings.weights,
        "weights_sha256": file_hash(folder / WEIGHTS),
        "split": parts.record(split, settings.preparation.window),
        "test": {**asdict(metrics), "f1": dict(zip(samples.class_names, metrics.f1, strict=True))},
    }


def _trained(settings: TrainingSettings, result: TrainingResult) -> dict[str, Any]:
    """What ``run.json`` says about the training."""
    return {
        "settings": asdict(settings.training),
        "seed": settings.training.seed,
        "device": result.device,
        "best_epoch": asdict(result.best),
        "history": [asdict(epoch) for epoch in result.history],
    }


def _metrics(record: dict[str, Any]) -> Metrics:
    values = {name: value for name, value in record.items() if name != "seed"}
    confusion = tuple(tuple(row) for row in values.pop("confusion"))
    return Metrics(**{**values, "f1": tuple(values["f1"]), "confusion": confusion})
