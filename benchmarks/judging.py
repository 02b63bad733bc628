"""Right or wrong: each map beside a float64 reference, before anything is timed.

The reference is lrprism's own map of the same preset in float64, with an account that closes: what was
explained is found at the inputs or in a named sink. Whether lrprism follows the published formulas is another
question, answered by docs/parity.md.
"""

import copy
from dataclasses import dataclass

from torch import Tensor

import lrprism as lp
from benchmarks.contestants import PRESETS
from benchmarks.subjects import Loaded, Sample

WRONG = 0.01  # share of the explained logits by which the sum of relevance may be off
CLOSED = 1e-6  # share of the explained logits that the account may leave open


@dataclass(frozen=True)
class Reference:
    """Relevance in float64.

    Args:
        relevance: One map per sample.
        explained: The sum of the explained logits.
        unaccounted: The share of it that the account leaves open.
    """

    relevance: Tensor
    explained: float
    unaccounted: float

    @property
    def closed(self) -> bool:
        """True if the account closes."""
        return abs(self.unaccounted) <= CLOSED


@dataclass(frozen=True)
class Verdict:
    """The distance of a map from the reference.

    Args:
        off: Difference of the sums, as a share of the explained logits.
        difference: Largest difference of the maps, relative to the largest entry of the reference.
        finite: Whether every number of the map is one; the other two mean nothing otherwise.
    """

    off: float = 0.0
    difference: float = 0.0
    finite: bool = True

    @property
    def right(self) -> bool:
        """True if the sum is right."""
        return self.finite and self.off <= WRONG


def reference(loaded: Loaded, preset: str, sample: Sample) -> Reference:
    """Explain a sample in float64, on the processor, and read the account."""
    model = copy.deepcopy(loaded.model).cpu().double()
    wide = sample.double()
    explainer = lp.LRP(model, PRESETS[preset], strict=True)
    explanation = explainer.explain(wide.x.cpu(), wide.classes.cpu(), audit=True)
    audit, relevance = explanation.audit, explanation.relevance
    assert audit is not None
    assert isinstance(relevance, Tensor)
    return Reference(relevance, audit.explained, audit.unaccounted / abs(audit.explained))


def judge(relevance: Tensor, expected: Reference) -> Verdict:
    """Compare a map with the reference; one number per embedded token is the sum over its vector."""
    relevance = relevance.detach().cpu().double()
    # a peer explains embedded tokens, lrprism the token ids
    if relevance.dim() > expected.relevance.dim():
        relevance = relevance.sum(-1)
    if not relevance.isfinite().all():
        return Verdict(finite=False)
    # a sum near zero would make a share of itself meaningless
    off = (relevance.sum() - expected.relevance.sum()).abs() / abs(expected.explained)
    apart = (relevance - expected.relevance).abs().max() / expected.relevance.abs().max()
    return Verdict(float(off), float(apart))


def ends(sample: Sample) -> list[int]:
    """Return the rows of the samples that are compared: the first and the last of the batch."""
    return sorted({0, len(sample.x) - 1})
