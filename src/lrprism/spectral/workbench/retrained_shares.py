"""The share of each band in the relevance, with intervals over networks trained again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.errors import InputError, ModelError
from lrprism.spectral.bands.class_codes import CLASS_CODES, add_codes
from lrprism.spectral.bands.consensus import signed_shares
from lrprism.spectral.bands.exchange import correlate_overall_and_within, exchangeable_groups
from lrprism.spectral.bands.redundancy import Redundancy
from lrprism.spectral.files import write_whole
from lrprism.spectral.plots import save, share_intervals
from lrprism.spectral.plots.wavelength_axis import list_visible
from lrprism.spectral.runs import file_hash, read_run, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.workbench.band_samples import gather_band_samples
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.describe_explanation import find_doubt
from lrprism.spectral.workbench.explain_bands import WAY
from lrprism.spectral.workbench.good_networks import choose_good, tabulate_networks
from lrprism.spectral.workbench.network_twins import find_network_twins
from lrprism.spectral.workbench.part_samples import find_groups, open_own_samples, read_part
from lrprism.spectral.workbench.per_class import limit_per_class
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import WEIGHTS
from lrprism.spectral.workbench.retrain import check_retrainable
from lrprism.spectral.workbench.retrained_relevance import (
    Job,
    SeedRelevance,
    count_jobs,
    drop_seeds,
    explain_seeds,
)
from lrprism.spectral.workbench.share_tables import SHARES, ClassShares, tabulate_bands, tabulate_groups
from lrprism.spectral.workbench.share_words import describe_shares
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

NETWORKS: Final = "networks.csv"
GROUPS: Final = "groups.csv"
BY_NETWORK: Final = "shares.nc"
WORDS: Final = "shares.txt"
_FEWEST: Final = 2


@dataclass(frozen=True)
class ShareSettings:
    """The trainings, and the samples that each of them is explained on.

    Args:
        seeds: Number of trainings, the first with the seed of the run, each further with the next.
        per_class: Most test samples of each class.
        least_accuracy: Accuracy of a good network; None for that which the trainings themselves give.
        redraw: Whether each training draws its training samples again, whole groups of them, so that
            intervals speak of other training samples too.
        seed: Seed of the draw of samples.
        model: A network of the user's own that the run may import, ``"package.module:factory"``.

    Raises:
        InputError: If there are fewer than 2 seeds or no samples, or the accuracy is none.
    """

    seeds: int = 30
    per_class: int = 64
    least_accuracy: float | None = None
    redraw: bool = True
    seed: int = 0
    model: str | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: If one is wrong.
        """
        if self.seeds < _FEWEST or self.per_class < 1:
            raise InputError(
                f"intervals over trainings need {_FEWEST} seeds and a sample of each class. Found "
                f"{self.seeds} and {self.per_class}. Give --seeds 30."
            )
        if self.least_accuracy is not None and not 0 <= self.least_accuracy <= 1:
            raise InputError(
                f"the accuracy of a good network should be from 0 to 1. Found {self.least_accuracy}. Give a "
                "share, such as 0.9."
            )


def plan_shares(network: Path, settings: ShareSettings) -> dict[str, Any]:
    """List all that the trainings depend on but the data, as plain JSON.

    The accuracy of a good network is no part of it: a call with another one judges the same trainings anew.

    Args:
        network: The run folder of the trained network.
        settings: The trainings and the samples.

    Raises:
        DataError: If the folder holds no run, or no weights.
    """
    read_run(network)
    shares = asdict(settings)
    del shares["least_accuracy"]
    return {
        "shares": shares,
        "way": WAY,
        "versions": versions(),
        "weights_sha256": file_hash(network / WEIGHTS),
    }


def measure_shares_into(
    folder: Path, network: Path, settings: ShareSettings, reporter: Reporter, jobs: int | None = None
) -> dict[str, Any]:
    """Train the network of a run with other seeds, explain the same test samples with each, and compare.

    Three tables (``networks.csv``, ``shares.csv`` per class and band, ``groups.csv`` per class and group of
    exchangeable bands), the signed shares of each network in ``shares.nc``, ``shares.txt`` and figures. A
    call that was killed goes on.

    Args:
        folder: The folder to write into; it must exist.
        network: The run folder of the trained network.
        settings: The trainings and the samples.
        reporter: Shows the progress.
        jobs: Number of processes that train at a time; None for one per core.

    Returns:
        The content of ``run.json``, with the words.

    Raises:
        DataError: If the network or its data cannot be read, or the data are others than it was trained on.
        InputError: If the network cannot be trained again.
        ModelError: If the network is at chance level, or fewer than 2 trainings are good.
    """
    trained = TrainedNetwork.load(network, settings.model)
    samples, numbers, seeds = _prepare(trained, settings, reporter)
    job = Job(folder, network.absolute(), settings.model, tuple(map(int, numbers)), seeds, settings.redraw)
    networks = explain_seeds(job, jobs or count_jobs(trained, seeds), reporter)
    good, networks_table = _choose(networks, settings)
    with reporter.step("comparing the trainings"):
        classes = _collect(trained, samples, numbers, good, redrawn=settings.redraw)
        groups = _group_bands(trained, samples, classes, settings.seed)
        patch = samples.cut(numbers[:1])
        bands = tabulate_bands(classes, groups, patch)
        uses = tabulate_groups(classes, groups, patch)
    words = describe_shares(networks_table, classes, bands, uses, _name_draws(samples, classes))
    networks_table.to_csv(folder / NETWORKS, index=False)
    for table, name in ((bands, SHARES), (uses, GROUPS)):
        add_codes(table, {CLASS_CODES: trained.codes}).to_csv(folder / name, index=False)
    _write_by_network(folder / BY_NETWORK, classes, good, patch["wavelength"].values)
    with write_whole(folder / WORDS) as partial:
        partial.write_text("\n".join(words) + "\n", encoding="utf-8")
    for number, figure in enumerate(share_intervals(bands, uses, WAY, list_visible(patch))):
        save(figure, folder / "figures", f"shares-{number + 1}", attribution=samples.attrs["attribution"])
    record = plan_shares(network, settings) | {
        "least_accuracy": settings.least_accuracy,
        "data_sha256": samples.hash,
        "samples": {"part": "test", "numbers": numbers.tolist()},
        "words": words,
        "training": trained.record,
    }
    write_json(folder / RUN_FILE, record)
    drop_seeds(folder)
    return record


