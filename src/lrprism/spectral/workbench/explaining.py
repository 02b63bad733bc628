"""Explain labelled samples with a trained network and write relevance, tables and figures."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.composites import AbstractComposite, presets
from lrprism.engine import Audit
from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.statistics import band_table, sample_spectra
from lrprism.spectral.cubes.patches import PatchSet
from lrprism.spectral.cubes.windows import cut_windows
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.networks import load_weights
from lrprism.spectral.plots import save, scene_relevance
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs import file_hash, read_run, versions, write_json
from lrprism.spectral.runs.tables import conservation_table
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench.every_pixel import PixelExplainer
from lrprism.spectral.workbench.figures import draw_figures
from lrprism.spectral.workbench.networks import network_of
from lrprism.spectral.workbench.patch_explainer import ExplainsSamples, PatchExplainer
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.relevance_store import RelevanceStore
from lrprism.spectral.workbench.sources import Numbers, Preparation, Samples, open_samples
from lrprism.spectral.workbench.splitting import at_most
from lrprism.spectral.workbench.training import SPLIT, WEIGHTS

COMPOSITES: dict[str, AbstractComposite] = {
    "tutorial": presets.Hyper3DNetTutorial(),
    "epsilon-gamma": presets.EpsilonGamma(),
    "epsilon": presets.Epsilon(),
    "lrp-0": presets.Epsilon(0),
    "epsilon-plus": presets.EpsilonPlus(),
    "epsilon-plus-flat": presets.EpsilonPlusFlat(),
    "epsilon-alpha2-beta1": presets.EpsilonAlpha2Beta1(),
    "epsilon-alpha2-beta1-flat": presets.EpsilonAlpha2Beta1Flat(),
}
"""The composites that the command line knows by name."""


@dataclass(frozen=True)
class ExplanationSettings:
    """What to explain, and how.

    Args:
        source: The data; None for the data that the network was trained on.
        rule: A name in :data:`COMPOSITES`.
        target: ``"predicted"``, ``"true"``, the number of a class or its name.
        per_class: At most so many samples of each true class; all of them if None.
        batch_size: Patches at a time.
        devices: Where to run.
        seed: Seed of the draw of samples.
        heatmaps: How many samples of each explained class get a grid of heatmaps.
        every_pixel: Whether every pixel of a scene is explained, labelled or not, and laid out as a map.
        model: A network of the user's own that the run may import, ``"package.module:factory"``.
    """

    source: str | None = None
    rule: str = "tutorial"
    target: str = "predicted"
    per_class: int | None = 20
    batch_size: int = 32
    devices: Devices = field(default_factory=Devices)
    seed: int = 0
    heatmaps: int = 1
    every_pixel: bool = False
    model: str | None = None


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network with its weights and what it was trained on.

    Args:
        model: The network in evaluation mode, with its preprocessing in front.
        record: What ``run.json`` says about its training.
        folder: Its run folder.
    """

    model: Pipeline
    record: dict[str, Any]
    folder: Path

    @classmethod
    def load(cls, folder: Path, trusted: str | None = None) -> "TrainedNetwork":
        """Load what :func:`train_into` wrote.

        Args:
            folder: The run folder.
            trusted: The user's own network that may be imported, ``"package.module:factory"``.

        Raises:
            DataError: If the folder holds no trained network, or its files cannot be read.
            InputError: If the network is one of the user's own that is not trusted.
            ModelError: If the weights are those of another network.
        """
        record = read_run(folder).get("training")
        if not isinstance(record, dict) or not isinstance(record.get("network"), dict):
            raise DataError(
                f"'{folder}' should hold a trained network. Found none in its run.json. Run lrprism train."
            )
        model = network_of(record["network"], folder, trusted)
        load_weights(model, folder / WEIGHTS)
        return cls(model.eval(), record, folder)

    @property
    def preparation(self) -> Preparation:
        """What is done to the data before the network sees it, with windows as the network takes them."""
        made = Preparation.from_record(self.record["preparation"])
        return replace(made, window=self.record["network"]["window"])


