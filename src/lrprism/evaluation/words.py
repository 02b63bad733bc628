"""The judgement of a method in words, and what each test cannot show."""

from __future__ import annotations

from lrprism.evaluation.controls import RANDOM
from lrprism.evaluation.findings import Findings
from lrprism.evaluation.randomisation import PASSES_BELOW

_RELIABLE_BELOW = 0.5
"""A model that still finds the class in this share of fully imputed samples, above chance, sees it there."""
_ALWAYS_LIMITED = (
    "SRG: a ranking is judged, not its sizes; a mismatch of imputer and reference can turn it round; a "
    "high value means the network's output follows the ranking, not that the network is right.",
    "deletion: one region at a time, so that what neighbours say too counts for nothing; removed regions "
    "may lie outside what the network has learned, unless it was fine-tuned on them.",
    "intervals: from these samples and this one network; other trainings differ more (compare 5 seeds).",
)
_LIMITS = {
    "auc": "planted features: a network may use only some of them, or their neighbours; controls that "
    "see the classes see the mask itself.",
    "blind feature": "blind feature: says that the map leaves out what the network ignores, not that it "
    "finds all it uses.",
    "randomisation": "randomisation: noise passes too; it rejects maps of the data, and ranks nothing.",
    "random logit": "random logit: classes that rest on the same features have like maps in truth.",
    "sensitivity max": "sensitivity: a constant map is the most stable one.",
}
"""The limits of each further test, by the figure that shows that it was run."""


def describe_method(findings: Findings, method: str) -> str:
    """Return what the figures of a method mean, one sentence per test; of a twin, whose maps it has."""
    if method in findings.twins:
        return f"= {findings.twins[method]}: on this network both give the same maps."
    sentences = [
        _describe_faithfulness(findings, method),
        _describe_contradiction(findings, method),
        _describe_reach(findings, method),
        _describe_deletion(findings, method),
        _describe_recovery(findings, method),
        _describe_blind(findings, method),
        _describe_groups(findings, method),
        _describe_randomisation(findings, method),
        _describe_contrast(findings, method),
        _describe_sensitivity(findings, method),
    ]
    return " ".join(filter(None, sentences))


def _list_imputers(findings: Findings) -> list[str]:
    return [imputer.name for imputer in findings.protocol.imputers]


def _describe_faithfulness(findings: Findings, method: str) -> str:
    """Compare with the random ranking and with every control, on the same samples."""
    imputers = _list_imputers(findings)
    above_random = [name for name in imputers if findings.compare_srg(method, RANDOM, name).low > 0]
    figures = ", ".join(
        f"{name} {record.interval.value:.2f}"
        for name in imputers
        if (record := findings.find(method, "SRG", name))
    )
    return (
        f"Better than a random ranking under {len(above_random)} of {len(imputers)} imputers "
        f"(SRG: {figures}). {_describe_controls(findings, method)}"
    )


def _describe_controls(findings: Findings, method: str) -> str:
    """Name the controls that the method does not beat, on the same samples, and the imputers."""
    unbeaten = []
    for control in findings.controls:
        imputers = [
            name for name in _list_imputers(findings) if findings.compare_srg(method, control, name).low <= 0
        ]
        if control != RANDOM and imputers:
            unbeaten.append(f"{control} (under {', '.join(imputers)})")
    return f"Not better than {'; '.join(unbeaten)}." if unbeaten else "Better than every control."


def _describe_contradiction(findings: Findings, method: str) -> str:
    """Name imputers under which a method is worse than random while others have it better."""
    intervals = {name: findings.find(method, "SRG", name) for name in _list_imputers(findings)}
    above = [name for name, record in intervals.items() if record and record.interval.low > 0]
    below = [name for name, record in intervals.items() if record and record.interval.high < 0]
    # all on one side, or none that can be told from random
    if not (above and below):
        return ""
    return (
        f"Imputers contradict each other: better than random under {', '.join(above)}, worse under "
        f"{', '.join(below)}. Name the imputer with each figure: the method may have another reference."
    )


