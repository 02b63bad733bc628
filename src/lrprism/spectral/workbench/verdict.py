"""Can the maps of an explanation be believed at all: the verdict that is said first, with its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
import xarray as xr

from lrprism.evaluation import Bootstrap, Interval, bands
from lrprism.evaluation.shared_curves import measure_shared_curves
from lrprism.spectral.bands.statistics import MAP_DOUBT
from lrprism.spectral.report.judge import ARRIVES, measure_arrival
from lrprism.spectral.report.mistakes import doubt_predictions, list_mistakes
from lrprism.spectral.training.tasks.classification import Classification
from lrprism.spectral.workbench.candidates import ClassLogits
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.describe_explanation import find_doubt
from lrprism.spectral.workbench.patch_explainer import SampleExplainer
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.relevance_store import RelevanceStore
from lrprism.spectral.workbench.removal import WIDTH, build_imputers
from lrprism.spectral.workbench.trained_network import TrainedNetwork

_MOST: Final = 16
"""Samples that bands are removed from: enough for an interval of .1 to either side."""
_WINDOWS: Final = 5
"""Fewest windows of bands that are ranked: of few bands the windows are narrower."""
_LEAST: Final = 8
"""From fewer samples no interval is drawn."""
_BETTER: Final = 0.05
"""A smaller SRG is no use, however narrow its interval: a network of random weights got .03 [.01, .04]."""
_LIMIT: Final = (
    "This says how bands are ranked and how much arrives at them, as far as removing windows of them can "
    "tell; not that single bands are right, nor that the network is. A map that knows no network was not "
    "tried, and may rank the bands as well: lrprism evaluate RUN tries some."
)
_UNRANKED: Final = (
    "This says how much arrives at the bands; not how they are ranked, that single bands are right, or that "
    "the network is."
)


@dataclass(frozen=True)
class Verdict:
    """What is said of the maps before anything that they show.

    Args:
        lines: The verdict in one line, and what it rests on.
        doubt: Why the maps are not to be read; None where they are.
        arrived: Share of what is explained that arrives at the bands; None where nothing is explained.
        samples: Samples that bands were removed from.
        srg: The SRG of the maps under each imputer, ``[value, low, high]``.
        cares: What a reader has to be careful about, one clause each.
    """

    lines: list[str]
    doubt: str | None = None
    arrived: float | None = None
    samples: int = 0
    srg: Mapping[str, list[float]] | None = None
    cares: list[str] = field(default_factory=list)


def judge_maps(
    store: RelevanceStore,
    explainer: SampleExplainer,
    trained: TrainedNetwork,
    seed: int,
    reporter: Reporter,
) -> Verdict:
    """Reach the verdict on a store, and write a doubt about its maps there, where figures and tables read it.

    Args:
        store: The store, with all batches.
        explainer: What explained them.
        trained: The network.
        seed: Seed of the intervals.
        reporter: Shows the progress.
    """
    with reporter.step("checking whether the maps can be believed"):
        doubt = find_doubt(trained.record)
        verdict = reach_verdict(trained, store.read(), explainer, doubt=doubt, seed=seed)
    # one about the network is there from the beginning
    if verdict.doubt and not doubt:
        store.annotate(**{MAP_DOUBT: verdict.doubt})
    return verdict


def reach_verdict(
    trained: TrainedNetwork,
    relevance: xr.Dataset,
    explainer: SampleExplainer,
    *,
    doubt: str | None,
    seed: int,
) -> Verdict:
    """Check that the network is better than chance, that relevance arrives, and that it ranks the bands.

    Where true classes are known, it must also be no worse than guessing on these samples, and to know most.

    The ranking is that of the maps as computed. Windows of bands are removed from some of the samples, by
    relevance and against it, for the class that is explained where it is the predicted one; filled in by the
    training mean, and by the line between the bands that are left.

    Args:
        trained: The network.
        relevance: The explained samples, or pixels.
        explainer: What explained them.
        doubt: Why nothing of this network is to be read, if so; nothing else is measured then.
        seed: Seed of the intervals.

    Returns:
        The verdict.
    """
    if doubt:
        return Verdict([f"Verdict: do not read these maps: {doubt}."], doubt)
    arrived = measure_arrival(relevance)
    if trained.task.name != Classification.name:
        return say_verdict(arrived, {}, f"a {trained.task.name} has no one class per sample to lose")
    wrong = doubt_predictions(relevance)
    if wrong:
        return Verdict([f"Verdict: do not read these maps: {wrong}."], wrong, arrived)
    mistakes, chosen = list_mistakes(relevance), _choose_samples(relevance)
    if trained.record["network"]["bands"] < 2:
        return say_verdict(arrived, {}, "one band has no ranking", mistakes=mistakes)
    if len(chosen) < _LEAST:
        few = f"{len(chosen)} samples are explained for the class that the network predicts"
        return say_verdict(arrived, {}, few, mistakes=mistakes)
    srg = _measure_ranking(trained, explainer.look_up(chosen, relevance), seed)
    width = _choose_width(trained.record["network"]["bands"])
    return say_verdict(arrived, srg, samples=len(chosen), mistakes=mistakes, width=width)


def _choose_samples(relevance: xr.Dataset) -> Numbers:
    """Return the places of some samples whose decision is explained, evenly spread over all of them."""
    target = relevance["target"].values
    # a pixel without a window has the class -1 in both
    places = np.flatnonzero((target == relevance["predicted"].values) & (target >= 0))
    if len(places) <= _MOST:
        return places
    spread: Numbers = places[np.linspace(0, len(places) - 1, _MOST).round().astype(np.int64)]
    return spread


def _choose_width(count: int) -> int:
    """Return how many of some bands are removed together."""
    return max(1, min(WIDTH, (count - 1) // (_WINDOWS - 1)))


def _measure_ranking(trained: TrainedNetwork, few: xr.Dataset, seed: int) -> dict[str, Interval]:
    """Return the SRG of the maps under each imputer."""
    x, relevance = (
        torch.from_numpy(few[name].transpose("sample", "band", "y", "x").values).float()
        for name in ("patch", "relevance")
    )
    regions = bands(x, _choose_width(x.shape[1]))
    wavelengths = torch.from_numpy(few["wavelength"].values.astype(np.float64))
    model, target = ClassLogits(trained.model), torch.from_numpy(few["target"].values)
    draw, srg = Bootstrap(seed=seed), {}
    for imputer in build_imputers(trained.record, x, wavelengths):
        (curves,) = measure_shared_curves(
            model, x, target, [relevance], regions=regions, imputer=imputer, seed=seed
        )
        srg[imputer.name] = draw.measure(curves.srg)
    return srg


def say_verdict(
    arrived: float | None,
    srg: Mapping[str, Interval],
    unmeasured: str = "",
    *,
    samples: int = 0,
    mistakes: Sequence[str] = (),
    width: int = WIDTH,
) -> Verdict:
    """Weigh the figures: the maps can be read, with care, or not at all.

    Args:
        arrived: Share of what is explained that arrives at the bands; None where nothing is explained.
        srg: The SRG of the maps under each imputer; of a random ranking it is 0 in the mean.
        unmeasured: Why there is none, if so.
        samples: Samples that it was measured on.
        mistakes: What wrong predictions have a reader be careful about.
        width: Bands that were removed together.
    """
    better = [name for name, figure in srg.items() if figure.low > 0 and figure.value >= _BETTER]
    doubt = None
    if arrived is None:
        doubt = "nothing is explained: the output is the same as that of what it is compared with"
    elif arrived <= 0:
        doubt = "the relevance of the bands adds up to nothing of what is explained, or to the opposite"
    elif srg and not better:
        more = "hardly more" if any(figure.low > 0 for figure in srg.values()) else "no more"
        doubt = f"removing what they rank high costs {more} than at random, as far as {samples} samples tell"
    cares = [*mistakes, *_list_cares(arrived, srg, better, unmeasured)]
    how = f"do not read these maps: {doubt}" if doubt else "these maps can be read"
    if cares and not doubt:
        how = f"read these maps with care: {'; '.join(cares)}"
    lines = [f"Verdict: {how}."]
    if arrived is not None:
        lines.append(f"  {100 * arrived:.1f} % of what is explained arrives at the bands.")
    if srg:
        figures = ", ".join(f"{figure} filled in by {name}" for name, figure in srg.items())
        lines.append(
            "  SRG, how much more removing the most relevant bands first costs than the least relevant first "
            f"(1 is the most, 0 a random ranking), on {samples} of these samples, by removing "
            f"{f'windows of {width} bands' if width > 1 else 'one band after the other'}: {figures}."
        )
    figures_of = {name: [figure.value, figure.low, figure.high] for name, figure in srg.items()}
    limit = _LIMIT if srg else _UNRANKED
    return Verdict([*lines, f"  {limit}"], doubt, arrived, samples, figures_of, cares)


def _list_cares(
    arrived: float | None, srg: Mapping[str, Interval], better: list[str], unmeasured: str
) -> list[str]:
    """List what a reader has to be careful about, one clause each."""
    cares = []
    if arrived is not None and arrived < ARRIVES:
        cares.append(
            f"only {100 * arrived:.0f} % of what is explained arrives at the bands, so that no amount holds"
        )
    if arrived is not None and arrived > 2 - ARRIVES:
        cares.append(f"{100 * arrived:.0f} % of what is explained arrives at the bands, more than there is")
    if unmeasured:
        cares.append(f"whether they rank the bands as the network does is not measured, as {unmeasured}")
    if 0 < len(better) < len(srg):
        cares.append(f"they rank the bands better than at random under {better[0]} alone")
    return cares