def explain_into(
    folder: Path, network: Path, settings: ExplanationSettings, reporter: Reporter
) -> dict[str, Any] | None:
    """Explain samples; write relevance, two tables, figures and ``run.json``.

    Batches that an earlier call finished in the same folder are not explained again.

    Args:
        folder: Where to write; it must exist.
        network: The run folder of the trained network.
        settings: What to explain, and how.
        reporter: Where to say what is being done.

    Returns:
        What ``run.json`` holds about the explanation; None where another process writes it.

    Raises:
        DataError: If the network or the data cannot be read, or they do not fit each other.
        InputError: If the rule, the target or the device is unknown.
    """
    composite = named_composite(settings.rule)
    trained = TrainedNetwork.load(network, settings.model)
    with reporter.step(f"reading {settings.source or trained.record['source']}"):
        samples = open_samples(settings.source or trained.record["source"], trained.preparation)
        job = (_every_pixel if settings.every_pixel else _patches)(samples, trained, settings, composite)
    store = RelevanceStore(folder, len(job.numbers), settings.batch_size)
    if not _explain(job, store, settings, reporter):
        return None
    relevance, audits = store.read(), store.audits()
    conservation = conservation_table(audits, job.explained)
    conservation.to_csv(folder / "conservation.csv", index=False)
    figures = job.write(folder, relevance, conservation, reporter)
    record = {
        "settings": asdict(settings),
        "composite": repr(composite),
        "data_sha256": samples.hash,
        "weights_sha256": file_hash(trained.folder / WEIGHTS),
        "samples": {"part": job.part, "count": job.explained, **job.listed},
        "conservation": _summary(audits, job.explained),
        "figures": [str(path.relative_to(folder)) for path in figures],
    }
    write_json(
        folder / "run.json", {"versions": versions(), "training": trained.record, "explanation": record}
    )
    store.close()
    return record


@dataclass(frozen=True, eq=False)
class _Job:
    """What to explain, and what to make of it.

    Args:
        explainer: What explains a batch.
        numbers: Numbers of the samples.
        explained: How many of them are explained: of a scene, those that have a window.
        first: A sample whose explanation shows what one looks like.
        part: Which samples these are, in a word.
        listed: What the record says about each of them.
        write: Writes tables, maps and figures, and returns the figures.
    """

    explainer: ExplainsSamples
    numbers: Numbers
    explained: int
    first: Numbers
    part: str
    listed: dict[str, list[int]]
    write: Callable[[Path, xr.Dataset, pd.DataFrame, Reporter], list[Path]]


def _patches(
    samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings, composite: AbstractComposite
) -> _Job:
    numbers, part = _chosen(samples, trained, settings)
    _check_fit(samples.cut(numbers[:1]), trained, samples)
    explainer = _patch_explainer(samples, trained, settings, composite)

    def write(
        folder: Path, relevance: xr.Dataset, conservation: pd.DataFrame, reporter: Reporter
    ) -> list[Path]:
        with reporter.step("writing the table of bands"):
            spectra = sample_spectra(relevance)
            band_table(spectra).to_csv(folder / "bands.csv", index=False)
        figures = folder / "figures"
        return draw_figures(figures, relevance, spectra, conservation, settings.heatmaps, reporter)

    listed = {"numbers": numbers.tolist()}
    return _Job(explainer, numbers, len(numbers), numbers[:1], part, listed, write)


