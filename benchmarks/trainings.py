"""``python -m benchmarks.trainings``: shares of bands over trainings, beside shares that are known.

The commands of a user, called one after the other. Runs are kept: a call that was stopped goes on.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from benchmarks.markdown import setting, table
from benchmarks.selection import call, tell
from lrprism.spectral.runs.stored_table import read_table

DRAWS: Final = range(1, 11)
SIZES: Final = (1000, 4000)
"""Spectra of a draw: half of them train."""
GROUPS, COPIES = 20, 3
SHIFTS: Final = (0.0, 0.3, 0.6, 1.0)
"""How far a class moves the latent number of a quarter of the groups each, in its standard deviations."""
NOISE: Final = 0.15
"""Standard deviation of what a band adds to the latent number of its group."""
SEEDS, PINES_SEEDS = 10, 30
COVERED, FOUND, MINUTES = 0.90, 0.90, 15.0

_TRAIN: Final = "train --label-column species --model mlp --preprocess zscore"
_TRAIN_PINES: Final = "train indian-pines --model cnn1d --epochs 20"


class Planted(NamedTuple):
    """Spectra of two classes, and what is known of them.

    Args:
        spectra: Reflectance, ``[sample, band]``, the bands of a group side by side.
        labels: 0 or 1 for each.
        shares: Share of each group in the best classifier, ``[group]``.
    """

    spectra: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]


class Judgement(NamedTuple):
    """What is right in the groups of one draw.

    Args:
        covered: Whether the interval of each planted group and class holds its share, by share.
        rand: Adjusted Rand index of the groups that were found.
    """

    covered: dict[float, list[bool]]
    rand: float


def draw(size: int, seed: int) -> Planted:
    r"""Draw spectra whose classes differ in groups of bands by a planted distance.

    Bands of a group are its latent number, normal with standard deviation 1, and noise of their own. With
    classes at :math:`\pm\delta_g / 2` the best classifier is linear and all groups alike, so that a group has
    :math:`\delta_g^2 / \sum_h \delta_h^2` of the mean relevance against the mean of the data.

    Args:
        size: Number of spectra.
        seed: Seed of the draw.
    """
    generator = np.random.default_rng(seed)
    shifts = generator.permutation(np.resize(SHIFTS, GROUPS))
    labels = generator.permutation(np.arange(size) % 2)
    latent = generator.normal(size=(size, GROUPS)) + np.outer(labels - 0.5, shifts)
    bands = latent.repeat(COPIES, axis=1) + NOISE * generator.normal(size=(size, GROUPS * COPIES))
    return Planted(0.5 + 0.05 * bands, labels, shifts**2 / (shifts**2).sum())


def write_spectra(path: Path, planted: Planted) -> None:
    """Write spectra as a table with a column of classes, 10 nm from band to band."""
    names = [f"{400 + 10 * band} nm" for band in range(GROUPS * COPIES)]
    data = pd.DataFrame(planted.spectra.round(6), columns=names)
    data.insert(0, "species", np.array(["ash", "oak"])[planted.labels])
    data.to_csv(path, index=False)


def judge(folder: Path, size: int, seed: int) -> Judgement:
    """Draw spectra, train ``SEEDS`` networks on them, and judge the groups and their intervals."""
    file, run = folder / f"spectra-{size}-{seed}.csv", folder / f"spectra-{size}-{seed}"
    planted = draw(size, seed)
    if not file.exists():
        write_spectra(file, planted)
    call(_TRAIN, file, run)
    call(f"bands --seeds {SEEDS}", run, run.with_name(f"{run.name}-bands"))
    return compare(read_table(run.with_name(f"{run.name}-bands") / "groups.csv"), planted.shares)


def compare(groups: pd.DataFrame, shares: npt.NDArray[np.float64]) -> Judgement:
    """Judge a table of groups of exchangeable bands.

    Bands of a planted group that was found in parts count as not covered.

    Args:
        groups: The file groups.csv.
        shares: The planted share of each group.
    """
    first = groups[groups["class"] == groups["class"].min()]
    members = {int(band): row.group for row in first.itertuples() for band in str(row.bands).split(",")}
    truth = np.arange(GROUPS).repeat(COPIES)
    rand = float(adjusted_rand_score(truth, [members[band] for band in range(len(truth))]))
    covered: dict[float, list[bool]] = {}
    for _, by_class in groups.groupby("class"):
        ends = {str(row.bands): (row.low, row.high) for row in by_class.itertuples()}
        for number, share in enumerate(shares):
            name = ",".join(map(str, range(COPIES * number, COPIES * (number + 1))))
            low, high = ends.get(name, (np.inf, np.inf))
            covered.setdefault(round(float(share), 4), []).append(bool(low <= share <= high))
    return Judgement(covered, rand)


def time_pines(folder: Path) -> float:
    """Train 30 networks on Indian Pines, and return the minutes that it took."""
    run, kept = folder / "pines", folder / "pines.json"
    if not kept.exists():
        call(_TRAIN_PINES, run)
        start = time.monotonic()
        call(f"bands --seeds {PINES_SEEDS}", run, folder / "pines-bands")
        kept.write_text(json.dumps({"minutes": (time.monotonic() - start) / 60}), encoding="utf-8")
    return float(json.loads(kept.read_text(encoding="utf-8"))["minutes"])


def list_goals(judged: Mapping[int, Sequence[Judgement]], minutes: float) -> Iterator[tuple[str, ...]]:
    """Give a row for each goal."""
    for size, draws in judged.items():
        covered = [is_held for each in draws for held in each.covered.values() for is_held in held]
        rate, rand = float(np.mean(covered)), [each.rand for each in draws]
        yield (
            f"{size} spectra: 95 % intervals that hold the planted share",
            f"{100 * COVERED:.0f} %",
            f"{100 * rate:.1f} % of {len(covered)}",
            tell(rate >= COVERED),
        )
        yield (
            f"{size} spectra: groups of exchangeable bands, adjusted Rand index",
            f"{FOUND:.1f}",
            f"{np.mean(rand):.3f}, least {min(rand):.3f}",
            tell(float(np.mean(rand)) >= FOUND),
        )
    yield (
        f"{PINES_SEEDS} networks on Indian Pines",
        f"{MINUTES:.0f} min",
        f"{minutes:.1f} min",
        tell(minutes <= MINUTES),
    )


def list_shares(size: int, draws: Sequence[Judgement]) -> Iterator[tuple[str, ...]]:
    """Give a row for each planted share."""
    for share in sorted(draws[0].covered, reverse=True):
        held = [is_held for each in draws for is_held in each.covered[share]]
        yield f"{size}", f"{100 * share:.1f} %", f"{100 * np.mean(held):.1f} %", f"{len(held)}"


TEXT: Final = f"""\
# Shares of bands over trainings

