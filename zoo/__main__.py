"""``python -m zoo``: explain the networks of the zoo that have no result yet, and write docs/zoo.md."""

import argparse
import os
import re
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # all weights are random


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m zoo", description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression that library/name should match")
    parser.add_argument("--again", default="$.", help="outcomes to run again, such as 'wrong|failed'")
    parser.add_argument("--workers", type=int, default=2, help="processes that run at a time, of one thread")
    parser.add_argument("--results", type=Path, default=Path("docs/zoo.jsonl"), help="what was found so far")
    parser.add_argument("--page", type=Path, help="the page to write")
    return parser.parse_args()


def main() -> None:
    """Run what is asked for, and write the page."""
    chosen = options()

    from zoo import page, results
    from zoo.models import LIBRARIES, entries_of
    from zoo.running import run

    before = results.read(chosen.results)
    done = {key for key, _ in before}
    again = {result.key for result in before.values() if re.search(chosen.again, result.outcome)}
    keys = [entry.key for library in LIBRARIES for entry in entries_of(library)]
    # networks without a result, and those to run again
    wanted = [key for key in keys if re.search(chosen.only, key) and (key in again or key not in done)]
    results.forget(chosen.results, set(wanted))
    for number, result in enumerate(run(wanted, chosen.workers)):
        results.append(chosen.results, [result])
        print(
            f"{number + 1:4d} {result.key} {result.composite}: {result.outcome} {result.reason[:150]}",
            flush=True,
        )
    # networks that a library no longer has
    results.forget(chosen.results, done - set(keys))
    if chosen.page:
        chosen.page.write_text(page.write(results.read(chosen.results).values()), encoding="utf-8")


if __name__ == "__main__":
    main()
