"""``python -m court``: run what has no result yet, and write docs/court.md."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported


def main() -> None:
    """Run the benchmarks of others."""
    from court import page
    from court.command import run_court
    from court.trials import TRIALS

    run_court("court", __doc__, TRIALS, page.write)


if __name__ == "__main__":
    main()
