"""``python -m zoo``: explain every network of the zoo, and write docs/zoo.md."""

import argparse
import os
import re
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # all weights are random


def main() -> None:
    """Read the options, run what has no result yet, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m zoo", description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression that library/name should match")
    parser.add_argument("--results", type=Path, default=Path("runs/zoo.jsonl"), help="what was found so far")
    parser.add_argument("--again", action="store_true", help="run also what is clean or cannot be built")
    parser.add_argument("--failed", action="store_true", help="run again what was not clean")
    parser.add_argument("--unbuilt", action="store_true", help="run again what could not be built")
    parser.add_argument("--page", type=Path, help="the page to write")
    options = parser.parse_args()

    from zoo import page, results
    from zoo.models import LIBRARIES, entries_of
    from zoo.running import run

    known: dict[str, set[str]] = {}
    for (key, _), result in results.read(options.results).items():
        known.setdefault(key, set()).add(result.outcome)
    keys = [entry.key for library in LIBRARIES for entry in entries_of(library)]
    wanted = [
        key
        for key in keys
        if re.search(options.only, key)
        and (options.again or key not in known or (options.failed and not known[key] <= {"clean", "unbuilt"}))
    ]
    results.forget(options.results, set(wanted))
    for number, result in enumerate(run(wanted)):
        results.append(options.results, [result])
        print(
            f"{number + 1:4d} {result.key} {result.composite}: {result.outcome} {result.reason[:150]}",
            flush=True,
        )
    if options.page:
        options.page.write_text(page.write(results.read(options.results).values()), encoding="utf-8")


if __name__ == "__main__":
    main()
