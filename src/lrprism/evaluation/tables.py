"""Findings as tables of fixed width."""

from __future__ import annotations

from collections.abc import Sequence

from lrprism.engine import format_table
from lrprism.evaluation.findings import CEILING, Findings, Record

_PER_IMPUTER = {
    "SRG": "SRG: area between the two curves, high is good, 0 is random",
    "MIF area": "Most relevant first: area under the curve, low is good",
    "LIF area": "Least relevant first: area under the curve, high is good",
    "deletion": "Deletion of single regions: rank correlation of relevance and drop of the logit",
}
_ALONE = {
    "Planted features (mean |R|; mass: positive R)": (
        "auc",
        "average precision",
        "precision at k",
        "mass",
        "emd",
    ),
    "Tests that explain again": (
        "random logit",
        "randomisation",
        "sizes at random",
        "entropy rise",
        "sensitivity max",
        "sensitivity mean",
    ),
}
_SHARES = "Groups of features: relevance as a multiple of the fair share"


def format_findings(findings: Findings) -> list[str]:
    """Return a table for each kind of figure that was measured, each with its title."""
    imputers = [imputer.name for imputer in findings.protocol.imputers]
    tables = [
        _format_one(findings, title, [(name, metric, name) for name in imputers])
        for metric, title in _PER_IMPUTER.items()
    ]
    tables.insert(1, _format_reliabilities(findings))
    elsewhere = [metric for metrics in _ALONE.values() for metric in metrics]
    shares = [r.metric for r in findings.records if not r.imputer and r.metric not in elsewhere]
    for title, metrics in (_ALONE | {_SHARES: tuple(dict.fromkeys(shares))}).items():
        tables.append(_format_one(findings, title, [(metric, metric, "") for metric in metrics]))
    return [table for table in tables if table]


def _format_one(findings: Findings, title: str, columns: Sequence[tuple[str, str, str]]) -> str:
    """Return one table, empty if nothing of it was measured; ``columns``: head, metric, imputer."""
    names = (*findings.methods, *findings.controls, CEILING)
    cells = {name: [findings.find(name, metric, imputer) for _, metric, imputer in columns] for name in names}
    # a column of a test that was not run is left out, and a row of a method that was not put to it
    measured = [index for index in range(len(columns)) if any(row[index] for row in cells.values())]
    if not measured:
        return ""
    head = ["method", *(columns[index][0] for index in measured)]
    lines = [
        [name, *(_format_cell(row[index]) for index in measured)] for name, row in cells.items() if any(row)
    ]
    return f"{title}\n\n{format_table(head, lines)}"


def _format_cell(record: Record | None) -> str:
    """Write a figure with its interval and its outcome."""
    if record is None:
        return "-"
    outcomes = [
        {True: "passed", False: "failed", None: ""}[record.passed],
        "flagged" if record.flagged else "",
        f"rank {record.rank} of {record.among}" if record.rank is not None else "",
        f"{record.dropped} dropped" if record.dropped else "",
    ]
    return " ".join([str(record.interval), *filter(None, outcomes)])


def _format_reliabilities(findings: Findings) -> str:
    """Say what the model sees in samples of which everything was imputed."""
    head = ["imputer", "still of the class", "mean probability", "chance"]
    lines = [
        [name, f"{r.on_class:.3f}", f"{r.probability:.3f}", f"{r.chance:.3f}"]
        for name, r in findings.reliabilities.items()
    ]
    return f"Imputers: what the model says when everything is imputed\n\n{format_table(head, lines)}"
