"""The share of relevance that a group of features gets: confounders, blind features, used ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.evaluation.bootstrap import Bootstrap, Interval
from lrprism.evaluation.recovery import mass_accuracy, reduce_to_mask

FLAGGED_ABOVE = 1.5
"""Times its fair share that a group has to get, with the lower end of the interval, to be flagged."""
BLIND_BELOW, USED_ABOVE = 0.5, 2.0
"""Times its fair share that a blind feature may get at most, and used features together at least."""


@dataclass(frozen=True)
class Share:
    """Relevance of a group of features against its fair share.

    Args:
        share: Share of mean ``|R|`` that lies in the group.
        fair: Share of the features that are in the group: what a map without preference gives.
        ratio: ``share / fair`` and its interval.
        rank: Rank of the group by mean ``|R|`` per feature, 1 is the highest, among all runs of as many
            features along the axis that do not touch it; None for a group that is no single run.
        among: How many runs there are, with the group.
        flagged: True if the lower end of the ratio lies above 1.5: the network seems to use the group.
    """

    share: float
    fair: float
    ratio: Interval
    rank: int | None
    among: int | None
    flagged: bool


def measure_shares(
    relevance: Tensor,
    groups: Mapping[str, Tensor],
    *,
    axis: int = 1,
    bootstrap: Bootstrap | None = None,
) -> dict[str, Share]:
    r"""Measure how much relevance named groups of features get.

    .. math:: share_G = \sum_{i \in G} \overline{|R_i|} / \sum_i \overline{|R_i|}, \quad fair_G = |G| / F

    The mean is over samples; a map of zeros has a share of 0. A flag says where the network looks, not that
    it is wrong to look there.

    Args:
        relevance: Relevance of samples, ``[N, ...]``.
        groups: Masks by name, bool, ``[features]`` or of the shape of one sample.
        axis: The axis of the bands.
        bootstrap: How intervals are drawn.
    """
    draw = bootstrap or Bootstrap()
    return {name: _measure_share(relevance, mask, axis, draw) for name, mask in groups.items()}


def _measure_share(relevance: Tensor, mask: Tensor, axis: int, bootstrap: Bootstrap) -> Share:
    magnitude = reduce_to_mask(relevance.abs(), mask, axis)
    flat = mask.flatten().to(relevance.device)
    fair = int(flat.sum()) / len(flat)
    ratio = bootstrap.measure(magnitude, lambda means: mass_accuracy(means, flat) / fair)
    rank, among = _rank_run(magnitude.mean(0), flat) if mask.dim() == 1 else (None, None)
    return Share(ratio.value * fair, fair, ratio, rank, among, ratio.low > FLAGGED_ABOVE)


def _rank_run(means: Tensor, mask: Tensor) -> tuple[int | None, int | None]:
    """Return the rank of a run of features among equally long ones that do not touch it, and their number."""
    start, width = int(mask.long().argmax()), int(mask.sum())
    # in several pieces there is no window of its size to compare with
    if not mask[start : start + width].all():
        return None, None
    # runs side by side, from the group to both ends
    lower = [means[end - width : end].sum() for end in range(start, width - 1, -width)]
    upper = [
        means[begin : begin + width].sum() for begin in range(start + width, len(means) - width + 1, width)
    ]
    others = torch.stack([*lower, *upper]) if lower or upper else means.new_zeros(0)
    return 1 + int((others > means[mask].sum()).sum()), 1 + len(others)


@dataclass(frozen=True)
class BlindVerdict:
    """The blind-feature test.

    A feature that is shuffled among the samples in training tells the network nothing, and the class in the
    explained data: a map of the network leaves it out, a map of the data does not.

    Args:
        blind: Share of the blind feature.
        used: Share of all used features together.
        passed: True if the blind feature gets at most .5 and the used ones at least 2 times their fair share.
    """

    blind: Share
    used: Share
    passed: bool


def judge_blind(
    relevance: Tensor,
    blind: Tensor,
    used: Tensor,
    *,
    axis: int = 1,
    bootstrap: Bootstrap | None = None,
) -> BlindVerdict:
    """Compare what a blind feature gets with what used features get.

    Args:
        relevance: Relevance of samples in which the blind feature tells the class, ``[N, ...]``.
        blind: Mask of the blind feature, bool, ``[features]`` or of the shape of one sample.
        used: Mask of the features that the network was given to learn from, likewise.
        axis: The axis of the bands.
        bootstrap: How intervals are drawn.
    """
    shares = measure_shares(relevance, {"blind": blind, "used": used}, axis=axis, bootstrap=bootstrap)
    passed = shares["blind"].ratio.value <= BLIND_BELOW and shares["used"].ratio.value >= USED_ABOVE
    return BlindVerdict(shares["blind"], shares["used"], passed)
