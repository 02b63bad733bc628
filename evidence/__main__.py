"""``python -m evidence``: measure the cells that have no result yet, and write docs/evidence.md."""

import argparse
import re
from pathlib import Path

from evidence import results
from evidence.cells import DEVELOPMENT_SEEDS, TEST_SEEDS, list_cells
from evidence.running import run


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("evidence", description="Which rule tells the truth, on which network.")
    parser.add_argument("--only", default="", help="a regular expression for part/network/scaling/seed")
    parser.add_argument("--again", default="$.", help="the same, for cells to measure again")
    parser.add_argument("--development", action="store_true", help="the seeds of development")
    parser.add_argument("--workers", type=int, default=2, help="processes that run at a time, of one thread")
    parser.add_argument("--results", type=Path, default=Path("docs/evidence.jsonl"), help="what was measured")
    parser.add_argument("--page", type=Path, help="the page to write, its figures into figures/")
    return parser.parse_args()


def main() -> None:
    """Measure what is asked for, and write the page."""
    chosen = options()
    done = {key for key in results.read(chosen.results) if not re.search(chosen.again, key)}
    results.forget(chosen.results, results.read(chosen.results).keys() - done)
    cells = list_cells(DEVELOPMENT_SEEDS if chosen.development else TEST_SEEDS)
    wanted = [cell for cell in cells if re.search(chosen.only, cell.key) and cell.key not in done]
    for number, result in enumerate(run(wanted, chosen.workers, "make evidence"), start=1):
        results.append(chosen.results, [result])
        print(f"{number} of {len(wanted)}: {result.key}, {result.seconds:.0f} s", flush=True)
    if chosen.page:
        from evidence.page import write_page  # late: it needs matplotlib

        write_page(results.read(chosen.results), chosen.page)


if __name__ == "__main__":
    main()
