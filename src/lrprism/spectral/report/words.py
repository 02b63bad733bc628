"""The report in words and as tables."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from lrprism.spectral.knowledge.absorption import Feature
from lrprism.spectral.report.judge import ClassFinding
from lrprism.spectral.report.needed import Need
from lrprism.spectral.report.stretches import Stretch

MOST_COMPARED: Final = 64
"""Samples of a class that are compared with samples of others, and that bands are removed from."""
Needs = Mapping[int, Sequence[Need]]


def describe_findings(
    findings: Sequence[ClassFinding], needs: Needs, unit: str, *, against_others: bool = False
) -> list[str]:
    """Say for each class where its relevance lies, or why nothing is named.

    Args:
        findings: The findings.
        needs: By class, what the network loses without its stretches.
        unit: Unit of the relevance.
        against_others: Whether the relevance is that against samples of other classes.
    """
    heading = "What tells each class from the others" if against_others else "What speaks for each class"
    most = f"at most {MOST_COMPARED} of the samples" if against_others else "the samples"
    lines = [f"{heading}, mean over {most} shown with its 95 % interval:"]
    for finding in findings:
        if finding.reasons:
            lines.append(f"  {finding.title}: nothing is named. {_capitalise('; '.join(finding.reasons))}.")
            continue
        lines.append(f"  {finding.title}: {'; '.join(_describe(each, unit) for each in finding.stretches)}")
        lines += [f"    {need}" for need in _choose_needs(list(needs.get(finding.number, ())))]
    return lines


def _choose_needs(needs: list[Need]) -> list[Need]:
    """Return the need of all stretches, and of those that the network does without, which that would hide."""
    if not needs:
        return []
    *single, together = needs
    return [together, *(() if together.stays else (need for need in single if need.stays))]


def _describe(stretch: Stretch, unit: str) -> str:
    causes = f", in {' and '.join(map(str, stretch.causes))}" if stretch.causes else ""
    peak = "" if stretch.start_nm == stretch.end_nm else f" (peak {stretch.peak_nm:.0f} nm)"
    value = f"{stretch.value:+.3g} {unit} [{stretch.low:.3g}, {stretch.high:.3g}]"
    caution = f", {stretch.caution}" if stretch.caution else ""
    return f"{stretch.place}{peak} {value}{causes}{caution}"


def note_no_features(findings: Sequence[ClassFinding], features: Sequence[Feature]) -> list[str]:
    """Say once that no named stretch lies in a known feature; nothing where one does, or none is named.

    Args:
        findings: What may be said of each class.
        features: The features that the data can show.
    """
    stretches = [stretch for finding in findings for stretch in finding.stretches]
    if not stretches or not features or any(stretch.causes for stretch in stretches):
        return []
    return ["Of these stretches none lies in an absorption feature that holds more relevance than chance."]


def tabulate_classes(findings: Sequence[ClassFinding]) -> pd.DataFrame:
    """List the classes, how many samples are right, and why nothing is named.

    Args:
        findings: The findings.

    Returns:
        A row per class with the columns class, class_name, shown, right, reasons; right is missing where the
        true classes are not known.
    """
    rows = [(item.number, item.name, item.shown, item.right, "; ".join(item.reasons)) for item in findings]
    table = pd.DataFrame(rows, columns=["class", "class_name", "shown", "right", "reasons"])
    return table.astype({"right": "Int64"})  # a missing number is no fraction


def tabulate_stretches(findings: Sequence[ClassFinding], needs: Needs) -> pd.DataFrame:
    """List the stretches that are named.

    Args:
        findings: The findings.
        needs: By class, what the network loses without its stretches.

    Returns:
        A row per stretch with the columns class, class_name, start_nm, end_nm, peak_nm, relevance, low, high,
        share, lies_in, caution, samples, recall and, for each imputer, recall_without_... and
        recall_alone_....
    """
    rows: list[dict[str, Any]] = []
    for item in findings:
        of_class: Sequence[Need | None] = needs.get(item.number) or [None] * len(item.stretches)
        # the last need may be that of all stretches together
        for stretch, need in zip(item.stretches, of_class, strict=False):
            row = {
                "class": item.number,
                "class_name": item.name,
                "start_nm": stretch.start_nm,
                "end_nm": stretch.end_nm,
                "peak_nm": stretch.peak_nm,
                "relevance": stretch.value,
                "low": stretch.low,
                "high": stretch.high,
                "share": stretch.share,
                "lies_in": " and ".join(map(str, stretch.causes)),
                "caution": stretch.caution,
            }
            rows.append(row | _list_need(need))
    return pd.DataFrame(rows, columns=None if rows else ["class", "class_name"])


def _list_need(need: Need | None) -> dict[str, Any]:
    if need is None:
        return {}
    shares = {
        f"recall_{what}_{name.replace(' ', '_')}": share
        for what, by_name in (("without", need.without), ("alone", need.alone))
        for name, share in by_name.items()
    }
    return {"samples": need.samples, "recall": need.recall, **shares}


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
