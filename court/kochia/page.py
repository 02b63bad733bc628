"""The page docs/kochia.md, written from the results."""

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.markdown import setting, table
from court.kochia.trial import ALL, MEAN, REPORT
from court.results import PREMISE, Key, Result
from court.trial import Trial

HEAD: Final = """\
# What the report says of leaves whose truth is known

{task}

`make kochia` draws the leaves, trains, explains, and writes this page from [kochia.jsonl](kochia.jsonl); no
number is written by hand. What is said of a seed is right in all four if the class with the stripe is told by
the background or the outermost ring before anything else, the first stretch named for the class with the dip
peaks within 10 nm of it, that of the shifted red edge within 15 nm of where the shift changes the reflectance
most, and no band is named for the two plain classes. The words were written on seeds 101 and 102. When the
report changed for other reasons, the explanations below were made again; no network was.

"""
GOAL: Final = 9
_SCORES: Final = ("stripe first", "dip", "shift", "plain classes silent", ALL)


def write(trials: Sequence[Trial], results: Mapping[Key, Result]) -> str:
    """Return the page.

    Args:
        trials: The only trial.
        results: The results by trial, case and method.
    """
    (trial,) = trials
    rows = setting("make kochia", "1", ("lrprism", "torch"))
    parts = [HEAD.format(task=trial.task), table(["", ""], rows), "\n", _count(trial, results)]
    parts += [f"\n## {way[0].upper()}{way[1:]}\n\n{_list(trial, results, way)}" for way in (REPORT, MEAN)]
    return "".join(parts)


def _count(trial: Trial, results: Mapping[Key, Result]) -> str:
    """Return the goal, and in how many seeds each way is right."""
    lines = [f"## Goal\n\nAll four on {GOAL} of {len(trial.cases)} seeds.\n\n"]
    rows = []
    for method in (REPORT, MEAN):
        scored = [result.scores for key, result in results.items() if key[2] == method]
        counts = [f"{sum(scores[name] for scores in scored):.0f} of {len(scored)}" for name in _SCORES]
        met = sum(scores[ALL] for scores in scored) >= GOAL
        rows.append((method, *counts, "met" if met else "**missed**"))
    return lines[0] + table(["way", *_SCORES, "goal"], rows)


def _list(trial: Trial, results: Mapping[Key, Result], method: str) -> str:
    rows = []
    for case in trial.cases:
        result, premise = (results.get((trial.name, case, name)) for name in (method, PREMISE))
        if result is None or premise is None:
            rows.append((case, "not run", *[""] * (len(_SCORES) + 2)))
            continue
        right = ["yes" if result.scores[name] else "**no**" for name in _SCORES]
        off = [_format_off(result.scores.get(f"{name}, nm off")) for name in ("dip", "shift")]
        accuracy = f"{100 * premise.scores['accuracy']:.1f} %"
        rows.append((case, accuracy, *right, *off, f"{result.scores['further stretches']:.0f}"))
    head = ["seed", "accuracy", *_SCORES, "dip, nm off", "shift, nm off", "further stretches named"]
    return table(head, rows)


def _format_off(value: float | None) -> str:
    return "nothing named" if value is None else f"{value:+.1f}"
