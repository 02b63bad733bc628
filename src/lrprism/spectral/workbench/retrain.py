"""The check that counts: a network trained again with some bands, on the split of its run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd

from lrprism.errors import InputError, LRPrismError
from lrprism.spectral.files import write_whole
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs.stored_table import read_table
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.loop import fit
from lrprism.spectral.training.metrics import Metrics
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.few_bands import keep_bands
from lrprism.spectral.workbench.networks import NetworkSettings
from lrprism.spectral.workbench.part_samples import find_groups, read_part
from lrprism.spectral.workbench.patch_batches import build_dataset
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import score_test_part
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.train import build_with_seed
from lrprism.spectral.workbench.trained_network import TrainedNetwork

ACCURACY: Final = "accuracy.csv"
ALL: Final = "all"
"""The name of the set of all bands, beside the methods."""
_COLUMNS: Final = ("method", "k", "seed", "accuracy", "macro_f1", "kappa")


@dataclass(frozen=True)
class BandSet:
    """Bands to train with, and the seeds of the trainings.

    Args:
        method: The way that they were selected, in a word.
        k: The number of bands that was asked for.
        bands: Their positions among the bands of the run, in the order of selection.
        seeds: Seeds of the trainings.
    """

    method: str
    k: int
    bands: tuple[int, ...]
    seeds: tuple[int, ...]

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild what was written as JSON."""
        return cls(record["method"], record["k"], tuple(record["bands"]), tuple(record["seeds"]))


def check_retrainable(trained: TrainedNetwork) -> TrainingConfig:
    """Return the settings that a network is trained again with.

    Args:
        trained: The network of the run.

    Raises:
        InputError: If it predicts traits, was trained elsewhere, or began with the weights of a file.
    """
    trained.check_classes("a comparison of bands", "Its bands are ranked in bands.csv of lrprism explain.")
    config = trained.training_config
    if config is None:
        raise InputError(
            "bands should be compared by training the network again as it was trained. Found a network taken "
            "over by lrprism adopt, without settings of a training. Train one with lrprism train."
        )
    weights = trained.record.get("weights")
    if weights is not None:
        raise InputError(
            f"bands should be compared by networks with new weights. Found one that began with '{weights}', "
            "weights for all bands. Train one without --weights."
        )
    return config


def retrain(
    folder: Path,
    trained: TrainedNetwork,
    samples: Samples,
    band_sets: Sequence[BandSet],
    reporter: Reporter,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Train the network of a run again with each of some sets of bands; write ``accuracy.csv``.

    Training, validation and test part are those of the run, so that all trainings are tested on the same
    samples, and the bands may have been selected on the training part. A seed decides on the weights that a
    network begins with and on the order of the samples. A training that an earlier call finished in the same
    folder is not done again.

    Args:
        folder: The folder to write into; it must exist.
        trained: The network of the run.
        samples: Its data.
        band_sets: The sets of bands.
        reporter: Shows the progress.

    Returns:
        A row per set and seed with the columns method, k, seed, accuracy, macro_f1, kappa; and notes on sets
        that the network or its preprocessing cannot be built for.

    Raises:
        InputError: If the network cannot be trained again.
        DataError: If the split cannot be read.
    """
    config = check_retrainable(trained)
    rows, notes = _read_rows(folder), []
    done = {(row["method"], row["k"], row["seed"]) for row in rows}
    to_do = [(bands, seed) for bands in band_sets for seed in bands.seeds]
    refused: set[str] = set()
    title = f"training {len(to_do)} networks"
    with reporter.bar(len(to_do), title) as advance:
        for place, (bands, seed) in enumerate(to_do, start=1):
            words = _describe_set(bands)
            if (bands.method, bands.k, seed) not in done and words not in refused:
                reporter.tell(f"training {place} of {len(to_do)}: {words}, seed {seed}")
                try:  # a network of 30 principal components has no use for 10 bands
                    metrics = _train(folder, trained, samples, bands, replace(config, seed=seed))
                except LRPrismError as error:
                    refused.add(words)
                    notes.append(f"{bands.method} with {bands.k} bands is left out: {str(error).rstrip('.')}")
                else:
                    rows.append(_make_row(bands, seed, metrics))
                    with write_whole(folder / ACCURACY) as partial:
                        pd.DataFrame(rows, columns=_COLUMNS).to_csv(partial, index=False)
            advance()
    return pd.DataFrame(rows, columns=_COLUMNS), tuple(notes)


def _describe_set(bands: BandSet) -> str:
    return f"{bands.method}, {bands.k} bands"


def _make_row(bands: BandSet, seed: int, metrics: Metrics) -> dict[str, Any]:
    """Return the row of a training in ``accuracy.csv``."""
    scores = (metrics.accuracy, metrics.macro_f1, metrics.kappa)
    return dict(zip(_COLUMNS, (bands.method, bands.k, seed, *scores), strict=True))


def _read_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the trainings that an earlier call finished."""
    path = folder / ACCURACY
    if not path.is_file():
        return []
    return [{str(name): value for name, value in row.items()} for row in read_table(path).to_dict("records")]


def _train(
    folder: Path,
    trained: TrainedNetwork,
    samples: Samples,
    bands: BandSet,
    config: TrainingConfig,
) -> Metrics:
    """Train with some bands, in the order of the data, and test; says nothing, as there are many."""
    few = keep_bands(samples, sorted(bands.bands))
    checkpoint = folder / f"training-{bands.method}-{bands.k}-{config.seed}.ckpt"
    silent = Reporter(shows_progress=False)
    _, scores = train_again(trained, few, config, checkpoint, silent, name=_describe_set(bands))
    return scores


def train_again(
    trained: TrainedNetwork,
    samples: Samples,
    config: TrainingConfig,
    checkpoint: Path,
    reporter: Reporter,
    *,
    name: str,
    train: Numbers | None = None,
) -> tuple[Pipeline, Metrics]:
    """Train a network of the same kind on the training part of a run, and test it on the test part.

    Args:
        trained: The network of the run.
        samples: Its data, with all or some of the bands.
        config: The settings of its training, with another seed.
        checkpoint: The file to go on from after a kill; it is deleted at the end.
        reporter: Shows the progress.
        name: Name of the training in the progress.
        train: The samples to learn from, some of them several times; None for the training part.

    Returns:
        The new network and its scores.

    Raises:
        LRPrismError: If the network cannot be built for the bands, or its training diverges.
    """
    train = read_part(trained, "train") if train is None else train
    validation, test = (read_part(trained, part) for part in ("validation", "test"))
    network = NetworkSettings.from_record(trained.record["network"])
    model = build_with_seed(network, samples, train, config.seed)
    result = fit(
        model,
        build_dataset(samples, train),
        build_dataset(samples, validation),
        config,
        checkpoint=checkpoint,
        progress=reporter.shows_progress,
        name=name,
    )
    scores = score_test_part(
        model,
        samples,
        test,
        groups=find_groups(trained, samples, test),
        batch_size=4 * config.batch_size,
        device=result.device,
        reporter=reporter,
    )
    checkpoint.unlink(missing_ok=True)
    assert isinstance(scores, Metrics)  # a network of traits is refused before
    return model, scores
