"""A choice among candidates on a network of one's own, without truth: the best mean SRG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.bootstrap import Bootstrap, Interval
from lrprism.evaluation.imputers import AbstractImputer
from lrprism.evaluation.predict import Method, Model, attribute
from lrprism.evaluation.regions import Regions
from lrprism.evaluation.shared_curves import measure_shared_curves


@final
@dataclass(frozen=True)
class Candidate:
    """A candidate and its score.

    Args:
        name: Its name.
        score: The mean of its SRG over samples and imputers.
        srg: Its mean SRG under each imputer, by the imputer's name.
        behind: The score of the winner less its own, over the same samples; 0 for the winner.
    """

    name: str
    score: Interval
    srg: Mapping[str, float]
    behind: Interval


@final
@dataclass(frozen=True)
class Ranking:
    """Candidates, the best first.

    Args:
        candidates: All of them.
        samples: Number of samples by which they were ranked.
    """

    candidates: tuple[Candidate, ...]
    samples: int

    @property
    def best(self) -> str:
        """The name of the winner."""
        return self.candidates[0].name

    @property
    def is_clear(self) -> bool:
        """True if the interval of the winner's lead over the second lies above 0; of one sample none does."""
        is_ahead = len(self.candidates) > 1 and self.samples > 1 and self.candidates[1].behind.low > 0
        return len(self.candidates) == 1 or is_ahead

    def __str__(self) -> str:
        """A line for each candidate: its score, its distance from the winner, its SRG under each imputer."""
        width = max(len(candidate.name) for candidate in self.candidates)
        lines = [f"Mean SRG over {self.samples} samples, the best first"]
        for candidate in self.candidates:
            parts = ", ".join(f"{name} {value:.3f}" for name, value in candidate.srg.items())
            behind = f"{candidate.behind.value:.3f} behind" if candidate.behind.value else "best"
            lines.append(f"{candidate.name:<{width}}  {candidate.score.value:.3f}  {behind}  ({parts})")
        return "\n".join(lines)


def choose(
    model: Model,
    x: Tensor,
    target: Tensor,
    candidates: Mapping[str, Method],
    imputers: Sequence[AbstractImputer],
    regions: Regions,
    *,
    bootstrap: Bootstrap | None = None,
) -> Ranking:
    r"""Rank candidates by the mean of their SRG over samples and imputers; no truth is used.

    .. math:: S_m = \frac{1}{N J} \sum_{n=1}^{N} \sum_{j=1}^{J} \mathrm{SRG}_{mnj}

    One imputer alone favours the methods whose reference is its own; give two that differ, such as the
    training mean and the interpolation along wavelength. A high score says that a map finds what this network
    uses, as far as removing regions can tell; it does not say that it is the best map. Shapes: ``x``:
    ``[N, ...]``; ``target``: ``[N]``.

    Args:
        model: The network, with logits ``[N, classes]``.
        x: Samples that the network did not learn from, classified correctly.
        target: Their classes.
        candidates: Methods by name.
        imputers: What stands for a removed region; at least one.
        regions: What is removed at a time.
        bootstrap: How intervals are drawn; its seed is that of ties too.

    Returns:
        The candidates, the best first; equal scores keep their order.

    Raises:
        InputError: If there is no candidate, no imputer or no sample, if two imputers have one name, or if
            the relevance of a candidate has another shape than ``x`` or holds NaN.

    Source: Bluecher, Vielhaben and Strodthoff, "Decoupling Pixel Flipping and Occlusion Strategy for
    Consistent XAI Benchmarks", TMLR 2024, for SRG.
    """
    for noun, count in (("candidate", len(candidates)), ("imputer", len(imputers)), ("sample", len(x))):
        if not count:
            raise InputError(f"A choice needs at least 1 {noun}. Found none. Give one.")
    names = [imputer.name for imputer in imputers]
    if len({*names}) < len(names):
        raise InputError(
            f"imputers should each have a name of its own. Found {', '.join(names)}. "
            "Try Constant(r, name='r')."
        )
    draw = bootstrap or Bootstrap()
    relevances = [attribute(method, model, x, target, name=name) for name, method in candidates.items()]
    curves = [
        measure_shared_curves(model, x, target, relevances, regions=regions, imputer=imputer, seed=draw.seed)
        for imputer in imputers
    ]
    # [imputer, sample] of each candidate
    srg = {
        name: torch.stack([curve.srg.double() for curve in pairs])
        for name, pairs in zip(candidates, zip(*curves, strict=True), strict=True)
    }
    return _rank(srg, names, draw)


def _rank(srg: Mapping[str, Tensor], imputers: Sequence[str], bootstrap: Bootstrap) -> Ranking:
    names = sorted(srg, key=lambda name: -float(srg[name].mean()))  # a stable sort: ties keep their order
    best = srg[names[0]].mean(0)
    candidates = [
        Candidate(
            name,
            bootstrap.measure(srg[name].mean(0)),
            dict(zip(imputers, srg[name].mean(1).tolist(), strict=True)),
            bootstrap.measure(best - srg[name].mean(0)),
        )
        for name in names
    ]
    return Ranking(tuple(candidates), len(best))
