"""``python -m court``: run what has no result yet, and write docs/court.md."""

import argparse
import os
import re
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported


def main() -> None:
    """Run what is asked for, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m court", description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression that trial/case should match")
    parser.add_argument("--again", default="$.", help="trial/case/method to run again, a regular expression")
    parser.add_argument(
        "--results", type=Path, default=Path("docs/court.jsonl"), help="what was found so far"
    )
    parser.add_argument("--models", type=Path, default=Path("runs/court"), help="where networks are kept")
    parser.add_argument("--page", type=Path, help="the page to write; figures go beside it")
    chosen = parser.parse_args()

    from court import page, results, running
    from court.trials import TRIALS

    before = results.read(chosen.results)
    results.keep(chosen.results, {key for key in before if not re.search(chosen.again, "/".join(key))})
    for trial in TRIALS:
        for case in trial.cases:
            if re.search(chosen.only, f"{trial.name}/{case}"):
                running.run(trial, case, chosen.results, chosen.models)
    if chosen.page:
        chosen.page.write_text(page.write(TRIALS, results.read(chosen.results)), encoding="utf-8")


if __name__ == "__main__":
    main()
