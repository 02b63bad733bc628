"""The composite and the reference that suit a network best: ``composite="auto"``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from torch import Tensor, nn

from lrprism.attribution import reference
from lrprism.attribution.explanation import Explanation
from lrprism.composites import AbstractComposite, presets
from lrprism.engine import CallsDifferError
from lrprism.errors import InputError, ModelError, RelevanceWarning
from lrprism.evaluation import (
    AbstractImputer,
    Constant,
    Interpolation,
    Method,
    Ranking,
    Regions,
    Swap,
    choose,
    read_logits,
)
from lrprism.evaluation import bands as windows_of
from lrprism.evaluation import grid as squares_of

_REGIONS: Final = 40
"""About how many regions are removed, one after the other."""
_LEAST_SAMPLES: Final = 10


class Candidate(NamedTuple):
    """A way to explain.

    Args:
        composite: Who gets which rule.
        has_reference: Whether the input is compared with the mean of the samples, else with zero.
    """

    composite: AbstractComposite
    has_reference: bool

    def __str__(self) -> str:
        """The candidate as a plan names it."""
        return f"{self.composite!r}, against {'the mean of the samples' if self.has_reference else 'zero'}"


CANDIDATES: Final = (
    Candidate(presets.Epsilon(), has_reference=True),
    Candidate(presets.EpsilonGamma(gamma=1.0), has_reference=True),
    Candidate(presets.EpsilonPlus(), has_reference=True),
    Candidate(presets.EpsilonAlpha2Beta1(), has_reference=True),
    Candidate(presets.Epsilon(), has_reference=False),
    Candidate(presets.EpsilonGamma(), has_reference=False),
    Candidate(presets.EpsilonPlus(), has_reference=False),
    Candidate(presets.EpsilonPlusFlat(), has_reference=False),
    Candidate(presets.AttnLRP(), has_reference=False),
)
"""The short list; presets that give one map on a network tie, and the first of them is taken."""


class Chosen(NamedTuple):
    """The winner among the candidates.

    Args:
        candidate: The way to explain.
        reference: What inputs are compared with, ``[1, ...]``; None for zero.
        ranking: All candidates with their scores.
        note: What a reader of the choice has to know; empty where there is nothing.
    """

    candidate: Candidate
    reference: Tensor | None
    ranking: Ranking
    note: str = ""

    def __str__(self) -> str:
        """The choice and by how much it won, in a sentence."""
        best, *others = self.ranking.candidates
        lead = (
            ""
            if not others
            else (
                f", {others[0].behind.value:.3f} ahead of {others[0].name}"
                f"{'' if self.ranking.is_clear else ', which the samples do not tell apart from it'}"
            )
        )
        return (
            f"chosen on {self.ranking.samples} samples: {best.name}, mean SRG {best.score.value:.3f} "
            f"[{best.score.low:.3f}, {best.score.high:.3f}]{lead}{self.note}"
        )


Explain = Callable[..., Explanation]
"""Explains inputs: ``LRP(model, composite).explain``."""


def choose_candidate(
    model: nn.Module, samples: Tensor | None, explain_by: Callable[[AbstractComposite], Explain]
) -> Chosen:
    """Choose by the mean SRG under two imputers, for the classes that the network predicts; no truth is used.

    Regions are about forty windows of bands of ``[N, bands]``, ``[N, channels, bands]`` and
    ``[N, bands, pixels]`` with more bands than the other, ``[N, bands, y, x]`` and ``[N, 1, bands, y, x]``
    with more bands than pixels along a side, else squares. Imputers are the mean of the samples and, for
    bands, a straight line between the bands that are left; for images the same square of another sample.

    Args:
        model: The network, with logits ``[N, classes]``.
        samples: Samples that it did not learn from, ``[N, ...]``, prepared as the network takes them.
        explain_by: Returns what explains by a composite.

    Raises:
        InputError: If there are fewer than ten samples, or they are no finite float tensor.
        ModelError: If the network gives the same logits for all of them.
    """
    samples = _check_samples(samples)
    mean = reference.mean(samples)
    regions, other = _divide(samples, mean)
    methods = {
        str(candidate): _make_method(
            explain_by(candidate.composite), mean if candidate.has_reference else None
        )
        for candidate in CANDIDATES
    }
    logits = read_logits(model, samples)
    if bool((logits == logits[0]).all()):
        raise ModelError(
            "the network should answer differently to different samples. Found the same logits for all: "
            "there is nothing to explain. Look at its training."
        )
    imputers = [Constant(mean[0]), other]
    rank = partial(choose, model, samples, logits.argmax(1), imputers=imputers, regions=regions)
    note = ""
    try:
        ranking = rank(methods)
    except CallsDifferError:  # the mean takes a branch that the samples do not
        ranking = rank({str(one): methods[str(one)] for one in CANDIDATES if not one.has_reference})
        note = "; against zero alone, as the network takes other calls on the mean of the samples"
    winner = next(candidate for candidate in CANDIDATES if str(candidate) == ranking.best)
    return Chosen(winner, mean if winner.has_reference else None, ranking, note)


def _check_samples(samples: Tensor | None) -> Tensor:
    """Return the samples to choose by.

    Raises:
        InputError: If there are fewer than ten, or they are no finite float tensor.
    """
    if samples is None or not isinstance(samples, Tensor) or not samples.is_floating_point():
        found = "none" if samples is None else getattr(samples, "dtype", type(samples).__name__)
        raise InputError(
            "composite='auto' should have samples= to choose by: a float tensor (N, ...) of what the network "
            f"did not learn from. Found {found}."
        )
    if samples.dim() < 2 or len(samples) < _LEAST_SAMPLES:
        raise InputError(
            f"samples should be at least {_LEAST_SAMPLES}, (N, ...). Found shape {tuple(samples.shape)}."
        )
    if not samples.isfinite().all():
        raise InputError(
            f"samples should be finite. Found {int((~samples.isfinite()).sum())} of {samples.numel()} values "
            "that are not. Leave such samples out."
        )
    return samples


def check_use_of_samples(composite: Any, samples: Tensor | None) -> None:
    """Check that samples are given for a choice alone.

    Raises:
        InputError: If they are given beside a composite.
    """
    if samples is not None and composite != "auto":
        raise InputError(
            "samples should be given with composite='auto', which chooses by them. Found composite="
            f"{composite!r}. Try LRP(model, 'auto', samples=x)."
        )


def _make_method(explain: Explain, reference: Tensor | None) -> Method:
    """Return the attribution function of a candidate, for the court."""

    def attribute(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        del model
        # what a map may mislead about is what the court finds out; nobody has chosen this one yet
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RelevanceWarning)
            relevance: Tensor = explain(x, target, reference=reference).relevance
        return relevance

    return attribute


def _divide(samples: Tensor, mean: Tensor) -> tuple[Regions, AbstractImputer]:
    """Divide samples into regions, and return the imputer that goes with them beside the mean."""
    # channels in front of the bands of a 1-D network, and one of them in front of the bands of a 3-D one
    is_behind = samples.dim() == 3 and samples.shape[1] < samples.shape[2]
    axis = 2 if is_behind or (samples.dim() == 5 and samples.shape[1] == 1) else 1
    if samples.dim() < 4 or samples.shape[axis] > samples.shape[-1]:
        width = max(1, round(samples.shape[axis] / _REGIONS))
        return windows_of(samples, width, axis), Interpolation(mean[0], axis=axis)
    side = max(1, round((samples.shape[-1] * samples.shape[-2] / _REGIONS) ** 0.5))
    return squares_of(samples, side), Swap(samples)
