"""An explanation in words: rule and reference and why, the maps, and what the network gets wrong."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from lrprism.spectral.bands.pooling import joins_bands
from lrprism.spectral.bands.statistics import RESOLUTION
from lrprism.spectral.files import write_whole
from lrprism.spectral.io.spectra.labelling import UNLABELLED
from lrprism.spectral.training.tasks.registry import read_task
from lrprism.spectral.training.tasks.regression import Regression
from lrprism.spectral.training.tasks.segmentation import Segmentation
from lrprism.spectral.training.tasks.task import AbstractTask
from lrprism.spectral.workbench.choice import PART_WORDS, Choice
from lrprism.spectral.workbench.composites import DEFAULT_RULE, find_composite
from lrprism.spectral.workbench.explained_regions import describe_region
from lrprism.spectral.workbench.explanation_settings import ExplanationSettings
from lrprism.spectral.workbench.references import describe_reference

WORDS: Final = "explanation.txt"


@dataclass(frozen=True)
class SamplePart:
    """The samples that those to explain are drawn from.

    Args:
        name: ``"test"``, ``"all"`` or ``"every pixel"``.
        samples: Their number.
    """

    name: str
    samples: int


def record_way(
    way: ExplanationSettings,
    choice: Choice | None,
    relevance: xr.Dataset,
    training: Mapping[str, Any],
    part: SamplePart | None = None,
) -> dict[str, Any]:
    """Return the record of the rule, the reference and the width, how they were chosen, and their words.

    Args:
        way: The settings, with the rule and the reference that were chosen.
        choice: The choice among candidates, if there was one.
        relevance: The relevance dataset.
        training: The record of the training.
        part: What the samples are drawn from, to say how many are left out.
    """
    return {
        "composite": repr(find_composite(way.rule)),
        "reference": way.reference_name,
        "unit": relevance["relevance"].attrs["units"],
        RESOLUTION: relevance.attrs[RESOLUTION],
        "choice": choice and asdict(choice),
        "words": describe_explanation(way, choice, relevance, training, part),
    }


def describe_explanation(
    way: ExplanationSettings,
    choice: Choice | None,
    relevance: xr.Dataset,
    training: Mapping[str, Any],
    part: SamplePart | None = None,
) -> list[str]:
    """Say what was explained and how and why, which maps there are, and how many samples are wrong.

    Args:
        way: The settings, with the rule and the reference that were chosen.
        choice: The choice among candidates, if there was one.
        relevance: The relevance dataset.
        training: The record of the training.
        part: What the samples are drawn from, to say how many are left out.
    """
    reference = describe_reference(way.reference_name)
    lines = [
        f"Explained by {way.rule} against {reference}: {_say_why(way, choice)}.",
        f"Maps: {_describe_maps(way, relevance, training)}.",
    ]
    task = read_task(training)
    if part is not None and not way.every_pixel:
        lines[1:1] = _count_samples(relevance.sizes["sample"], part, way, task)
    if isinstance(task, Segmentation):
        lines.insert(1, describe_region(str(way.target), every_pixel=way.every_pixel))
    # the pixels of a scene have no label each
    if not way.every_pixel:
        lines += _note_errors(relevance)
    return lines


def _count_samples(count: int, part: SamplePart, way: ExplanationSettings, task: AbstractTask) -> list[str]:
    """Say how many of how many samples are explained, where some are left out."""
    if count == part.samples:
        return []
    what = "test samples" if part.name == "test" else "samples"
    # samples of a trait are drawn from ranges of its values
    kind = f"range of {task.names[0]}" if isinstance(task, Regression) else "class"
    return [
        f"Explained {count} of {part.samples} {what}, at most {way.per_class} of each {kind}; --per-class 0 "
        "explains all."
    ]


def _note_errors(relevance: xr.Dataset) -> list[str]:
    """Say how wrong the network is on the samples that are explained."""
    if "true" in relevance:
        error = (relevance["predicted"] - relevance["true"]).values
        error = error[np.isfinite(error)]
        if not error.size:
            return ["Note: of these samples no measured value is known."]
        unit, count = relevance["relevance"].attrs["units"], len(error)
        size = float(np.sqrt(np.mean(error**2)))
        return [f"Note: on these {count} samples the prediction is off by {size:.3g} {unit} (RMSE)."]
    label, predicted = (relevance[name].values for name in ("label", "predicted"))
    if (label < 0).any():
        why = f": {relevance.attrs[UNLABELLED]}" if UNLABELLED in relevance.attrs else ""
        return [f"Note: the true classes of these samples are not known{why}."]
    wrong = int((label != predicted).sum())
    if "region" in relevance:
        return _note_regions(relevance, wrong)
    return [f"Note: the network gets {wrong} of these {len(label)} samples wrong."] if wrong else []


def _note_regions(relevance: xr.Dataset, wrong: int) -> list[str]:
    """Say in how many windows the centre is wrong, and in how many there is nothing to explain."""
    empty, count = int((~relevance["region"].any(("y", "x"))).sum()), relevance.sizes["sample"]
    lines = [f"Note: the network gets the centre pixel of {wrong} of these {count} windows wrong."]
    if empty:
        lines.append(
            f"Note: {empty} of these {count} windows have no pixel of the class: their relevance is zero."
        )
    return lines if wrong else lines[1:]


def write_words(folder: Path, words: list[str], choice: Choice | None) -> None:
    """Write ``explanation.txt``.

    Args:
        folder: The folder of the results.
        words: The verdict, what :func:`describe_explanation` says, and the report.
        choice: The choice among candidates, if there was one; its words follow.
    """
    lines = [*words, *(choice.describe() if choice else [])]
    with write_whole(folder / WORDS) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _say_why(way: ExplanationSettings, choice: Choice | None) -> str:
    if choice is not None:
        return "chosen by --rule auto"
    if way.reference is not None:
        return "as asked for"
    if way.rule == DEFAULT_RULE:
        return "the default; docs/evidence.md compares it with others"
    if way.reference_name == "zero":
        return "the rule as asked for, and the reference that belongs to it"
    return "the rule as asked for, and the default reference"


def _describe_maps(way: ExplanationSettings, relevance: xr.Dataset, training: Mapping[str, Any]) -> str:
    nm = float(relevance.attrs[RESOLUTION])
    if nm == 0 and way.pool is not None:
        return "as computed, and not averaged along wavelength"
    source, width = "the width asked for", f"{nm:.0f} nm" if nm >= 10 else f"{nm:.3g} nm"
    if way.pool is None:
        facts = training["resolution"]
        part = PART_WORDS.get(facts["part"], facts["part"])
        source = f"over which the bands of {facts['samples']} {part} samples vary together"
        if nm == 0:
            measured = f"{facts['nm']:.0f} nm, {source}"
            return (
                f"as computed, and not averaged: {measured}, is too wide to say where. Average over less "
                "with --pool NM"
            )
    if joins_bands(relevance["wavelength"].values, nm):
        return f"as computed, and averaged over {width} along wavelength, {source}"
    # a box of one band would draw the same map twice
    return (
        f"as computed, and not averaged: the width to average over, {width}, {source}, is that of one band. "
        "Average over more with --pool NM"
    )


def find_doubt(training: Mapping[str, Any]) -> str | None:
    """Say that a network has learned nothing that could be explained; None if it has.

    Args:
        training: The record of its training, with its test.
    """
    return read_task(training).find_doubt(training["test"])
