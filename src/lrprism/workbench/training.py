"""Train a network on labelled samples and write what a later explanation needs."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import TensorDataset

from lrprism._errors import DataError, InputError
from lrprism.models import save_weights
from lrprism.report import file_hash, versions, write_json
from lrprism.spectral import Leakage, Split, disjoint_blocks, leakage, random_split
from lrprism.spectral.preprocessing import Pipeline
from lrprism.training import Metrics, TrainingConfig, TrainingResult, evaluate, fit, predict, resolve_device
from lrprism.workbench.networks import NetworkSettings
from lrprism.workbench.progress import Reporter
from lrprism.workbench.sources import Numbers, Preparation, Samples, network_inputs, open_samples

WEIGHTS = "model.safetensors"
SPLIT = "split.csv"
SPLITS = ("blocks", "random")
VALIDATION_NOTE = (
    "the best epoch was chosen on windows drawn at random from the training part, never on the test part"
)


@dataclass(frozen=True)
class TrainingSettings:
    """What to train on, and how.

    Args:
        source: ``"indian-pines"``, or the path of an HDF5 patch file.
        preparation: What is done to the bands, and the window for a scene.
        network: Which network, and what stands in front of it.
        split: How a scene is split: "blocks" that share no window, or "random" pixels, whose windows overlap;
            a patch file is always split at random.
        block: Side of the disjoint training and test blocks of a scene, in pixels.
        test_fraction: Share of the samples to test on.
        validation_fraction: Share of the training part that chooses the best epoch.
        per_class: At most so many training samples of each class; all of them if None.
        training: The settings of the loop.
    """

    source: str
    preparation: Preparation = field(default_factory=Preparation)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    split: str = "blocks"
    block: int = 16
    test_fraction: float = 0.5
    validation_fraction: float = 0.15
    per_class: int | None = None
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        """Check the split.

        Raises:
            InputError: If it is none of the known.
        """
        if self.split not in SPLITS:
            raise InputError(f"split should be one of {', '.join(SPLITS)}. Found '{self.split}'. Take one.")


@dataclass(frozen=True, eq=False)
class _Parts:
    """Numbers of the samples of each part."""

    train: Numbers
    validation: Numbers
    test: Numbers
    split: Split
    leakage: Leakage | None


def train_into(folder: Path, settings: TrainingSettings, reporter: Reporter) -> dict[str, Any]:
    """Train a network and write ``model.safetensors``, ``split.csv`` and ``run.json`` into a folder.

    Args:
        folder: Where to write; it must exist.
        settings: What to train on, and how.
        reporter: Where to say what is being done.

    Returns:
        What ``run.json`` holds.

    Raises:
        DataError: If the data cannot be read or split.
        InputError: If the device is not there or a setting is out of range.
    """
    resolve_device(settings.training.device)  # a wrong name should not cost reading and splitting first
    with reporter.step(f"reading {settings.source}"):
        samples = open_samples(settings.source, settings.preparation)
        if not len(samples.numbers):
            raise DataError(
                f"'{settings.source}' should have labelled samples to train on. Found none. Give a label map "
                "with --labels."
            )
    with reporter.step("splitting into training and test part"):
        parts = _split(samples, settings)
        train, validation = samples.cut(parts.train), samples.cut(parts.validation)
        model = settings.network.fitted(network_inputs(train), len(samples.class_names))
    datasets = [
        TensorDataset(network_inputs(each), torch.from_numpy(each["label"].values))
        for each in (train, validation)
    ]
    result = fit(
        model,
        datasets[0],
        datasets[1],
        settings.training,
        progress=reporter.shows_progress,
        name=type(model.network).__name__,
    )
    with reporter.step(f"testing on {len(parts.test)} patches"):
        metrics = _test(model, samples, parts.test, settings.training)
    save_weights(model, folder / WEIGHTS)
    _write_split(folder / SPLIT, samples, parts)
    record = _record(settings, samples, parts, result, metrics)
    record["network"] = settings.network.record(
        train.sizes["band"], len(samples.class_names), train.sizes["x"]
    )
    record["weights_sha256"] = file_hash(folder / WEIGHTS)
    write_json(folder / "run.json", {"versions": versions(), "training": record})
    return record


def _split(samples: Samples, settings: TrainingSettings) -> _Parts:
    """Disjoint blocks for a scene, a random draw for a patch file; then the validation part and the cap."""
    seed, names = settings.training.seed, samples.class_names
    if samples.scene is not None and settings.split == "blocks":
        split = disjoint_blocks(
            samples.scene.labels,
            block=settings.block,
            guard=settings.preparation.window // 2,
            seed=seed,
            test_fraction=settings.test_fraction,
        )
    else:
        drawn = random_split(
            samples.labels, test_fraction=settings.test_fraction, seed=seed, class_names=names
        )
        split = replace(drawn, train=samples.numbers[drawn.train], test=samples.numbers[drawn.test])
    labels = samples.labels_of(split.train)
    inner = random_split(labels, test_fraction=settings.validation_fraction, seed=seed, class_names=names)
    chosen = (
        inner.train
        if settings.per_class is None
        else at_most(inner.train, labels[inner.train], settings.per_class, seed)
    )
    found = None
    if samples.scene is not None:
        found = leakage(split, settings.preparation.window, samples.scene.labels.sizes["x"])
    return _Parts(split.train[chosen], split.train[inner.test], split.test, split, found)


def at_most(numbers: Numbers, labels: Numbers, per_class: int, seed: int) -> Numbers:
    """Draw at most ``per_class`` of the samples of each class.

    Args:
        numbers: The samples.
        labels: Class of each.
        per_class: How many to keep of each class at most.
        seed: Seed of the draw.

    Returns:
        The chosen samples, in their old order.

    Raises:
        DataError: If ``per_class`` is below 1.
    """
    if per_class < 1:
        raise DataError(f"samples per class should be at least 1. Found {per_class}. Raise it.")
    generator = np.random.default_rng(seed)
    kept = [generator.permutation(np.flatnonzero(labels == each))[:per_class] for each in np.unique(labels)]
    chosen: Numbers = numbers[np.sort(np.concatenate(kept))]
    return chosen


def _test(model: Pipeline, samples: Samples, test: Numbers, config: TrainingConfig) -> Metrics:
    """Score the test part, a thousand patches at a time."""
    logits = [
        predict(
            model,
            network_inputs(samples.cut(part)),
            batch_size=4 * config.batch_size,
            device=config.device,
        )
        for part in np.array_split(test, -(-len(test) // 1000))
    ]
    return evaluate(torch.cat(logits), torch.from_numpy(samples.labels_of(test)))


def _write_split(path: Path, samples: Samples, parts: _Parts) -> None:
    """Write which sample is in which part, so that an explanation can keep to the test part."""
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    table = pd.concat(
        [
            pd.DataFrame({"sample": each, "label": samples.labels_of(each), "part": name})
            for name, each in named.items()
        ]
    )
    if samples.scene is not None:
        width = samples.scene.labels.sizes["x"]
        table.insert(1, "row", table["sample"] // width)
        table.insert(2, "column", table["sample"] % width)
    table.sort_values("sample").to_csv(path, index=False)


def _record(
    settings: TrainingSettings, samples: Samples, parts: _Parts, result: TrainingResult, metrics: Metrics
) -> dict[str, Any]:
    """What ``run.json`` says about the training."""
    blocks = samples.scene is not None and settings.split == "blocks"
    f1 = dict(zip(samples.class_names, metrics.f1, strict=True))
    return {
        "source": settings.source,
        "data": {key: samples.attrs[key] for key in ("title", "attribution", "quantity", "units", "assumed")},
        "data_sha256": samples.hash,
        "preparation": settings.preparation.record(),
        "class_names": samples.class_names,
        "split": {
            "kind": "disjoint blocks" if blocks else "random",
            "block": settings.block if blocks else None,
            "guard": settings.preparation.window // 2 if blocks else None,
            "test_windows_that_overlap_a_training_window": parts.leakage and parts.leakage.overlapping,
            "coverage": parts.split.coverage.to_dict("records"),
            "classes_missing_from_a_part": parts.split.missing_classes,
            "notes": [*parts.split.notes, VALIDATION_NOTE],
            "train": len(parts.train),
            "validation": len(parts.validation),
            "test": len(parts.test),
        },
        "settings": asdict(settings.training),
        "seed": settings.training.seed,
        "device": result.device,
        "best_epoch": asdict(result.best),
        "history": [asdict(epoch) for epoch in result.history],
        "test": {
            "accuracy": metrics.accuracy,
            "macro_f1": metrics.macro_f1,
            "kappa": metrics.kappa,
            "f1": f1,
            "confusion": metrics.confusion,
        },
    }
