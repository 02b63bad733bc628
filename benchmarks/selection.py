"""``python -m benchmarks.selection``: train again with few bands, each choice with five seeds.

The commands of a user, called one after the other. Runs are kept: a call that was stopped goes on.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from benchmarks.markdown import setting, table
from lrprism.spectral.runs.stored_table import read_table

METHODS: Final = ("relevance", "gss", "equal")
ALL: Final = "all"
SEEDS: Final = 5
SIMULATIONS: Final = (1, 2, 3)
LEAVES_K, PINES_K = 10, 30
KEPT, GAINED = 0.98, 0.10
"""What ten bands should keep of the accuracy of all, and gain over equal spacing, on planted leaves."""

_SIMULATE: Final = "simulate --samples 600 --window 5 --planted 490,610,740 --decoys 4 --depth 3"
_TRAIN_LEAVES: Final = "train --model cnn1d --average-pairs --preprocess zscore --learning-rate 2e-3"
_TRAIN_PINES: Final = "train indian-pines --model cnn1d --epochs 20"
_BANDS: Final = f"bands --select {','.join(METHODS)} --seeds {SEEDS}"


class Difference(NamedTuple):
    """The mean over seeds of a paired difference of accuracies, and its standard error."""

    mean: float
    error: float


def call(command: str, *parts: object) -> None:
    """Call the tool as a user would, unless the folder or file that it writes is there."""
    out = Path(str(parts[-1]))
    if not out.exists():
        subprocess.run(
            [sys.executable, "-m", "lrprism", *command.split(), *map(str, parts[:-1]), "--out", str(out)],
            check=True,
            stdout=subprocess.DEVNULL,
        )


def select_on_leaves(folder: Path, seed: int) -> pd.DataFrame:
    """Draw leaves, train on them and with few bands, and return a row for each training."""
    file, run = folder / f"leaves-{seed}.hdf5", folder / f"leaves-{seed}"
    call(f"{_SIMULATE} --seed {seed}", file)
    call(_TRAIN_LEAVES, file, run)
    return retrain(run, LEAVES_K)


def select_on_pines(folder: Path) -> pd.DataFrame:
    """Train on Indian Pines and with few bands, and return a row for each training."""
    run = folder / "pines"
    call(_TRAIN_PINES, run)
    return retrain(run, PINES_K)


def retrain(run: Path, k: int) -> pd.DataFrame:
    """Select bands of a run, train again with each choice, and return a row for each training."""
    chosen = run.with_name(f"{run.name}-bands")
    call(f"{_BANDS} -k {k}", run, chosen)
    return read_table(chosen / "accuracy.csv")


def compare(accuracy: pd.DataFrame, method: str, other: str) -> Difference:
    """Return the difference in accuracy between two choices of bands, paired by seed."""
    by_seed = accuracy.pivot(index="seed", columns="method", values="accuracy")
    differences = by_seed[method] - by_seed[other]
    return Difference(float(differences.mean()), float(differences.sem()))


def list_rows(name: str, accuracy: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Give a row of the table for each choice of bands."""
    for method in (ALL, *METHODS):
        scores = accuracy.loc[accuracy["method"] == method, "accuracy"]
        row = [name, method, f"{100 * scores.mean():.1f} %", f"{100 * scores.std():.1f}", f"{len(scores)}"]
        if method == "relevance":
            cells = (compare(accuracy, method, other) for other in (ALL, "gss", "equal"))
            row += [f"{100 * mean:+.1f} ± {100 * error:.1f}" for mean, error in cells]
        else:
            row += ["", "", ""]
        yield tuple(row)


def judge_leaves(leaves: Sequence[pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """Give a row for each goal on planted leaves."""
    for seed, accuracy in zip(SIMULATIONS, leaves, strict=True):
        means = accuracy.groupby("method")["accuracy"].mean()
        kept, gained = means["relevance"] / means[ALL], means["relevance"] - means["equal"]
        yield (
            f"leaves {seed}: of the accuracy of all bands",
            f"{100 * KEPT:.0f} %",
            f"{100 * kept:.1f} %",
            tell(kept >= KEPT),
        )
        yield (
            f"leaves {seed}: more than equal spacing",
            f"{100 * GAINED:.0f} points",
            f"{100 * gained:+.1f}",
            tell(gained >= GAINED),
        )


def judge_pines(pines: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Give a row for each goal on Indian Pines."""
    for other in ("gss", "equal"):
        mean, error = compare(pines, "relevance", other)
        measured = f"{100 * mean:+.1f} ± {100 * error:.1f} points"
        yield (
            f"Indian Pines: not below {other}",
            "within one standard error",
            measured,
            tell(mean >= -error),
        )


def tell(is_met: bool) -> str:
    """Return in a word whether a goal is met."""
    return "met" if is_met else "**missed**"


TEXT: Final = f"""\
# Few bands, trained again

The network is trained again with {LEAVES_K} of the bands of planted leaves and {PINES_K} of those of Indian
Pines. They are chosen on the training part: by relevance, one band in each stretch of equal relevance; by GSS
among the bands of IBRA; equally spaced. Each choice is trained with {SEEDS} seeds and tested on the test
part, which of Indian Pines lies in other blocks of the scene. Differences are paired by seed, with their
standard error over the trainings: it says nothing of other scenes or other splits.

```sh
lrprism {_SIMULATE} --seed 1 --out leaves.hdf5  # then 2 and 3
lrprism {_TRAIN_LEAVES.replace("train", "train leaves.hdf5")} --out runs/leaves
lrprism {_TRAIN_PINES} --out runs/pines
lrprism {_BANDS.replace("bands", "bands runs/leaves", 1)} -k {LEAVES_K} --out results/leaves
lrprism {_BANDS.replace("bands", "bands runs/pines", 1)} -k {PINES_K} --out results/pines
```

"""


def write_page(page: Path, leaves: Sequence[pd.DataFrame], pines: pd.DataFrame) -> None:
    """Write the page."""
    facts = setting("make bench-selection", "one", ("torch", "lightning", "lrprism"))
    names = [f"leaves {seed}" for seed in SIMULATIONS]
    accuracies = [
        *(row for name, each in zip(names, leaves, strict=True) for row in list_rows(name, each)),
        *list_rows("Indian Pines", pines),
    ]
    head = ("data", "bands", "accuracy", "spread", "trainings", "less all", "less gss", "less equal")
    goals = table(("goal", "asked", "measured", ""), [*judge_leaves(leaves), *judge_pines(pines)])
    tables = (table(("setting", "value"), facts), goals, table(head, accuracies))
    page.write_text(TEXT + "\n".join(tables), encoding="utf-8")


def main() -> None:
    """Run what has no result yet, and write the page."""
    parser = argparse.ArgumentParser("benchmarks.selection", description=__doc__)
    parser.add_argument("--page", type=Path, required=True, help="the page to write")
    parser.add_argument("--runs", type=Path, default=Path("runs/selection"), help="where runs are kept")
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    leaves = [select_on_leaves(arguments.runs, seed) for seed in SIMULATIONS]
    write_page(arguments.page, leaves, select_on_pines(arguments.runs))


if __name__ == "__main__":
    main()
