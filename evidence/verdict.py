"""What follows from the numbers: the best map of each row, and how close ``auto`` and fixed rules come."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidence.candidates import CANDIDATES, POOLED, is_ours
from evidence.cells import NETWORKS, SCALINGS
from evidence.results import Result
from evidence.statistics import Mean, average

RowKey = tuple[str, str]
Rows = dict[RowKey, list[Result]]
"""Results by network and scaling, one per seed."""
NEAR, FAR = 0.01, 0.03
"""AUC by which a choice may be behind the best candidate: in most rows, and in all."""
NAMES: Final = tuple(str(how) for how in CANDIDATES)
POOLED_NAMES: Final = tuple(str(how) for how in POOLED)
ANOVA: Final = "ANOVA F"
CONTROLS: Final = ("random", "|x - mean|", "|dx/db|", ANOVA)


def group_rows(results: Iterable[Result], part: str) -> Rows:
    """Return the results of one part by row, seeds in order, rows in the order of the networks."""
    chosen = sorted((result for result in results if result.part == part), key=lambda result: result.seed)
    keys = [(network, scaling) for network in NETWORKS for scaling in SCALINGS]
    rows = {key: [result for result in chosen if (result.network, result.scaling) == key] for key in keys}
    return {key: row for key, row in rows.items() if row}


def average_metric(row: Sequence[Result], method: str, metric: str, imputer: str = "") -> Mean | None:
    """Return the mean of a number over the seeds, or None where a seed lacks it.

    Args:
        row: The results of a row.
        method: Name of a map.
        metric: Its number: ``"auc"``, or ``"srg"`` with an imputer.
        imputer: Name of the imputer.
    """
    values = []
    for result in row:
        numbers = result.find(method) or {}
        value = numbers.get(metric, {}).get(imputer) if imputer else numbers.get(metric)
        if value is None:
            return None
        values.append(value)
    return average(values)


def find_best(row: Sequence[Result], methods: Iterable[str]) -> tuple[str, Mean]:
    """Return the method with the highest mean AUC, and this mean."""
    means = {method: average_metric(row, method, "auc") for method in methods}
    known = {method: mean for method, mean in means.items() if mean is not None}
    best = max(known, key=lambda method: known[method].value)
    return best, known[best]


def list_others(row: Sequence[Result]) -> list[str]:
    """Return the names of the methods of others, pooled and not: neither ours nor controls."""
    names = (str(numbers["method"]) for numbers in row[0].rows)
    return [name for name in names if not is_ours(name) and name.removesuffix(", pooled") not in CONTROLS]


def list_ours(row: Sequence[Result]) -> list[str]:
    """Return the names of all of our maps."""
    return [str(numbers["method"]) for numbers in row[0].rows if is_ours(str(numbers["method"]))]


@dataclass(frozen=True)
class Verdict:
    """How close choices come to the best candidate of a row.

    Args:
        best: The candidate with the highest mean AUC.
        auc: This mean.
        near: Candidates within .01 of it, the best first.
        other: The best method of others, and its mean AUC.
        auto: Mean AUC of the maps that ``auto`` chose seed by seed, among the pooled candidates.
        auto_of_all: The same where maps as computed are candidates too.
        calibrated: Mean AUC of those that planted features chose; None where it was not measured.
        default: Mean AUC of the default; see :func:`rank_fixed`.
    """

    best: str
    auc: Mean
    near: tuple[str, ...]
    other: tuple[str, Mean]
    auto: Mean
    auto_of_all: Mean
    calibrated: Mean | None
    default: Mean

    def lag(self, choice: Mean | None) -> float | None:
        """Return by how much the mean of a choice lies behind the best candidate."""
        return None if choice is None else self.auc.value - choice.value


def judge_row(row: Sequence[Result], calibrations: Sequence[Result], default: str) -> Verdict:
    """Return the verdict of a row.

    Args:
        row: Its results, one per seed.
        calibrations: Those of part ``calibrate``, of the same seeds; empty where there are none.
        default: Name of the default.
    """
    best, auc = find_best(row, NAMES)
    means = {name: average_metric(row, name, "auc") for name in NAMES}
    near = [name for name, mean in means.items() if mean is not None and auc.value - mean.value <= NEAR]
    near.sort(key=lambda name: -read_auc(means, name))
    picked = {result.seed: str(result.facts["best"]) for result in calibrations}
    fixed = means[default]
    assert fixed is not None  # the default is a candidate
    return Verdict(
        best,
        auc,
        tuple(near),
        find_best(row, list_others(row)),
        average([read_choice(result, pick_pooled(result)) for result in row]),
        average([read_choice(result, str(result.facts["auto"]["best"])) for result in row]),
        average([read_choice(result, picked[result.seed]) for result in row])
        if all(result.seed in picked for result in row)
        else None,
        fixed,
    )


def pick_pooled(result: Result) -> str:
    """Return the pooled candidate with the best mean SRG over imputers, the choice of ``auto``."""
    srg = result.facts["auto"]["srg"]
    scores = {name: sum(srg[name].values()) / len(srg[name]) for name in POOLED_NAMES if name in srg}
    return max(scores, key=scores.__getitem__)


def read_choice(result: Result, method: str) -> float:
    """Return the AUC of the map that was chosen in a cell."""
    numbers = result.find(method)
    assert numbers is not None  # only candidates are chosen
    return float(numbers["auc"])


def read_auc(means: Mapping[str, Mean | None], name: str) -> float:
    """Return a mean that is known to be there."""
    mean = means[name]
    return mean.value if mean is not None else float("-inf")


@dataclass(frozen=True)
class Fixed:
    """One candidate, used on every network and scaling.

    Args:
        name: Its name.
        near: Rows in which it is within .01 of the best candidate.
        far: Rows in which it is within .03.
        largest: Its largest distance from the best candidate.
        auc: Its mean AUC over all rows.
    """

    name: str
    near: int
    far: int
    largest: float
    auc: float


def rank_fixed(rows: Rows) -> list[Fixed]:
    """Return every candidate as a fixed rule, the one with the smallest largest distance first."""
    best = {key: find_best(row, NAMES)[1].value for key, row in rows.items()}
    ranking = []
    for name in NAMES:
        values = {key: average_metric(row, name, "auc") for key, row in rows.items()}
        known = {key: mean.value for key, mean in values.items() if mean is not None}
        lags = [best[key] - value for key, value in known.items()]
        near, far = sum(lag <= NEAR for lag in lags), sum(lag <= FAR for lag in lags)
        ranking.append(Fixed(name, near, far, max(lags), sum(known.values()) / len(known)))
    return sorted(ranking, key=lambda fixed: fixed.largest)


def count_hits(rows: Rows, choose: Callable[[Result], str | None], tolerance: float) -> tuple[int, int]:
    """Count the cells in which a choice is within a tolerance of the best candidate of that very cell.

    Args:
        rows: The results.
        choose: Returns the name of the map that was chosen in a cell; None where none was.
        tolerance: AUC by which it may be behind.

    Returns:
        The cells in which it is, and the cells in which there was a choice.
    """
    lags = [
        max(read_choice(result, name) for name in NAMES) - read_choice(result, chosen)
        for row in rows.values()
        for result in row
        if (chosen := choose(result)) is not None
    ]
    return sum(lag <= tolerance for lag in lags), len(lags)
