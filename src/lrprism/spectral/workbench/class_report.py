"""What the relevance of some samples says of each class, with what the network loses without it."""

import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import xarray as xr
from torch import nn
from torch.fx import GraphModule

from lrprism.errors import RelevanceWarning
from lrprism.evaluation import Constant, Interpolation
from lrprism.evaluation.randomisation import randomise
from lrprism.spectral.bands.class_codes import add_codes
from lrprism.spectral.bands.statistics import (
    DOUBT,
    MAP_DOUBT,
    NAMED,
    REASONS,
    RESOLUTION,
    band_table,
    sum_pixels,
)
from lrprism.spectral.plots.wavelength_axis import list_visible
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.report import ClassFinding, judge_classes
from lrprism.spectral.report.needed import Need, measure_needs
from lrprism.spectral.report.traits import describe_traits
from lrprism.spectral.report.words import (
    MOST_COMPARED,
    describe_findings,
    note_no_features,
    tabulate_classes,
    tabulate_stretches,
)
from lrprism.spectral.training.tasks.classification import Classification
from lrprism.spectral.training.tasks.regression import Regression
from lrprism.spectral.workbench.against_others import AT_ONCE, OtherClasses, draw_some
from lrprism.spectral.workbench.candidates import ClassLogits
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.part_samples import read_tensors
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.references import find_reference
from lrprism.spectral.workbench.trained_network import TrainedNetwork

CLASSES: Final = "classes.csv"
STRETCHES: Final = "stretches.csv"
AGAINST_OTHERS: Final = "against_others.csv"
_SAMPLES: Final = MOST_COMPARED
"""Samples that a network of random weights is explained on, and of a class that bands are removed from."""


def report_into(
    folder: Path,
    spectra: xr.Dataset,
    explainer: PatchExplainer,
    numbers: Numbers,
    trained: TrainedNetwork,
) -> tuple[list[str], xr.Dataset]:
    """Judge what relevance says of each class, remove the bands that are named, and write three tables.

    ``classes.csv`` has a row per class with the reasons to name no bands, ``stretches.csv`` a row per stretch
    that is named, ``against_others.csv`` the :func:`lrprism.spectral.band_table` that both rest on. Against
    one mean spectrum the leaf itself is the largest difference of a leaf; so at most 64 samples of each class
    are explained again, each against a sample of another class, where there are several. Of traits, which
    have no right and wrong, the strongest stretches are named alone; a network that classifies every pixel is
    judged by the relevance as it was asked for, and no bands are removed from it.

    Args:
        folder: The folder of the results.
        spectra: The :func:`lrprism.spectral.sample_spectra` of the samples, with the doubt of the verdict.
        explainer: What explained them.
        numbers: Their numbers.
        trained: The network.

    Returns:
        What may be said, in words; and the relevance that it rests on, with the reasons to name no bands.
    """
    features = list_visible(spectra)
    unit = str(spectra["positive"].attrs.get("units", "logit"))
    doubt = spectra.attrs.get(DOUBT) or spectra.attrs.get(MAP_DOUBT)
    if trained.task.name == Regression.name:
        named = [f"No bands are named: {doubt}."] if doubt else None
        return named or describe_traits(band_table(spectra), features, unit), spectra
    is_per_sample = trained.task.name == Classification.name
    compared, floor = None, 0.0
    if is_per_sample and not doubt:
        compared, floor = _compare(spectra, explainer, numbers)
    floors = dict.fromkeys(range(len(trained.task.names)), floor)
    findings = judge_classes(spectra, features, compared=compared, floors=floors, doubt=doubt)
    judged = findings if is_per_sample else []
    needs = _measure_needs(judged, spectra, explainer, numbers, trained.record)
    tables = {CLASSES: tabulate_classes(findings), STRETCHES: tabulate_stretches(findings, needs)}
    tables |= {} if compared is None else {AGAINST_OTHERS: band_table(compared)}
    for name, table in tables.items():
        add_codes(table, spectra.attrs).to_csv(folder / name, index=False)
    lines = describe_findings(findings, needs, unit, against_others=compared is not None)
    lines += note_no_features(findings, features)
    return lines, (spectra if compared is None else compared).assign_attrs({
        REASONS: {finding.number: finding.reasons for finding in findings},
        NAMED: {item.number: [(each.start_nm, each.end_nm) for each in item.stretches] for item in findings},
    })  # fmt: skip


