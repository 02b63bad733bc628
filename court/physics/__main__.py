"""``python -m court.physics``: run what has no result yet, and write docs/physics.md."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported


def main() -> None:
    """Run the trials whose truth is physics."""
    from court.command import run_court
    from court.physics import figures, leaves, meat, minerals, page

    run_court("physics", __doc__, (minerals.TRIAL, leaves.TRIAL, meat.TRIAL), page.write, figures.save)


if __name__ == "__main__":
    main()
