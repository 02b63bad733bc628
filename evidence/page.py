"""The page docs/evidence.md, written from the results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.markdown import table
from evidence import figures, prose
from evidence.candidates import CANDIDATES, DEFAULT
from evidence.cells import DEVELOPMENT_SEEDS, TEST_SEEDS
from evidence.conclusions import conclude
from evidence.goals import check_all, read_number
from evidence.networks import TITLES
from evidence.networks_page import NONE, format_mean, read_auc, write_networks
from evidence.results import Result
from evidence.settings import CLEAN, CONFOUNDED, COVER, DRAWS, ORDERS, SPECTRA_BANDS, STEPS, WINDOW
from evidence.statistics import Mean, shorten
from evidence.verdict import (
    FAR,
    NEAR,
    RowKey,
    Rows,
    Verdict,
    average_metric,
    count_hits,
    group_rows,
    judge_row,
    pick_pooled,
    rank_fixed,
)

VERDICTS: Final = (
    *("network", "scaling", "best candidate", "AUC", "also within reach", "best other method"),
    *("default", "`auto`", "`auto` of all maps", "`--calibrate`"),
)


def write_page(results: Mapping[str, Result], page: Path) -> None:
    """Write the page, and its figures beside it.

    Args:
        results: What was measured, by cell.
        page: The page.
    """
    chosen = [result for result in results.values() if result.seed not in DEVELOPMENT_SEEDS]
    page.write_text(render(chosen), encoding="utf-8")
    figures.save(group_rows(chosen, "maps"), page.parent / "figures")


def render(results: Sequence[Result]) -> str:
    """Return the page."""
    maps, calibrations = group_rows(results, "maps"), group_rows(results, "calibrate")
    blind, confounder = group_rows(results, "blind"), group_rows(results, "confounder")
    verdicts = {key: judge_row(row, calibrations.get(key, ()), str(DEFAULT)) for key, row in maps.items()}
    checks = check_all(maps, blind, confounder, verdicts)
    goals = [
        (check.what, check.asked, check.measured, "met" if check.met else "**missed**") for check in checks
    ]
    parts = [
        prose.HEAD.format(test=say_seeds(TEST_SEEDS), development=say_seeds(DEVELOPMENT_SEEDS)),
        table(("setting", "value"), describe_setting(results)),
        prose.GOALS.format(met=sum(check.met for check in checks), count=len(checks)),
        table(("goal", "asked", "measured", ""), goals),
        prose.WHEN.format(candidates=len(CANDIDATES), near=shorten(NEAR), far=shorten(FAR)),
        table(VERDICTS, [write_verdict(*item) for item in verdicts.items()]),
        conclude(maps, verdicts),
        prose.FIXED.format(near=shorten(NEAR), far=shorten(FAR)),
        write_fixed(maps),
        prose.CHOICES.format(near=shorten(NEAR), far=shorten(FAR)),
        write_choices(maps, calibrations),
        *write_networks(maps),
        *([prose.BLIND, write_blind(blind)] if blind else []),
        *([prose.CONFOUNDER, write_confounder(confounder)] if confounder else []),
        prose.METHOD.format(
            spectra=SPECTRA_BANDS, window=WINDOW, steps=STEPS, draws=DRAWS, cover=COVER, orders=ORDERS
        ),
    ]
    return "".join(parts)


def say_seeds(seeds: Sequence[int]) -> str:
    """Return seeds in words."""
    return f"{', '.join(map(str, seeds[:-1]))} and {seeds[-1]}"


def describe_setting(results: Sequence[Result]) -> list[tuple[str, str]]:
    """Return where the results were measured, and how long it took."""
    hours = sum(result.seconds for result in results) / 60
    machines = sorted({result.machine for result in results})
    versions, dates = (
        sorted({result.versions for result in results}),
        sorted({result.date for result in results}),
    )
    return [
        ("command", "`make evidence`"),
        ("processors of the measurements", "; ".join(machines)),
        ("processor time", f"{hours:.0f} minutes in all, {len(results)} cells, one thread each"),
        ("versions", "; ".join(versions)),
        ("measured on", " to ".join(dict.fromkeys((dates[0], dates[-1])))),
    ]


def write_verdict(key: RowKey, verdict: Verdict) -> tuple[str, ...]:
    """Return a row of the table of verdicts."""
    network, scaling = key
    name, other = verdict.other
    near = [other_name for other_name in verdict.near if other_name != verdict.best]
    choices = (verdict.default, verdict.auto, verdict.auto_of_all, verdict.calibrated)
    return (
        TITLES[network],
        scaling,
        verdict.best,
        str(verdict.auc),
        f"{len(near)}: {'; '.join(near[:3])}" if near else "none",
        f"{name} {other}",
        *(mark_choice(verdict, choice) for choice in choices),
    )


def mark_choice(verdict: Verdict, choice: Mean | None) -> str:
    """Return the AUC of a choice, with † where it is more than .01 behind and ‡ where more than .03."""
    lag = verdict.lag(choice)
    if lag is None:
        return NONE
    return f"{choice}{'' if lag <= NEAR else '†' if lag <= FAR else '‡'}"


def write_fixed(maps: Rows) -> str:
    """Return the table of candidates as fixed rules."""
    count = len(maps)
    head = ("map", f"within {shorten(NEAR)}", f"within {shorten(FAR)}", "largest distance", "mean AUC")
    lines = [
        (
            fixed.name,
            f"{fixed.near} of {count}",
            f"{fixed.far} of {count}",
            shorten(fixed.largest),
            shorten(fixed.auc),
        )
        for fixed in rank_fixed(maps)
    ]
    return table(head, lines)


def write_choices(maps: Rows, calibrations: Rows) -> str:
    """Return how often each choice comes close to the best candidate of a cell."""
    picked = {
        (result.network, result.scaling, result.seed): str(result.facts["best"])
        for row in calibrations.values()
        for result in row
    }
    choices = {
        "`auto`": pick_pooled,
        "`auto` of all maps, as computed too": lambda result: str(result.facts["auto"]["best"]),
        "`--calibrate`": lambda result: picked.get((result.network, result.scaling, result.seed)),
        f"the default, {DEFAULT}": lambda _: str(DEFAULT),
    }
    lines = [
        (name, *("{} of {}".format(*count_hits(maps, choose, tolerance)) for tolerance in (NEAR, FAR)))
        for name, choose in choices.items()
    ]
    return table(("choice", f"within {shorten(NEAR)}", f"within {shorten(FAR)}"), lines)


def write_blind(blind: Rows) -> str:
    """Return the table of the blind-feature test, the best map first on each network."""
    lines = []
    for (network, _), row in blind.items():
        names = [str(numbers["method"]) for numbers in row[0].rows]
        for name in sorted(names, key=lambda name: -read_auc(row, name)):
            numbers = (average_metric(row, name, metric) for metric in ("blind", "used", "auc"))
            lines.append((TITLES[network], name, *map(format_mean, numbers)))
    return table(("network", "map", "blind feature", "used features", "AUC"), lines)


def write_confounder(confounder: Rows) -> str:
    """Return the table of the confounder test."""
    lines = []
    for (network, _), row in confounder.items():
        for name in (CONFOUNDED, CLEAN):
            flagged = sum(bool(read_number(result, name, "flagged")) for result in row)
            ratio = average_metric(row, name, "ratio")
            lines.append((TITLES[network], name, f"{flagged} of {len(row)}", format_mean(ratio)))
    return table(("network", "data", "flagged", "times its fair share"), lines)
