"""The figures of a run."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from lrprism.spectral import plots
from lrprism.spectral.bands.class_codes import get_code
from lrprism.spectral.bands.pooling import joins_bands, pooled
from lrprism.spectral.bands.statistics import COMPARED_WITH, RESOLUTION
from lrprism.spectral.plots.contract import (
    count_right,
    describe_way,
    get_explained_outputs,
    get_relevance_unit,
    is_regression,
    name_doubt,
)
from lrprism.spectral.workbench.progress import Reporter

FigureJob = tuple[str, Callable[[], Figure]]


def draw_figures(
    folder: Path,
    relevance: xr.Dataset,
    spectra: xr.Dataset,
    conservation: pd.DataFrame,
    heatmaps: int | None,
    reporter: Reporter,
) -> list[Path]:
    """Draw the spectrum of each class, an overview, the sums per layer, and heatmaps of some samples.

    A sample whose relevance lies in one pixel, as that of a network of single spectra, gets a curve over
    wavelength in place of heatmaps. Where the relevance states a resolution, spectra show the map as computed
    and the pooled one, heatmaps the pooled one.

    Args:
        folder: The folder to write into.
        relevance: The relevance dataset.
        spectra: The :func:`lrprism.spectral.sample_spectra` that the report on its classes rests on.
        conservation: The conservation table.
        heatmaps: Number of samples of each explained class that get a figure of their own; None for no figure
            at all.
        reporter: Shows the progress.

    Returns:
        The written files.
    """
    if heatmaps is None:
        return []
    relevance = load_sample_facts(relevance)
    jobs: list[FigureJob] = [("layer-sums", partial(_draw_sums, conservation, relevance))]
    # one trait is explained at a time
    if not is_regression(relevance):
        jobs.append(("class-spectra", partial(plots.class_spectra, spectra)))
    for target in np.unique(relevance["target"].values):
        # class names may hold slashes and blanks
        code = get_code(relevance.attrs, int(target))
        name = _build_slug(f"{code:02d}-{relevance['class_name'].values[target]}")
        jobs.append((f"spectrum-{name}", partial(plots.relevance_spectrum, spectra, int(target))))
        for number, sample in enumerate(pick_typical_samples(relevance, int(target), heatmaps)):
            if lies_in_one_pixel(relevance.isel(sample=sample)):
                curve = partial(plots.relevance_spectrum, relevance.isel(sample=[sample]), int(target))
                jobs.append((f"sample-{name}-{number}", curve))
            else:
                jobs.append(
                    (f"heatmaps-{name}-{number}", partial(_draw_heatmaps, relevance.isel(sample=sample)))
                )
    files: list[Path] = []
    for stem, draw in reporter.track(jobs, f"drawing {len(jobs)} figures"):
        files += plots.save(draw(), folder, stem, attribution=str(relevance.attrs.get("attribution", "")))
    return files


def load_sample_facts(relevance: xr.Dataset) -> xr.Dataset:
    """Return a relevance dataset with all but its pixels in memory: each figure asks for many of them.

    Args:
        relevance: The relevance dataset, read piece by piece.
    """
    facts = [name for name, variable in relevance.variables.items() if not {"y", "x"} & {*variable.dims}]
    return relevance.assign({name: relevance[name].load() for name in facts})


def lies_in_one_pixel(sample: xr.Dataset) -> bool:
    """Return True if one pixel of a sample at most has relevance: its heatmaps would be empty squares.

    Args:
        sample: One sample of a relevance dataset.
    """
    return int((sample["relevance"] != 0).any("band").sum()) <= 1


def _draw_sums(conservation: pd.DataFrame, relevance: xr.Dataset) -> Figure:
    """Draw the sums per layer, with the output of the reference where there is one."""
    count, right = relevance.sizes["sample"], count_right(relevance)
    samples = f"mean over {count} samples" if right is None else f"mean over {count} samples, {right} right"
    is_compared = bool(relevance.attrs.get(COMPARED_WITH))
    output = float(get_explained_outputs(relevance).mean()) if is_compared else None
    facts = [samples, describe_way(relevance)]
    unit, doubt = get_relevance_unit(relevance), name_doubt(relevance)
    return plots.layer_sums(conservation, output=output, unit=unit, facts=facts, doubt=doubt)


def _draw_heatmaps(sample: xr.Dataset) -> Figure:
    """Draw the heatmaps of a sample: boxes of pooled relevance where it states a resolution, else bands."""
    sample = sample.load()
    wavelength, nm = sample["wavelength"].values, float(sample.attrs.get(RESOLUTION, 0))
    if joins_bands(wavelength, nm):
        sample = sample.assign(relevance=pooled(sample["relevance"], nm=nm))
    return plots.band_heatmaps(sample)


def draw_scenes(
    folder: Path, relevance: xr.DataArray, predicted: xr.DataArray, cube: xr.DataArray, attribution: str
) -> list[Path]:
    """Draw an explained scene: its map as computed and, where it states a resolution, the pooled one.

    Args:
        folder: The folder to write into.
        relevance: The relevance map, ``[band, y, x]``.
        predicted: The predicted classes, or the predicted trait, ``[y, x]``.
        cube: The scene, ``[band, y, x]``.
        attribution: The credit of the data.

    Returns:
        The written files.
    """
    nm = float(relevance.attrs.get(RESOLUTION, 0))
    maps = {"scene-relevance": relevance}
    if joins_bands(relevance["wavelength"].values, nm):
        maps["scene-relevance-pooled"] = pooled(relevance, nm=nm)
    files: list[Path] = []
    for stem, values in maps.items():
        figure = plots.scene_relevance(values, predicted, cube)
        files += plots.save(figure, folder, stem, attribution=attribution)
    return files


def pick_typical_samples(relevance: xr.Dataset, target: int, count: int) -> list[int]:
    """Pick the samples of one explained output that the network was surest of, those it got right first.

    Of a trait those whose prediction is nearest to the measured value.

    Args:
        relevance: The relevance dataset.
        target: The explained class.
        count: Number of samples.

    Returns:
        Positions along ``sample``.
    """
    chosen = np.flatnonzero(relevance["target"].values == target)
    if is_regression(relevance):  # those whose prediction is nearest
        error = np.abs(relevance["predicted"].values - relevance["true"].values)
        return [int(sample) for sample in chosen[np.argsort(error[chosen], kind="stable")][:count]]
    logit = get_explained_outputs(relevance)[chosen]
    right = (relevance["label"].values == relevance["predicted"].values)[chosen]
    # lexsort sorts by its last key first
    order = np.lexsort((-logit, ~right))
    return [int(sample) for sample in chosen[order][:count]]


def _build_slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
