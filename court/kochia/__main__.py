"""``python -m court.kochia``: run what has no result yet, and write docs/kochia.md."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported


def main() -> None:
    """Run the trial of planted leaves."""
    from court.command import run_court
    from court.kochia import page, trial

    run_court("kochia", __doc__, (trial.TRIAL,), page.write)


if __name__ == "__main__":
    main()