Spectra of two classes, {len(DRAWS)} draws of each size, half of which train. {GROUPS} groups of {COPIES}
neighbouring bands that correlate by {1 / (1 + NOISE**2):.3f}; the classes are
{", ".join(map(str, SHIFTS))} standard deviations apart in a quarter of the groups each, so that the
share of each group in the best classifier is known. On each draw `lrprism bands --seeds {SEEDS}` trains
an MLP {SEEDS} times and gives an interval for each group that it finds; a planted group that it finds in
parts counts as missed. Networks are no best classifiers, and the intervals are of what such networks use:
what they learn of chance takes relevance from what is planted, most of all from groups of middling use.

```sh
lrprism {_TRAIN.replace("train", "train spectra.csv")} --out runs/spectra
lrprism bands runs/spectra --seeds {SEEDS} --out results/spectra
lrprism {_TRAIN_PINES} --out runs/pines
lrprism bands runs/pines --seeds {PINES_SEEDS} --out results/pines
```

"""


def write_page(page: Path, judged: Mapping[int, Sequence[Judgement]], minutes: float) -> None:
    """Write the page."""
    facts = setting("make bench-trainings", "all", ("torch", "lightning", "lrprism"))
    goals = table(("goal", "asked", "measured", ""), list(list_goals(judged, minutes)))
    rows = [row for size, draws in judged.items() for row in list_shares(size, draws)]
    shares = table(("spectra", "planted share", "held by the interval", "intervals"), rows)
    page.write_text(TEXT + "\n".join((table(("setting", "value"), facts), goals, shares)), encoding="utf-8")


def main() -> None:
    """Run what has no result yet, and write the page."""
    parser = argparse.ArgumentParser("benchmarks.trainings", description=__doc__)
    parser.add_argument("--page", type=Path, required=True, help="the page to write")
    parser.add_argument("--runs", type=Path, default=Path("runs/trainings"), help="where runs are kept")
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    judged = {size: [judge(arguments.runs, size, seed) for seed in DRAWS] for size in SIZES}
    write_page(arguments.page, judged, time_pines(arguments.runs))


if __name__ == "__main__":
    main()
