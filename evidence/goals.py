"""The goals, and whether the numbers meet them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidence.candidates import CHOSEN, DEFAULT
from evidence.cells import PATCHES
from evidence.results import Result
from evidence.settings import CLEAN, CONFOUNDED
from evidence.statistics import shorten
from evidence.verdict import ANOVA, FAR, NEAR, RowKey, Rows, Verdict, average_metric

IG: Final = "Integrated Gradients, reference mean"


@dataclass(frozen=True)
class Check:
    """A goal and what was measured.

    Args:
        what: The goal.
        asked: The number that is asked for.
        measured: The number that was measured.
        met: True if the second meets the first.
    """

    what: str
    asked: str
    measured: str
    met: bool


SPECTRAL_GOALS: Final = {
    ("cnn", "standardised"): {"auc": 0.98, "p_at_k": 0.89, "mean": 0.90, "interpolation": 0.54},
    ("cnn", "raw"): {"auc": 0.98, "p_at_k": 0.89, "mean": 0.90, "interpolation": 0.40},
    ("mlp", "standardised"): {"auc": 0.97, "p_at_k": 0.85, "mean": 0.88, "interpolation": 0.43},
    ("mlp", "raw"): {"auc": 0.97, "p_at_k": 0.85, "mean": 0.88, "interpolation": 0.43},
}
"""Least band recovery, and least SRG under two imputers, of the map chosen for the network."""
METRICS: Final = {"auc": "AUC", "p_at_k": "P@K", "mean": "SRG (mean)", "interpolation": "SRG (interpolation)"}
ABOVE_IG: Final = 0.08
INSIDE: Final = 0.9
CONDITIONAL: Final = 0.48
BLIND, USED, BLIND_AUC = 0.5, 2.0, 0.98
NAMED, FALSE = 0.9, 0.1
TITLED: Final = {
    "default": f"the default ({DEFAULT})",
    "auto": "`auto`",
    "calibrated": "`--calibrate`",
}
"""The choices of a verdict, in words."""
ROWS_NEAR: Final = 0.8


def check_all(maps: Rows, blind: Rows, confounder: Rows, verdicts: Mapping[RowKey, Verdict]) -> list[Check]:
    """Return every goal that the results can answer.

    Args:
        maps: The results of part ``maps``.
        blind: Those of part ``blind``.
        confounder: Those of part ``confounder``.
        verdicts: The verdicts of the rows.
    """
    checks = [*check_spectra(maps), *check_patches(maps, verdicts)]
    if verdicts:
        checks += check_choices(verdicts)
    checks += [check for (network, _), row in blind.items() for check in check_blind(network, row)]
    checks += [check for row in confounder.values() for check in check_confounder(row)]
    return checks


def check_spectra(maps: Rows) -> Iterator[Check]:
    """Return the goals of the networks of spectra."""
    for (network, scaling), least in SPECTRAL_GOALS.items():
        row = maps.get((network, scaling))
        if row is None:
            continue
        how = str(CHOSEN[network])
        for metric, goal in least.items():
            mean = average_metric(row, how, "srg", metric) if metric in ("mean", "interpolation") else None
            mean = mean or average_metric(row, how, metric)
            if mean is not None:
                what = f"{network}, {scaling}: {METRICS[metric]} of {how}"
                yield Check(what, f"≥ {shorten(goal)}", str(mean), mean.value >= goal)
        if network == "cnn":
            yield check_lead(scaling, row, how)
    for (network, scaling), row in maps.items():
        if network not in PATCHES:
            yield from check_conditional(network, scaling, row)


def check_lead(scaling: str, row: Sequence[Result], how: str) -> Check:
    """Return whether a map leads integrated gradients, pooled and not, on every seed."""
    leads = [
        read_number(result, how, "auc")
        - max(read_number(result, f"{IG}{end}", "auc") for end in ("", ", pooled"))
        for result in row
    ]
    what = f"cnn, {scaling}: smallest lead in AUC over integrated gradients, pooled or not, of any seed"
    return Check(what, f"≥ {shorten(ABOVE_IG)}", shorten(min(leads)), min(leads) >= ABOVE_IG)


def check_conditional(network: str, scaling: str, row: Sequence[Result]) -> Iterator[Check]:
    """Return whether any of our maps reaches the goal under the Gaussian conditional imputer."""
    names = [str(numbers["method"]) for numbers in row[0].rows if "gaussian" in numbers.get("srg", {})]
    means = {name: mean for name in names if (mean := average_metric(row, name, "srg", "gaussian"))}
    if means:
        best = max(means, key=lambda name: means[name].value)
        what = f"{network}, {scaling}: SRG (gaussian) of the best candidate, {best}"
        yield Check(what, f"≥ {shorten(CONDITIONAL)}", str(means[best]), means[best].value >= CONDITIONAL)


def check_patches(maps: Rows, verdicts: Mapping[RowKey, Verdict]) -> Iterator[Check]:
    """Return the goals of the networks of patches."""
    for (network, scaling), row in maps.items():
        if network not in PATCHES:
            continue
        how = str(CHOSEN[network])
        mean, leaf = average_metric(row, how, "auc"), average_metric(row, how, "leaf")
        name, other = verdicts[network, scaling].other
        assert mean is not None
        assert leaf is not None
        what = f"{network}, {scaling}: AUC of {how}, at least that of the best other method, {name}"
        yield Check(what, f"≥ {other}", str(mean), mean.value >= other.value)
        what = f"{network}, {scaling}: positive relevance of {how} inside the leaf"
        yield Check(what, f"≥ {shorten(INSIDE)}", str(leaf), leaf.value >= INSIDE)


def check_choices(verdicts: Mapping[RowKey, Verdict]) -> Iterator[Check]:
    """Return whether the default, ``auto`` and ``--calibrate`` come close to the best candidate."""
    for name in TITLED:
        lags = [
            lag for verdict in verdicts.values() if (lag := verdict.lag(getattr(verdict, name))) is not None
        ]
        if not lags:
            continue
        title = TITLED[name]
        near, asked = sum(lag <= NEAR for lag in lags), round(ROWS_NEAR * len(lags))
        what = f"rows in which {title} is within {shorten(NEAR)} AUC of the best candidate"
        yield Check(what, f"≥ {asked} of {len(lags)}", f"{near} of {len(lags)}", near >= asked)
        what = f"largest distance of {title} from the best candidate, over the rows"
        yield Check(what, f"≤ {shorten(FAR)}", shorten(max(lags)), max(lags) <= FAR)


def check_blind(network: str, row: Sequence[Result]) -> Iterator[Check]:
    """Return what a feature gets that the network could not learn from."""
    how = str(CHOSEN[network])
    blind, used, auc = (average_metric(row, how, metric) for metric in ("blind", "used", "auc"))
    anova = average_metric(row, ANOVA, "auc")
    if blind is None or used is None or auc is None or anova is None:
        return
    yield Check(
        f"{network}: blind feature, times its fair share", f"≤ {BLIND:g}", str(blind), blind.value <= BLIND
    )
    yield Check(f"{network}: used features, times theirs", f"≥ {USED:g}", str(used), used.value >= USED)
    what = f"{network}: AUC beside a blind feature (ANOVA {anova})"
    yield Check(what, f"≥ {shorten(BLIND_AUC)}", str(auc), auc.value >= BLIND_AUC)


def check_confounder(row: Sequence[Result]) -> Iterator[Check]:
    """Return how often an artefact is flagged, where it is and where it is not."""
    flags = {
        name: [bool(read_number(result, name, "flagged")) for result in row] for name in (CONFOUNDED, CLEAN)
    }
    right, wrong, count = sum(flags[CONFOUNDED]), sum(flags[CLEAN]), len(row)
    asked, allowed = round(NAMED * count), round(FALSE * count)
    yield Check(
        "data sets whose confounder is flagged",
        f"≥ {asked} of {count}",
        f"{right} of {count}",
        right >= asked,
    )
    what = "clean data sets in which the same bands are flagged"
    yield Check(what, f"≤ {allowed} of {count}", f"{wrong} of {count}", wrong <= allowed)


def read_number(result: Result, method: str, metric: str) -> float:
    """Return a number that is known to be there."""
    numbers = result.find(method)
    assert numbers is not None
    return float(numbers[metric])
