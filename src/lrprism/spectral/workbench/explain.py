"""Explain samples with a trained network and write relevance, tables and figures."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.engine import Account
from lrprism.errors import InputError
from lrprism.spectral.bands.statistics import DOUBT, PLANT_NDVI, RESOLUTION
from lrprism.spectral.runs import file_hash, read_run, versions, write_json
from lrprism.spectral.runs.record import RUN_FILE
from lrprism.spectral.runs.tables import conservation_table, sample_table, summarize_conservation
from lrprism.spectral.workbench.band_tables import check_plant_ndvi, write_areas, write_bands, write_zones
from lrprism.spectral.workbench.batches import explain_batches
from lrprism.spectral.workbench.choice import Choice, choose_way, drop_record
from lrprism.spectral.workbench.class_report import report_into
from lrprism.spectral.workbench.composites import find_composite
from lrprism.spectral.workbench.cutters import Numbers, WindowCutter
from lrprism.spectral.workbench.describe_explanation import SamplePart, find_doubt, record_way, write_words
from lrprism.spectral.workbench.every_pixel import PixelExplainer, note_range, write_maps
from lrprism.spectral.workbench.explained_data import describe_part, open_explained
from lrprism.spectral.workbench.explained_samples import check_fit, choose_samples
from lrprism.spectral.workbench.explained_targets import choose_target, find_target_range
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.explore import explore_into
from lrprism.spectral.workbench.figures import draw_figures, draw_scenes
from lrprism.spectral.workbench.part_samples import find_groups, note_unknown_groups
from lrprism.spectral.workbench.patch_explainer import PatchExplainer, SampleExplainer
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.record import WEIGHTS
from lrprism.spectral.workbench.references import find_reference
from lrprism.spectral.workbench.relevance_store import RELEVANCE, RelevanceStore
from lrprism.spectral.workbench.sample_groups import reduce_samples
from lrprism.spectral.workbench.sources import Samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from lrprism.spectral.workbench.verdict import judge_maps

_Written = tuple[list[str], Callable[[], list[Path]]]
"""What is said, and what draws the figures and returns their files."""


def explain_into(
    folder: Path,
    network: Path,
    settings: ExplanationSettings,
    reporter: Reporter,
    announce: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any] | None:
    """Explain samples; write relevance, three tables, figures, ``explanation.txt`` and ``run.json``.

    Also ``explorer.html``, which shows all of it in a browser; by rule auto ``choice.csv``. Batches that an
    earlier call finished in the same folder are not explained again.

    Args:
        folder: The folder to write into; it must exist.
        network: The run folder of the trained network.
        settings: The samples to explain, and the way to explain them.
        reporter: Shows the progress.
        announce: Gets the record before the figures are drawn, which takes long; all but they are in it. By
            default nothing is done with it.

    Returns:
        The part of ``run.json`` about the explanation; None where another process writes it.

    Raises:
        DataError: If the network or the data cannot be read, or they do not fit each other.
        InputError: If the rule, the target or the device is unknown.
        ModelError: If a rule is to be chosen for a network at chance level.
    """
    settings.check_rule()  # before anything is read: a wrong name should cost nothing
    trained = TrainedNetwork.load(network, settings.model)
    choice, way = _choose_way(folder, trained, settings, reporter)
    with reporter.step(f"reading {settings.source or trained.source}"):
        samples = open_explained(trained, settings)
        job = _plan(samples, trained, way, folder)
    store = RelevanceStore(folder, len(job.numbers), settings.batch_size)
    if not _run_job(job, store, way, reporter):  # batches that are in the store are not explained again
        return None
    verdict = asdict(judge_maps(store, job.explainer, trained, settings.seed, reporter))
    relevance, accounts = store.read(), store.accounts()
    conservation = _write_conservation(folder, accounts, job.explained)
    record = {
        "verdict": verdict,
        "settings": asdict(settings),
        **record_way(way, choice, relevance, trained.record, job.part),
        "data_sha256": samples.hash,
        "weights_sha256": file_hash(trained.folder / WEIGHTS),
        "samples": {"part": job.part.name, "count": job.explained, **job.listed},
        "conservation": summarize_conservation(accounts, job.explained),
    }
    record["report"], draw = job.write(folder, relevance, conservation, reporter)
    write_words(folder, [*verdict["lines"], *record["words"], *record["report"]], choice)
    announce(record)
    record["figures"] = [str(path.relative_to(folder)) for path in draw()]
    explore_into(folder, job.explainer, relevance, record)
    write_json(folder / RUN_FILE, {"versions": versions(), "training": trained.record, "explanation": record})
    store.close()  # last: until run.json is there, the accounts tell a later call what is done
    drop_record(folder)
    return record


def _choose_way(
    folder: Path, trained: TrainedNetwork, settings: ExplanationSettings, reporter: Reporter
) -> tuple[Choice | None, ExplanationSettings]:
    """Return the settings with a rule and a target, and how the rule was chosen where it was left open."""
    settings = replace(settings, target=choose_target(settings.target, trained.task, trained.codes))
    if not settings.chooses or settings.reference is not None:
        find_reference(settings.reference_name, trained.record)  # an unknown one costs no reading
    if not settings.chooses:
        return None, settings
    choice = choose_way(folder, trained, settings, reporter)
    return choice, choice.resolve(settings)


def plan_explanation(network: Path, settings: ExplanationSettings) -> dict[str, Any]:
    """List all that an explanation depends on but the data: a call with the same plan goes on with the work.

    Args:
        network: The run folder of the trained network.
        settings: The samples to explain, and the way to explain them.

    Returns:
        Plain JSON.

    Raises:
        DataError: If the folder holds no run, or no weights.
    """
    read_run(network)
    weights = file_hash(network / WEIGHTS)
    return {"explanation": asdict(settings), "weights_sha256": weights, "versions": versions()}


@dataclass(frozen=True, eq=False)
class _Job:
    """The samples to explain, and the files to write about them.

    Args:
        explainer: Explains a batch.
        numbers: Numbers of the samples.
        explained: Number of samples that are explained: of a scene, those that have a window.
        template: An explanation of one sample without its values.
        part: The part that the samples are drawn from.
        listed: The record of the samples one by one.
        write: Writes tables and maps; returns what is said, and what draws the figures.
    """

    explainer: SampleExplainer
    numbers: Numbers
    explained: int
    template: xr.Dataset
    part: SamplePart
    listed: dict[str, list[Any]]
    write: Callable[[Path, xr.Dataset, pd.DataFrame, Reporter], _Written]


def _plan_patches(
    samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings, folder: Path
) -> _Job:
    numbers, part = choose_samples(samples, trained, settings)
    where = samples.locate(numbers)
    groups = find_groups(trained, samples, numbers)
    patch = samples.cut(numbers[:1])
    check_fit(patch, trained, samples)
    check_plant_ndvi(settings.plant_ndvi, patch)
    explainer = _build_patch_explainer(samples.hold(numbers, folder), trained, settings)

    def write(
        folder: Path, relevance: xr.Dataset, conservation: pd.DataFrame, reporter: Reporter
    ) -> _Written:
        with reporter.step("writing the tables of bands and samples"):
            spectra = reduce_samples(folder / RELEVANCE, relevance, groups)
            write_bands(folder, relevance, spectra)
            sample_table(relevance, where["sample"]).to_csv(folder / "samples.csv", index=False)
            notes = [*write_areas(folder, spectra), *write_zones(folder, spectra, settings.zones)]
        with reporter.step("judging what may be said"):
            said = [*describe_part(trained, samples, settings), *note_unknown_groups(trained, groups)]
            lines, drawn = report_into(folder, spectra, explainer, numbers, trained)
            said += [*lines, *notes]
        inputs = (folder / "figures", relevance, drawn, conservation, settings.heatmaps_drawn, reporter)
        return said, partial(draw_figures, *inputs)

    listed = {"numbers": where["sample"].tolist()}
    if "scene" in where:
        listed["scenes"] = where["scene"].tolist()
    return _Job(explainer, numbers, len(numbers), explainer.build_template(patch), part, listed, write)


def _plan_pixels(
    samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings, folder: Path
) -> _Job:
    if samples.scene is None or samples.has_window is None:
        raise InputError(
            f"every pixel of a scene can be explained. Found samples without a scene in "
            f"'{samples.source}'. Leave out --every-pixel."
        )
    for writer in settings.writers:  # before hours of work
        writer.check_data(samples.scene.cube)
    windows = WindowCutter(samples.scene, trained.record["network"]["window"], labelled=False)
    patches = _build_patch_explainer(samples, trained, settings)
    explainer = PixelExplainer(patches, windows, samples.has_window)
    check_fit(windows(explainer.first), trained, samples)
    explainer = replace(explainer, windows=windows.hold(np.flatnonzero(samples.has_window), folder))

    def write(folder: Path, relevance: xr.Dataset, _: pd.DataFrame, reporter: Reporter) -> _Written:
        # the maps are lazy: they are read from the store piece by piece
        maps = explainer.maps(relevance)
        with reporter.step("writing the maps"):
            write_maps(maps, folder, settings.writers)
        predicted = maps["class_map" if "class_map" in maps else "trait_map"]
        said = note_range(relevance, predicted)
        if settings.figures == "none":
            return said, list
        data = maps["relevance_map"], predicted, explainer.scene.cube, str(samples.attrs["attribution"])
        return said, partial(_draw_scene, reporter, folder / "figures", *data)

    count = int(samples.has_window.sum())
    part = SamplePart("every pixel", count)
    return _Job(explainer, explainer.numbers, count, explainer.template, part, {}, write)


def _draw_scene(
    reporter: Reporter, folder: Path, relevance: xr.DataArray, predicted: xr.DataArray, *facts: Any
) -> list[Path]:
    with reporter.step("drawing the scene"):
        return draw_scenes(folder, relevance, predicted, *facts)


def _plan(samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings, folder: Path) -> _Job:
    """Plan the work, and write the width of the pooled map and a doubt where figures and tables read them."""
    job = (_plan_pixels if settings.every_pixel else _plan_patches)(samples, trained, settings, folder)
    width = trained.resolution if settings.pool is None else settings.pool
    doubt = find_doubt(trained.record)
    facts = {
        RESOLUTION: float(width),
        **find_target_range(str(settings.target), trained.task, trained.record),
    }
    facts |= {DOUBT: doubt} if doubt else {}
    facts |= {} if settings.plant_ndvi is None else {PLANT_NDVI: settings.plant_ndvi}
    return replace(job, template=job.template.assign_attrs(facts))


def _build_patch_explainer(
    samples: Samples, trained: TrainedNetwork, settings: ExplanationSettings
) -> PatchExplainer:
    assert settings.target is not None
    reference = find_reference(settings.reference_name, trained.record)
    return PatchExplainer(
        *(trained.model, find_composite(settings.rule), samples, trained.task),
        *(settings.target, reference, settings.reference_name, trained.codes),
    )


def _run_job(job: _Job, store: RelevanceStore, settings: ExplanationSettings, reporter: Reporter) -> bool:
    """Explain the batches that are left; return True in the process that goes on."""
    store.create(job.template)
    kind = "pixels" if settings.every_pixel else "samples"
    title = f"explaining {len(job.numbers)} {kind} by {settings.rule}"
    try:
        return explain_batches(job.explainer, store, job.numbers, settings.devices, reporter, title)
    # also Ctrl-C: an empty store would bind the next call to these data
    except BaseException:
        store.drop_if_empty()
        raise


def _write_conservation(folder: Path, accounts: Sequence[Account], samples: int) -> pd.DataFrame:
    """Write ``conservation.csv``; return the table."""
    table = conservation_table(accounts, samples)
    table.to_csv(folder / "conservation.csv", index=False)
    return table