def _compare(
    spectra: xr.Dataset, explainer: PatchExplainer, numbers: Numbers
) -> tuple[xr.Dataset | None, float]:
    """Explain samples against samples of other classes, where there are some, and measure the floor."""
    nm = float(spectra.attrs[RESOLUTION])
    others = OtherClasses.draw(spectra, numbers, _SAMPLES)
    compared = None if others is None else others.explain(explainer, nm)
    return compared, measure_floor(explainer, numbers, others, nm)


def measure_floor(
    explainer: PatchExplainer, numbers: Numbers, others: OtherClasses | None, nm: float
) -> float:
    """Measure the largest relevance of a stretch that the network gives with random weights.

    At most 64 samples, evenly spread, are explained by the same rule: for the same classes against the same
    samples of others, or else for the class and against the reference that were asked for.

    Args:
        explainer: What explains them.
        numbers: The samples.
        others: Those that they are compared with; None where one class alone is explained.
        nm: Width over which relevance is summed.

    Returns:
        The largest mean over the samples of a class, in the unit of the relevance; 0 of a network without
        weights. The weights of a program are shuffled within each parameter.
    """
    own = explainer.model
    if not any(True for _ in own.network.parameters()):
        return 0.0
    # a program keeps no layers whose weights could be drawn anew
    draw = shuffle_weights if isinstance(own.network, GraphModule) else randomise
    model = Pipeline(list(own.steps), draw(own.network).eval(), own.layout)
    with warnings.catch_warnings():
        # outputs of random weights are so small that rounding is a share of them
        warnings.simplefilter("ignore", RelevanceWarning)
        random = replace(explainer, model=model)
        if others is None:
            spectra = _explain(random, numbers[:: -(-len(numbers) // _SAMPLES)], nm)
        else:
            spectra = others.thin(_SAMPLES).explain(random, nm)
    table = band_table(spectra)
    return float(table["pooled_sum" if "pooled_sum" in table.columns else "sum"].max())


def shuffle_weights(program: nn.Module, seed: int = 0) -> nn.Module:
    """Return a copy of a program with the numbers of each parameter in another order.

    Args:
        program: The program.
        seed: Seed of the orders.
    """
    draw = torch.Generator().manual_seed(seed)
    with warnings.catch_warnings():
        # torch's own copying of a program goes by a check of its own that it means to rename
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)`", FutureWarning)
        copy = deepcopy(program)
    with torch.no_grad():
        for parameter in copy.parameters():
            order = torch.randperm(parameter.numel(), generator=draw).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))
    return copy


def _explain(explainer: PatchExplainer, numbers: Numbers, nm: float) -> xr.Dataset:
    """Return the relevance of samples per band, as it was asked for."""
    pieces = [
        sum_pixels(
            explainer.explain(numbers[start : start + AT_ONCE])[0].assign_attrs({RESOLUTION: nm}), None
        )
        for start in range(0, len(numbers), AT_ONCE)
    ]
    return xr.concat(pieces, "sample", combine_attrs="override")


def _measure_needs(
    findings: Sequence[ClassFinding],
    relevance: xr.Dataset,
    explainer: PatchExplainer,
    numbers: Numbers,
    record: Mapping[str, Any],
) -> dict[int, Sequence[Need]]:
    """Remove the stretches of each class from samples that are of it."""
    make_mean = find_reference("mean", record)
    assert make_mean is not None  # zero alone has no maker
    model, label = ClassLogits(explainer.model), relevance["label"].values
    wavelength = torch.from_numpy(relevance["wavelength"].values.astype(np.float64))
    needs: dict[int, Sequence[Need]] = {}
    for finding in findings:
        chosen = draw_some(numbers[label == finding.number], _SAMPLES, np.random.default_rng(0))
        if finding.stretches and len(chosen):
            x, _ = read_tensors(explainer.samples, chosen)
            mean = make_mean(x)[0]
            imputers = (Constant(mean, "training mean"), Interpolation(mean, wavelength))
            needs[finding.number] = measure_needs(
                model, x, finding.number, finding.stretches, wavelength, imputers
            )
    return needs
