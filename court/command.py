"""The command line of a court: run what has no result yet, and write the page."""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from court import results, running
from court.results import Key, Result
from court.trial import Trial

Write = Callable[[Sequence[Trial], Mapping[Key, Result]], str]


def run_court(
    name: str,
    about: str | None,
    trials: Sequence[Trial],
    write: Write,
    draw: Callable[[Path, Path], None] | None = None,
) -> None:
    """Run what is asked for, and write the page.

    Args:
        name: The court: of its command, its file of results and its folder of networks.
        about: Its help.
        trials: Its benchmarks.
        write: Returns the page.
        draw: Writes the figures, from the folder of networks into that of figures.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--only", default="", help="a regular expression that trial/case should match")
    parser.add_argument("--again", default="$.", help="trial/case/method to run again, a regular expression")
    parser.add_argument(
        "--results", type=Path, default=Path(f"docs/{name}.jsonl"), help="what was found so far"
    )
    parser.add_argument("--models", type=Path, default=Path(f"runs/{name}"), help="where networks are kept")
    parser.add_argument("--page", type=Path, help="the page to write; figures go beside it")
    chosen = parser.parse_args()
    before = results.read(chosen.results)
    results.keep(chosen.results, {key for key in before if not re.search(chosen.again, "/".join(key))})
    for trial in trials:
        for case in trial.cases:
            if re.search(chosen.only, f"{trial.name}/{case}"):
                running.run(trial, case, chosen.results, chosen.models)
    if chosen.page and draw is not None:
        draw(chosen.models, chosen.page.parent / "figures")
    if chosen.page:
        chosen.page.write_text(write(trials, results.read(chosen.results)), encoding="utf-8")
