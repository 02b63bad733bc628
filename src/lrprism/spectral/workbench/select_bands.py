"""Select bands by several methods on the training part of a run, and train again with each choice."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from lrprism.errors import InputError, LRPrismError
from lrprism.spectral.bands import SELECTORS, BandSamples
from lrprism.spectral.plots import accuracy_by_bands, save
from lrprism.spectral.runs import file_hash, read_json, read_run, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.workbench.band_accuracy import note_few_trainings, summarize_accuracy, tell_sufficient
from lrprism.spectral.workbench.band_samples import gather_band_samples
from lrprism.spectral.workbench.part_samples import note_drawn, open_own_samples
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import WEIGHTS
from lrprism.spectral.workbench.retrain import ALL, BandSet, check_retrainable, retrain
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork

SELECTION: Final = "selection.csv"
INTERVALS: Final = "intervals.csv"
_RECORD: Final = "selection.json"
"""The selection of unfinished work: a later call does not select again."""
_UNNAMEABLE: Final = (
    "no --bands can name these bands, as pairs were averaged across bands that were left out: choose them "
    "by wavelength"
)


@dataclass(frozen=True)
class SelectionSettings:
    """The ways to select bands, and the trainings that compare them.

    Args:
        methods: Names in :data:`lrprism.spectral.bands.SELECTORS`.
        counts: Numbers of bands.
        seeds: Trainings with each choice, the first with the seed of the run, each further with the next.
        seed: Seed of the draw of training samples.
        model: A network of the user's own that the run may import, ``"package.module:factory"``.

    Raises:
        InputError: If a method is unknown, or there is none, or no number of bands or seeds of 1 or more.
    """

    methods: tuple[str, ...]
    counts: tuple[int, ...]
    seeds: int = 5
    seed: int = 0
    model: str | None = None

    def __post_init__(self) -> None:
        """Check the names and the numbers.

        Raises:
            InputError: If one is wrong.
        """
        unknown = [name for name in self.methods if name not in SELECTORS]
        if unknown or not self.methods:
            raise InputError(
                f"methods should be some of {', '.join(SELECTORS)}. Found {', '.join(unknown) or 'none'}. "
                "Name them by commas."
            )
        if not self.counts or min(self.counts) < 1 or self.seeds < 1:
            raise InputError(
                f"numbers of bands and seeds should be at least 1. Found {list(self.counts)} bands and "
                f"{self.seeds} seeds. Raise them."
            )


def plan_selection(network: Path, settings: SelectionSettings) -> dict[str, Any]:
    """List all that a selection and its trainings depend on but the data, as plain JSON.

    Args:
        network: The run folder of the trained network.
        settings: The ways to select bands, and the trainings.

    Raises:
        DataError: If the folder holds no run, or no weights.
    """
    read_run(network)
    choices = {"methods": list(settings.methods), "counts": list(settings.counts)}
    plan = {"selection": {**asdict(settings), **choices}, "versions": versions()}
    return {**plan, "weights_sha256": file_hash(network / WEIGHTS)}


def select_into(
    folder: Path, network: Path, settings: SelectionSettings, reporter: Reporter
) -> dict[str, Any]:
    """Select bands and train again with each choice; write three tables and a figure of accuracies.

    Bands are selected on the training part alone, which gives relevance by the default rule; the networks
    are tested on the test part of the run, and all bands beside them. A call that was killed goes on. The
    tables are ``selection.csv``, ``accuracy.csv`` (a row per training) and ``intervals.csv``.

    Args:
        folder: The folder to write into; it must exist.
        network: The run folder of the trained network.
        settings: The ways to select bands, and the trainings.
        reporter: Shows the progress.

    Returns:
        The content of ``run.json``: settings, the bands of each choice, accuracies and notes.

    Raises:
        DataError: If the network or its data cannot be read, or the data are others than it was trained on.
        InputError: If the network cannot be trained again, or no choice of bands is possible.
    """
    trained = TrainedNetwork.load(network, settings.model)
    config = check_retrainable(trained)
    with reporter.step(f"reading {trained.record['source']}"):
        samples = open_own_samples(trained)
        samples = samples.hold(samples.numbers, folder)
    seeds = tuple(range(config.seed, config.seed + settings.seeds))
    band_sets, notes = _select(folder, trained, samples, settings, seeds, reporter)
    selection = _tabulate(samples, band_sets)
    selection.to_csv(folder / SELECTION, index=False)
    count = trained.record["network"]["bands"]
    everything = BandSet(ALL, count, tuple(range(count)), seeds)
    accuracy, failures = retrain(folder, trained, samples, (everything, *band_sets), reporter)
    summary = summarize_accuracy(accuracy)
    summary.to_csv(folder / INTERVALS, index=False)
    attribution = str(samples.attrs["attribution"])
    save(accuracy_by_bands(summary), folder / "figures", "accuracy-by-bands", attribution=attribution)
    record = plan_selection(network, settings) | {
        "data_sha256": samples.hash,
        "bands": selection.to_dict("records"),
        "accuracy": summary.to_dict("records"),
        "sufficient": tell_sufficient(summary),
        "notes": [
            *(*notes, *failures, *note_few_trainings(summary)),
            *([_UNNAMEABLE] if samples.band_numbers is None else []),
        ],
        "training": trained.record,
    }
    write_json(folder / RUN_FILE, record)
    (folder / _RECORD).unlink(missing_ok=True)
    return record


def _select(
    folder: Path,
    trained: TrainedNetwork,
    samples: Samples,
    settings: SelectionSettings,
    seeds: Sequence[int],
    reporter: Reporter,
) -> tuple[list[BandSet], list[str]]:
    """Select bands by each method, or read what an earlier call selected; notes say what was refused.

    Raises:
        InputError: If no choice is possible.
    """
    if (folder / _RECORD).is_file():
        record = read_json(folder / _RECORD)
        return [BandSet.from_record(entry) for entry in record["sets"]], list(record["notes"])
    known, notes = _gather(trained, samples, settings, reporter)
    notes += note_drawn("bands are selected by", len(known.labels), trained.record["split"]["train"])
    counts, refused = _keep_possible(settings.counts, known)
    notes += refused
    band_sets: list[BandSet] = []
    for name in dict.fromkeys(settings.methods):
        with reporter.step(f"selecting bands by {name}"):
            for k in counts:
                try:
                    band_sets += _choose(name, k, known, seeds)
                except LRPrismError as error:
                    notes.append(f"{name} with {k} bands is left out: {str(error).rstrip('.')}")
    if not band_sets:
        raise InputError(
            f"some choice of bands should be possible. Found none: {'; '.join(notes)}. Correct the choice."
        )
    sets = [asdict(entry) for entry in band_sets]
    write_json(folder / _RECORD, {"sets": sets, "notes": notes})
    return band_sets, notes


def _keep_possible(counts: Sequence[int], known: BandSamples) -> tuple[list[int], list[str]]:
    """Return the numbers of bands that some method could select, and what is said of the others."""
    possible, notes = [], []
    for k in dict.fromkeys(counts):
        try:
            known.check_count(k)
        except InputError as error:
            notes.append(f"{k} bands are left out: {str(error).rstrip('.')}")
        else:
            possible.append(k)
    return possible, notes


def _gather(
    trained: TrainedNetwork, samples: Samples, settings: SelectionSettings, reporter: Reporter
) -> tuple[BandSamples, list[str]]:
    """Read training samples, with relevance where a method needs it and the network can be explained."""
    if any(SELECTORS[name].needs_relevance for name in settings.methods):
        with reporter.step("explaining samples of the training part"):
            try:  # a network may hold what no rule can pass; the other methods do without
                return gather_band_samples(trained, samples, settings.seed, explains=True), []
            except LRPrismError as error:
                notes = [f"there is no relevance: {str(error).rstrip('.')}"]
            return gather_band_samples(trained, samples, settings.seed, explains=False), notes
    with reporter.step("reading samples of the training part"):
        return gather_band_samples(trained, samples, settings.seed, explains=False), []


def _choose(name: str, k: int, known: BandSamples, seeds: Sequence[int]) -> list[BandSet]:
    """Return the bands of a method: one set for all seeds, or one for each where they are drawn."""
    selector = SELECTORS[name]
    # each training of random bands draws its own
    groups = [(seed,) for seed in seeds] if selector.is_random else [tuple(seeds)]
    return [
        BandSet(name, k, tuple(selector.select(replace(known, seed=group[0]), k).tolist()), group)
        for group in groups
    ]


def _tabulate(samples: Samples, band_sets: Sequence[BandSet]) -> pd.DataFrame:
    """List the choices: method, k, seeds, bands as ``--bands`` takes them, wavelengths, channels."""
    patch = samples.cut(samples.numbers[:1])
    rows = []
    for entry in band_sets:
        order = sorted(entry.bands)
        numbers = None if samples.band_numbers is None else samples.band_numbers[order]
        rows.append(
            {
                "method": entry.method,
                "k": entry.k,
                "seeds": _join(entry.seeds),
                "bands": "" if numbers is None else _join(numbers),
                "wavelength_nm": _join(f"{nm:.1f}" for nm in patch["wavelength"].values[order]),
                "original_band": _join(patch["original_band"].values[order]),
                "ranked_nm": _join(f"{nm:.1f}" for nm in patch["wavelength"].values[list(entry.bands)]),
            }
        )
    names = ["method", "k", "seeds", "bands", "wavelength_nm", "original_band", "ranked_nm"]
    return pd.DataFrame(rows, columns=names)


def _join(parts: Any) -> str:
    return ",".join(str(part) for part in parts)
