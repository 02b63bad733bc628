"""The sections of docs/evidence.md on single networks."""

from collections.abc import Iterator, Sequence
from typing import Final

from benchmarks.markdown import table
from evidence import prose
from evidence.candidates import REFERENCES, Map
from evidence.cells import PATCHES, SCALINGS
from evidence.networks import TITLES
from evidence.results import Result
from evidence.statistics import Mean, average, shorten
from evidence.verdict import CONTROLS, NAMES, Rows, average_metric, list_others, list_ours

NONE: Final = "–"
IMPUTERS: Final = ("mean", "interpolation", "gaussian", "swap")


def write_networks(maps: Rows) -> Iterator[str]:
    """Return the sections, network by network."""
    for network in dict.fromkeys(network for network, _ in maps):
        rows = {scaling: maps[network, scaling] for scaling in SCALINGS if (network, scaling) in maps}
        accuracy = "; ".join(
            f"{average([float(result.facts['accuracy']) for result in row])} ({scaling})"
            for scaling, row in rows.items()
        )
        leaf = prose.LEAF if network in PATCHES else ""
        yield prose.NETWORK.format(title=TITLES[network], network=network, accuracy=accuracy, patches=leaf)
        for scaling, row in rows.items():
            yield prose.SCALING.format(title=TITLES[network], scaling=scaling)
            yield write_methods(row, with_leaf=network in PATCHES)
        yield prose.PRESETS.format(title=TITLES[network])
        yield write_presets(list(rows.values()))


def write_methods(row: Sequence[Result], *, with_leaf: bool) -> str:
    """Return the table of candidates, other methods and controls, the best first in each group."""
    imputers = [name for name in IMPUTERS if any(average_metric(row, m, "srg", name) for m in NAMES)]
    groups = (NAMES, list_others(row), [name for name in CONTROLS if average_metric(row, name, "auc")])
    reliability = [average([float(result.facts["reliability"][name]) for result in row]) for name in imputers]
    head = ("map", "AUC", "AP", "P@K", "mass", *(["leaf"] if with_leaf else []),
            *(f"SRG ({name})" for name in imputers), "time")  # fmt: skip
    empty = [""] * (5 if with_leaf else 4)
    lines = [("*everything removed, still on class*", *empty, *map(str, reliability), "")]
    for group in groups:
        for name in sorted(group, key=lambda name: -read_auc(row, name)):
            numbers = [average_metric(row, name, metric) for metric in ("auc", "ap", "p_at_k", "mass")]
            numbers += [average_metric(row, name, "leaf")] if with_leaf else []
            numbers += [average_metric(row, name, "srg", imputer) for imputer in imputers]
            time = average_metric(row, name, "gradients")
            lines.append((name, *map(format_mean, numbers), f"{time.value:.1f}" if time else NONE))
    return table(head, lines)


def write_presets(rows: Sequence[Sequence[Result]]) -> str:
    """Return the AUC of every preset by reference, as computed and pooled, for each scaling."""
    ours = list_ours(rows[0])
    rules = dict.fromkeys(rule for name in ours for rule in [strip(name)])
    head = (
        "preset",
        *(f"{reference}, {scaling}" for scaling in SCALINGS[: len(rows)] for reference in REFERENCES),
    )
    lines = [
        (rule, *(write_pair(row, Map(rule, reference)) for row in rows for reference in REFERENCES))
        for rule in rules
    ]
    return table(head, lines)


def strip(name: str) -> str:
    """Return the rule in the name of a map."""
    rule = name.removesuffix(", pooled")
    for reference in REFERENCES:
        rule = rule.removesuffix(f", reference {reference}")
    return rule


def write_pair(row: Sequence[Result], how: Map) -> str:
    """Return the mean AUC of a map as computed and pooled."""
    means = [
        average_metric(row, str(Map(how.rule, how.reference, pooled)), "auc") for pooled in (False, True)
    ]
    return " / ".join(shorten(mean.value) if mean else NONE for mean in means)


def format_mean(mean: Mean | None) -> str:
    """Return a mean, or a dash."""
    return NONE if mean is None else str(mean)


def read_auc(row: Sequence[Result], name: str) -> float:
    """Return the mean AUC of a map, or 0 if it has none."""
    mean = average_metric(row, name, "auc")
    return mean.value if mean is not None else 0.0