def _prepare(
    trained: TrainedNetwork, settings: ShareSettings, reporter: Reporter
) -> tuple[Samples, Numbers, tuple[int, ...]]:
    """Open the data of a network that can be trained again, and choose the samples and the seeds.

    Raises:
        ModelError: If the network is at chance level.
    """
    config, doubt = check_retrainable(trained), find_doubt(trained.record)
    if doubt is not None:
        raise ModelError(
            f"bands should be asked of a network that has learned something. Found that {doubt}. Train it on "
            "more samples or for more epochs."
        )
    with reporter.step(f"reading {trained.record['source']}"):
        samples = open_own_samples(trained)
    test = read_part(trained, "test")
    numbers = limit_per_class(test, samples.labels_of(test), settings.per_class, settings.seed)
    return samples, numbers, tuple(range(config.seed, config.seed + settings.seeds))


def _choose(
    networks: Sequence[SeedRelevance], settings: ShareSettings
) -> tuple[list[SeedRelevance], pd.DataFrame]:
    """Return the good networks, and the table of all.

    Raises:
        ModelError: If there are fewer than 2.
    """
    reasons = choose_good(networks, settings.least_accuracy)
    good = [network for network, reason in zip(networks, reasons, strict=True) if reason is None]
    if len(good) < _FEWEST:
        why = "; ".join(f"seed {n.seed}: {r}" for n, r in zip(networks, reasons, strict=True) if r)
        raise ModelError(
            f"at least {_FEWEST} of {len(networks)} trainings should give a good network. Found {len(good)}: "
            f"{why}. Train for more epochs, or lower --least-accuracy."
        )
    return good, tabulate_networks(networks, reasons)


def _collect(
    trained: TrainedNetwork,
    samples: Samples,
    numbers: Numbers,
    good: Sequence[SeedRelevance],
    *,
    redrawn: bool,
) -> list[ClassShares]:
    """Return the relevance of each class in each good network."""
    labels = samples.labels_of(numbers)
    relevance = np.stack([network.relevance for network in good])
    predicted = np.stack([network.predicted for network in good])
    plants = find_groups(trained, samples, numbers)
    twins = find_network_twins(labels, predicted, trained.task.names)
    return [
        ClassShares(
            number,
            name,
            relevance[:, labels == number],
            (predicted == labels)[:, labels == number],
            None if plants is None else plants[labels == number],
            redrawn,
            twins[number],
        )
        for number, name in enumerate(trained.task.names)
    ]


def _name_draws(samples: Samples, classes: Sequence[ClassShares]) -> str:
    """Return what is drawn again to tell how far other samples would matter."""
    if all(entry.plants is None for entry in classes):
        return "samples"
    return "groups of samples" if samples.scene is None else "squares or polygons of the scene"


def _group_bands(
    trained: TrainedNetwork, samples: Samples, classes: Sequence[ClassShares], seed: int
) -> npt.NDArray[np.int64]:
    """Group exchangeable bands by the training samples, and by all classes that can be believed."""
    known = gather_band_samples(trained, samples, seed, explains=False)
    correlation = correlate_overall_and_within(known.spectra, known.labels)
    believed = [entry.signed for entry in classes if entry.reason is None]
    if not believed:
        return np.arange(len(correlation))
    redundancy = Redundancy(known.spectra, known.labels)
    return exchangeable_groups(np.stack(believed, axis=1), correlation, redundancy=redundancy, seed=seed)


def _write_by_network(
    path: Path,
    classes: Sequence[ClassShares],
    good: Sequence[SeedRelevance],
    wavelength: npt.NDArray[np.float64],
) -> None:
    """Write the signed shares of each network, for questions of the user's own."""
    explained = [entry for entry in classes if entry.shown]
    shares = np.stack([signed_shares(entry.relevance.mean(axis=1)) for entry in explained], axis=1)
    dataset = xr.Dataset(
        {"share": (("training", "class", "band"), shares, {"long_name": "signed share of the relevance"})},
        coords={
            "seed": ("training", [network.seed for network in good]),
            "class_name": ("class", [entry.name for entry in explained]),
            "wavelength": ("band", wavelength, {"units": "nm"}),
        },
    )
    with write_whole(path) as partial:
        dataset.to_netcdf(partial, engine="h5netcdf")
