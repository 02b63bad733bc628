"""The page docs/court.md, written from the results."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, stdev

from benchmarks.markdown import setting, table
from court.results import PREMISE, Key, Result
from court.trial import Goal, Trial

HEAD = """\
# The court of others

Benchmarks of other people whose truth is known, with our methods on them. `make court` runs what has no
result yet, keeps each in [court.jsonl](court.jsonl), and writes this page; no number of ours is written by
hand. No rule, reference or setting was changed for a benchmark, and no method sees the truth; but which of
ours is the best of a row of goals is known only by the truth, and differs from benchmark to benchmark.
Methods by the names of presets are relevance against zero, `difference: preset, reference` relevance of the
difference from that reference. Numbers are means over the cases, with the standard deviation where there are
several. **Bold** is the best of each column, controls aside. Times stand in
[benchmarks.md](benchmarks.md); truth that is physics stands in [physics.md](physics.md).

"""
CONTROLS = ("random", "truth where", "truth-free")
OURS = ("Gradient x Input", "Integrated Gradients", "Occlusion", *CONTROLS)
"""Methods that are not the library's."""


def write(trials: Sequence[Trial], results: Mapping[Key, Result]) -> str:
    """Return the page.

    Args:
        trials: The benchmarks, in order.
        results: The results by benchmark, case and method.
    """
    parts = [HEAD, table(["", ""], setting("make court", "1", ("lrprism", "torch"))), "\n## Goals\n\n"]
    goals = [_judge(trial, goal, results) for trial in trials for goal in trial.goals]
    parts.append(table(["benchmark", "goal", "best of ours", "its number", "verdict"], goals))
    parts.extend(_write_trial(trial, results) for trial in trials)
    return "".join(parts).rstrip() + "\n"


def _write_trial(trial: Trial, results: Mapping[Key, Result]) -> str:
    mine = [
        result for result in results.values() if result.trial == trial.name and result.case in trial.cases
    ]
    lines = [f"\n## {trial.title}\n\n{trial.task}\n\n"]
    lines.append(f"- Source: {trial.source}\n- Same protocol: {trial.same}.\n")
    lines.append(f"- Published numbers: {trial.published_note or 'none'}.\n")
    missing = sorted(set(trial.cases) - {result.case for result in mine})
    if missing:
        lines.append(f"- Without a result: {', '.join(missing)}.\n")
    for group in dict.fromkeys(_group(case) for case in trial.cases):
        rows = [result for result in mine if _group(result.case) == group]
        if rows:
            lines.append(_write_group(trial, group, rows))
    return "".join(lines)


def _write_group(trial: Trial, group: str, results: Sequence[Result]) -> str:
    premises = [result for result in results if result.method == PREMISE]
    facts = [
        f"{name} {_format([result.scores[name] for result in premises])}"
        for name in (premises[0].scores if premises else ())
    ]
    title = f"\n### {group.capitalize()}\n" if group else ""
    lines = [f"{title}\nNetworks: {len(premises)}; {'; '.join(facts)}.\n\n"]
    scores = _collect(results)
    best = {metric: _find_best(trial, metric, scores) for metric in trial.metrics}
    rows = []
    for method, columns in scores.items():
        cells = []
        for metric in trial.metrics:
            cell = _format(columns.get(metric, []))
            cells.append(f"**{cell}**" if method == best[metric] else cell)
        rows.append((method, *cells))
    for place, method, numbers in trial.published:
        if place == group:
            cells = [f"{numbers[metric]:.3f}" if metric in numbers else "" for metric in trial.metrics]
            rows.append((f"*published:* {method}", *cells))
    return lines[0] + table(["method", *trial.metrics], rows)


def _collect(results: Iterable[Result]) -> dict[str, dict[str, list[float]]]:
    """Return the numbers of each method and metric."""
    scores: dict[str, dict[str, list[float]]] = {}
    for result in results:
        if result.method != PREMISE:
            columns = scores.setdefault(result.method, {})
            for metric, value in result.scores.items():
                columns.setdefault(metric, []).append(value)
    order = sorted(scores, key=lambda method: (method.startswith(CONTROLS), method in OURS, method))
    return {method: scores[method] for method in order}


def _is_lower_better(trial: Trial, metric: str) -> bool:
    return metric in trial.errors


def _find_best(trial: Trial, metric: str, scores: Mapping[str, Mapping[str, list[float]]]) -> str:
    # not every case has every score: some concepts are never absent
    candidates = [name for name, columns in scores.items() if metric in columns]
    candidates = [name for name in candidates if not name.startswith(CONTROLS)]
    choose = min if _is_lower_better(trial, metric) else max
    return choose(candidates, key=lambda name: mean(scores[name][metric]), default="")


def _judge(trial: Trial, goal: Goal, results: Mapping[Key, Result]) -> tuple[str, ...]:
    """Return a row of the table of goals."""
    mine = [
        result for result in results.values() if result.trial == trial.name and result.case in trial.cases
    ]
    scores = _collect(result for result in mine if _group(result.case) == goal.group)
    lower = _is_lower_better(trial, goal.metric)
    sign = "at most" if lower else "at least"
    title = f"{trial.title}, {goal.group}" if goal.group else trial.title
    ours = {method: mean(scores[method][goal.metric]) for method in scores if method not in OURS}
    ours = {method: value for method, value in ours.items() if not method.startswith(CONTROLS)}
    text = f"{goal.metric} {sign} {goal.value}"
    if goal.below_best is not None:
        text = f"{goal.metric} within {goal.below_best} of the best method of the run"
    if not ours:
        return title, text, "", "", "not run"
    method = (min if lower else max)(ours, key=lambda name: ours[name])
    value, wanted = ours[method], goal.value
    if goal.below_best is not None:
        rivals = [columns for name, columns in scores.items() if not name.startswith(CONTROLS)]
        wanted = max(mean(columns[goal.metric]) for columns in rivals) - goal.below_best
    met = value <= wanted if lower else value >= wanted
    return title, text, method, f"{value:.4f}", "met" if met else "missed"


def _group(case: str) -> str:
    group, slash, _ = case.partition("/")
    return group if slash else ""


def _format(values: Sequence[float]) -> str:
    """Return the mean and the standard deviation; small numbers by their power of ten."""
    if not values:
        return ""
    middle = mean(values)
    if 0 < abs(middle) < 1e-3:
        return f"{middle:.1e}"
    spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
    return f"{middle:.3f}{spread}"
