"""Figures of methods and controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from lrprism.evaluation.bootstrap import Interval
from lrprism.evaluation.curves import Curves, Reliability
from lrprism.evaluation.protocol import Protocol
from lrprism.evaluation.samples import Samples

CEILING = "greedy ceiling"
"""Name of the greedy search among methods and controls."""


@dataclass(frozen=True)
class Record:
    """One figure of one method.

    Args:
        method: Name of the method or control.
        metric: Name of the figure.
        imputer: Name of the imputer; empty where none takes part.
        interval: The figure and its interval.
        passed: Outcome of a test that is passed or failed.
        flagged: True for a group of features that the network seems to use.
        rank: Rank of a group among runs of features of its width.
        among: Number of those runs.
        dropped: Samples that were left out.
    """

    method: str
    metric: str
    imputer: str
    interval: Interval
    passed: bool | None = None
    flagged: bool | None = None
    rank: int | None = None
    among: int | None = None
    dropped: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Findings:
    """All that was measured of methods and controls on one model.

    Args:
        protocol: How it was measured.
        samples: The samples that counted.
        methods: Names of the methods.
        controls: Names of the controls, the random ranking first.
        records: All figures; the ceiling's too.
        curves: Curves per sample, by method and imputer.
        ceilings: Rows among the samples and their greedy curves, by imputer.
        reliabilities: What the model says of samples that were imputed as a whole, by imputer.
        controls_from: The samples that the controls know.
        twins: Methods whose maps are those of an earlier one, and the name of that one.
    """

    protocol: Protocol
    samples: Samples
    methods: tuple[str, ...]
    controls: tuple[str, ...]
    records: tuple[Record, ...]
    curves: Mapping[str, Mapping[str, Curves]]
    ceilings: Mapping[str, tuple[Tensor, Curves]]
    reliabilities: Mapping[str, Reliability]
    controls_from: str
    twins: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """Return the figures as flat records: method, metric, imputer, value, low, high and outcomes."""
        return [
            {
                "method": record.method,
                "metric": record.metric,
                "imputer": record.imputer,
                "value": record.interval.value,
                "low": record.interval.low,
                "high": record.interval.high,
                "passed": record.passed,
                "flagged": record.flagged,
                "rank": record.rank,
                "among": record.among,
                "dropped": record.dropped,
            }
            for record in self.records
        ]

    def find(self, method: str, metric: str, imputer: str = "") -> Record | None:
        """Return the record of one figure, or None where it was not measured."""
        wanted = (method, metric, imputer)
        matches = (r for r in self.records if (r.method, r.metric, r.imputer) == wanted)
        return next(matches, None)

    def compare_srg(self, method: str, other: str, imputer: str) -> Interval:
        """Return how much more SRG a method has than another on the same samples."""
        gain = self.curves[method][imputer].srg - self.curves[other][imputer].srg
        return self.protocol.bootstrap.measure(gain)

    def measure_reach(self, method: str, imputer: str) -> float | None:
        """Return the SRG of a method as a share of the greedy ceiling's, on the samples of the ceiling.

        None where no ceiling was searched, or where it does not lie above 0.
        """
        if imputer not in self.ceilings:
            return None
        rows, ceiling = self.ceilings[imputer]
        highest = ceiling.srg.mean().item()
        return self.curves[method][imputer].srg[rows].mean().item() / highest if highest > 0 else None
