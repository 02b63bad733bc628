"""Sentences that follow from the numbers."""

from collections.abc import Iterator, Mapping, Sequence

from evidence.candidates import CANDIDATES, Map
from evidence.cells import SCALINGS
from evidence.networks import TITLES
from evidence.results import Result
from evidence.statistics import shorten
from evidence.verdict import RowKey, Rows, Verdict, average_metric

NOTHING = 0.002
"""A smaller difference in AUC is called none."""


def conclude(maps: Rows, verdicts: Mapping[RowKey, Verdict]) -> str:
    """Return the conclusions as a list in Markdown."""
    sentences = [*say_best(verdicts), *say_effects(maps)]
    return "\n" + "".join(f"- {sentence}\n" for sentence in sentences)


def say_best(verdicts: Mapping[RowKey, Verdict]) -> Iterator[str]:
    """Say for each network what is best, and whether it beats other methods."""
    for network in dict.fromkeys(network for network, _ in verdicts):
        parts = []
        for scaling in SCALINGS:
            if (network, scaling) in verdicts:
                verdict = verdicts[network, scaling]
                name, other = verdict.other
                lead = verdict.auc.value - other.value
                word = "above" if lead > NOTHING else "below" if lead < -NOTHING else "level with"
                amount = f"{shorten(abs(lead))} " if abs(lead) > NOTHING else ""
                parts.append(f"{scaling}: {verdict.best} ({verdict.auc}), {amount}{word} {name}")
        yield f"**{TITLES[network]}**, {'; '.join(parts)}."


def say_effects(maps: Rows) -> Iterator[str]:
    """Say what pooling and references do, candidate by candidate and row by row."""
    yield compare(maps, "Pooling", [(how, Map(how.rule, how.reference, True)) for how in list_unpooled("")])
    for scaling in SCALINGS:
        rows = {key: row for key, row in maps.items() if key[1] == scaling}
        for reference, noun in (
            ("mean", "The training mean as reference"),
            ("mean + continuum", "Mixing the continuum into it"),
        ):
            start = "none" if reference == "mean" else "mean"
            pairs = [
                (Map(how.rule, start, pooled), Map(how.rule, reference, pooled))
                for how in list_unpooled(reference)
                for pooled in (False, True)
                if Map(how.rule, start) in CANDIDATES
            ]
            if rows and pairs:
                yield compare(rows, f"{noun}, on {scaling} inputs,", pairs)


def list_unpooled(reference: str) -> list[Map]:
    """Return the candidates as computed, of one reference or of all."""
    return [how for how in CANDIDATES if not how.pooled and (not reference or how.reference == reference)]


def compare(rows: Rows, what: str, pairs: Sequence[tuple[Map, Map]]) -> str:
    """Say how the second map of each pair differs from the first in AUC, over all rows.

    Args:
        rows: The results.
        what: What the second has and the first has not, in words.
        pairs: Names of maps.
    """
    changes = {
        key: sum(differences) / len(differences)
        for key, row in rows.items()
        if (differences := list_differences(row, pairs))
    }
    gains = sum(change > NOTHING for change in changes.values())
    losses = sum(change < -NOTHING for change in changes.values())
    most, least = max(changes, key=changes.__getitem__), min(changes, key=changes.__getitem__)
    return (
        f"{what} raises AUC in {gains} of {len(changes)} rows and lowers it in {losses}, mean over "
        f"{len(pairs)} pairs of maps: from {shorten(changes[least])} ({say_row(least)}) to "
        f"{shorten(changes[most])} ({say_row(most)})."
    )


def list_differences(row: Sequence[Result], pairs: Sequence[tuple[Map, Map]]) -> list[float]:
    """Return the differences of mean AUC of pairs that were both measured."""
    means = [[average_metric(row, str(how), "auc") for how in pair] for pair in pairs]
    return [second.value - first.value for first, second in means if first is not None and second is not None]


def say_row(key: RowKey) -> str:
    """Return a row in words."""
    return f"{key[0]}, {key[1]}"
