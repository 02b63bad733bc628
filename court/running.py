"""Running the cases of a benchmark, and keeping what they gave."""

import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.markdown import version_of
from court.results import PREMISE, Result, append, read
from court.trial import Scores, Trial
from lrprism import RelevanceWarning


def run(trial: Trial, case: str, results: Path, models: Path) -> None:
    """Run the methods of one case that have no result.

    The methods of a case are known once it is prepared, so a case that is complete is prepared again; its
    network is not trained again.

    Args:
        trial: The benchmark.
        case: Its case.
        results: The file that results are added to.
        models: The folder of trained networks.
    """
    done = read(results)
    start = time.process_time()
    prepared = trial.prepare(case, models)
    if (trial.name, case, PREMISE) not in done:
        _keep(results, trial, case, PREMISE, prepared.premise, time.process_time() - start)
    for method, explain in prepared.methods.items():
        if (trial.name, case, method) in done:
            continue
        relevance, seconds, warning = _time(explain)
        _keep(results, trial, case, method, prepared.score(relevance), seconds, warning)


def _time(explain: Callable[[], Any]) -> tuple[Any, float, str]:
    """Return the relevance, the processor time and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.process_time()
        relevance = explain()
        seconds = time.process_time() - start
    texts = [str(warning.message) for warning in caught if issubclass(warning.category, RelevanceWarning)]
    return relevance, seconds, " ".join(dict.fromkeys(texts))


def _keep(
    results: Path, trial: Trial, case: str, method: str, scores: Scores, seconds: float, warning: str = ""
) -> None:
    rounded = {name: float(f"{value:.6g}") for name, value in scores.items()}
    versions = f"torch {torch.__version__}, lrprism {version_of('lrprism')}"
    date = datetime.now(UTC).date().isoformat()
    result = Result(trial.name, case, method, rounded, round(seconds, 2), warning, date, versions)
    append(results, [result])
    print(f"{trial.name}/{case} {method}: {rounded} in {seconds:.1f} s", flush=True)