def _every_pixel(
    samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings, composite: AbstractComposite
) -> _Job:
    if samples.scene is None or samples.has_window is None:
        raise InputError(
            f"every pixel of a scene can be explained. Found patches in '{samples.source}'. Leave out "
            "--every-pixel."
        )
    patches = _patch_explainer(samples, trained, settings, composite)
    window = trained.record["network"]["window"]
    explainer = PixelExplainer(patches, samples.scene, window, samples.has_window)
    _check_fit(cut_windows(samples.scene, window, pixels=explainer.first, labelled=False), trained, samples)

    def write(folder: Path, relevance: xr.Dataset, _: pd.DataFrame, reporter: Reporter) -> list[Path]:
        maps = explainer.maps(relevance)
        with reporter.step("writing the maps"):
            for name, each in maps.items():
                write_cube(each, folder / f"{name}.nc", overwrite=True)
        with reporter.step("drawing the scene"):
            figure = scene_relevance(maps["relevance_map"], maps["class_map"], explainer.scene.cube)
            attribution = str(samples.attrs["attribution"])
            return [*save(figure, folder / "figures", "scene-relevance", dpi=200, attribution=attribution)]

    count = int(samples.has_window.sum())
    return _Job(explainer, explainer.numbers, count, explainer.first, "every pixel", {}, write)


def _patch_explainer(
    samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings, composite: AbstractComposite
) -> PatchExplainer:
    names = trained.record["class_names"]
    return PatchExplainer(trained.model, composite, samples, names, settings.target)


def _explain(job: _Job, store: RelevanceStore, settings: ExplanationSettings, reporter: Reporter) -> bool:
    from lrprism.spectral.workbench.batches import explain_batches  # late, as it says

    store.create(job.explainer.explain(job.first)[0])
    what = (
        f"explaining {len(job.numbers)} {'pixels' if settings.every_pixel else 'patches'} by {settings.rule}"
    )
    try:
        return explain_batches(job.explainer, store, job.numbers, settings.devices, reporter, what)
    except BaseException:
        store.drop_if_empty()
        raise


def plan_of(network: Path, settings: ExplanationSettings) -> dict[str, Any]:
    """All that an explanation depends on but the data: work is taken up again where this is the same.

    Args:
        network: The run folder of the trained network.
        settings: What to explain, and how.

    Returns:
        Plain JSON.

    Raises:
        DataError: If the folder holds no run, or no weights.
    """
    read_run(network)
    weights = file_hash(network / WEIGHTS)
    return {"explanation": asdict(settings), "weights_sha256": weights, "versions": versions()}


def named_composite(rule: str) -> AbstractComposite:
    """Return the composite of a name in :data:`COMPOSITES`.

    Args:
        rule: The name.

    Raises:
        InputError: If there is none of that name.
    """
    if rule not in COMPOSITES:
        raise InputError(f"rule should be one of {', '.join(COMPOSITES)}. Found '{rule}'.")
    return COMPOSITES[rule]


def _chosen(samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings) -> tuple[Numbers, str]:
    """The samples to explain: of the test part where the network was trained on this data, else of all."""
    numbers, part = samples.numbers, "all"
    if samples.hash == trained.record["data_sha256"]:
        table = pd.read_csv(trained.folder / SPLIT)
        numbers, part = table.loc[table["part"] == "test", "sample"].to_numpy(np.int64), "test"
    if settings.per_class is not None:
        numbers = at_most(numbers, samples.labels_of(numbers), settings.per_class, settings.seed)
    return numbers, part


def _check_fit(patches: PatchSet, trained: TrainedNetwork, samples: Samples) -> None:
    spec = trained.record["network"]
    found = (patches.sizes["band"], patches.sizes["x"])
    if found != (spec["bands"], spec["window"]):
        raise DataError(
            f"'{samples.source}' should give patches of {spec['bands']} bands and {spec['window']} pixels, "
            f"as the network was trained. Found {found[0]} bands and {found[1]} pixels. Explain data of the "
            "same sensor and window."
        )


def _summary(audits: Sequence[Audit], samples: int) -> dict[str, float]:
    """Mean per sample of what went in, what arrived and where the rest stayed, in logit units."""
    account = Audit.sum_of(audits)
    assert account is not None  # every job has a sample
    sinks = ("to_bias", "to_stabilizer", "to_rule", "to_constant", "to_unknown")
    return {
        "explained": account.explained / samples,
        "at_input": account.reached / samples,
        **{name: sum(getattr(row, name) for row in account.rows) / samples for name in sinks},
        "unaccounted": account.unaccounted / samples,
    }
