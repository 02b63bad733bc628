"""The result of a judgement: findings, and what they mean in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrprism.evaluation.curves import Curves
from lrprism.evaluation.findings import Findings
from lrprism.evaluation.tables import format_findings
from lrprism.evaluation.words import describe_limits, describe_method


@dataclass(frozen=True, eq=False, repr=False)
class Judgement:
    """The judgement of methods and controls; prints as protocol, tables and words.

    Args:
        findings: What was measured.
        words: What it means, by method.
        limits: What the tests cannot show, one line each.
    """

    findings: Findings
    words: Mapping[str, str]
    limits: tuple[str, ...]

    @classmethod
    def of(cls, findings: Findings) -> Judgement:
        """Put findings into words."""
        words = {name: describe_method(findings, name) for name in findings.methods}
        return cls(findings, words, tuple(describe_limits(findings)))

    @property
    def curves(self) -> Mapping[str, Mapping[str, Curves]]:
        """The curves of each sample, by method and imputer."""
        return self.findings.curves

    def rows(self) -> list[dict[str, Any]]:
        """Return the figures as flat records: method, metric, imputer, value, low, high and outcomes."""
        return self.findings.rows()

    def protocol_lines(self) -> list[str]:
        """Return how the judgement was made, one line per setting, with what is odd about the samples."""
        samples = self.findings.samples
        return [
            f"samples: {len(samples.x)} of {samples.total}, those that the model gets right "
            f"(balanced accuracy {samples.balanced_accuracy:.3f})",
            *self.findings.protocol.describe(),
            f"controls: know {self.findings.controls_from}",
            *(f"note: {note}" for note in (*samples.notes, *self.findings.protocol.note_regions())),
        ]

    def __repr__(self) -> str:
        """The number of methods and samples."""
        count = len(self.findings.samples.x)
        return f"<Judgement of {len(self.words)} methods on {count} samples: print() shows tables and words>"

    def __str__(self) -> str:
        """Protocol, tables, words and limits."""
        blocks = [
            "\n".join(["Protocol", *(f"  {line}" for line in self.protocol_lines())]),
            *format_findings(self.findings),
            "\n".join(["Judgement", *(f"  {name}: {text}" for name, text in self.words.items())]),
            "\n".join(["What these tests cannot show", *(f"  {line}" for line in self.limits)]),
        ]
        return "\n\n".join(blocks)