def _describe_reach(findings: Findings, method: str) -> str:
    reaches = {name: findings.measure_reach(method, name) for name in _list_imputers(findings)}
    figures = ", ".join(f"{name} {reach:.0%}" for name, reach in reaches.items() if reach is not None)
    return f"Of what a greedy search on the model reaches: {figures}." if figures else ""


def _describe_deletion(findings: Findings, method: str) -> str:
    """Say how relevance follows single deletions under the first imputer, matched to the methods."""
    record = findings.find(method, "deletion", _list_imputers(findings)[0])
    if record is None:
        return ""
    if record.interval.low > 0:
        what = "Relevance of a region follows what the logit loses with it"
    else:
        what = "Relevance of a region does not follow what the logit loses with it"
    return f"{what} (rank correlation {record.interval} under {record.imputer})."


def _describe_recovery(findings: Findings, method: str) -> str:
    """Compare the AUC on planted features with the best control."""
    record = findings.find(method, "auc")
    if record is None:
        return ""
    # without a control beside it an AUC says little: ANOVA F sees the mask itself
    controls = {name: auc for name in findings.controls if (auc := findings.find(name, "auc"))}
    best = max(controls, key=lambda name: controls[name].interval.value)
    level = "finds" if record.interval.low > 0.5 else "does not find"
    return (
        f"The map {level} the planted features (AUC {record.interval}; best control: {best} "
        f"{controls[best].interval.value:.3f})."
    )


def _describe_blind(findings: Findings, method: str) -> str:
    blind, used = (findings.find(method, name) for name in ("blind feature", "used features"))
    if blind is None or used is None:
        return ""
    verdict = "Passes" if blind.passed else "Fails"
    return (
        f"{verdict} the blind-feature test: {blind.interval.value:.2f} times its fair share for the feature "
        f"that the network could not learn, {used.interval.value:.2f} for those it learned from."
    )


def _describe_groups(findings: Findings, method: str) -> str:
    shares = [r for r in findings.records if r.method == method and r.flagged is not None]
    return " ".join(
        f"{r.metric.removeprefix('share of ').capitalize()}: {r.interval.value:.2f} times its fair share"
        + (f", rank {r.rank} of {r.among}" if r.rank is not None else "")
        + (": flagged, the network seems to use it." if r.flagged else ": not flagged.")
        for r in shares
    )


def _describe_randomisation(findings: Findings, method: str) -> str:
    record = findings.find(method, "randomisation")
    if record is None:
        return ""
    if not record.passed:
        return (
            f"Fails randomisation: with random weights the map stays alike (rank correlation "
            f"{record.interval}), so that it shows the data more than the network."
        )
    sizes = findings.find(method, "sizes at random")
    alike = sizes is not None and sizes.interval.high >= PASSES_BELOW
    return (
        f"Passes randomisation: with random weights the map changes (rank correlation {record.interval})"
        + (f", but not where it is large ({sizes.interval} of |R|)." if sizes and alike else ".")
    )


def _describe_contrast(findings: Findings, method: str) -> str:
    record = findings.find(method, "random logit")
    if record is None:
        return ""
    return f"The map of another class has a rank correlation of {record.interval} with that of the class."


def _describe_sensitivity(findings: Findings, method: str) -> str:
    record = findings.find(method, "sensitivity max")
    if record is None:
        return ""
    dropped = (
        f" (samples left out, as their prediction changed or their map is zero: {record.dropped})"
        if record.dropped
        else ""
    )
    return (
        f"Under the sensor's noise the map changes by up to {record.interval.value:.0%} of its size{dropped}."
    )


def describe_limits(findings: Findings) -> list[str]:
    """Return what each test that was run cannot show, one line per test."""
    metrics = {record.metric for record in findings.records}
    limits = [*_ALWAYS_LIMITED]
    limits += [text for metric, text in _LIMITS.items() if metric in metrics]
    if any(record.flagged is not None for record in findings.records):
        limits.append("groups: a flag says where relevance lies, not that the network is wrong to use it.")
    visible = [
        name
        for name, reliability in findings.reliabilities.items()
        if reliability.on_class > max(_RELIABLE_BELOW, 1.5 * reliability.chance)
    ]
    if visible:
        limits.append(
            f"imputers {', '.join(visible)}: the model still finds the class when everything is imputed, so "
            "that they hide little."
        )
    return limits
