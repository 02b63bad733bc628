"""``python -m benchmarks.statistics``: time and memory of the statistics of 10,000 explained patches.

Relevance and patches lie in a Zarr store as ``lrprism explain`` writes it, filled with random numbers of leaf
and soil. The statistics run in a process of their own, whose largest memory the system tells; rounds of
explaining stand between its runs. Times are seconds of the processor, so that other work does not count.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import numpy as np
import torch
import xarray as xr

from benchmarks.markdown import setting, table
from lrprism.attribution import LRP
from lrprism.composites import Within
from lrprism.engine import Account
from lrprism.errors import RelevanceWarning
from lrprism.spectral.bands.statistics import RESOLUTION, TASK, band_table, sample_spectra
from lrprism.spectral.cubes.cube import band_coords
from lrprism.spectral.networks import build_network
from lrprism.spectral.preprocessing import Pipeline, ScaleByStd
from lrprism.spectral.workbench.band_tables import ZONE_WORDS, write_areas, write_zones
from lrprism.spectral.workbench.composites import DEFAULT_RULE, find_composite
from lrprism.spectral.workbench.relevance_store import RelevanceStore

SAMPLES, BANDS, CLASSES, BATCH = 10_000, 200, 10, 32
CASES: Final = ((7, ("hyper3dnetlite", "cnn1d")), (1, ("cnn1d",)))
"""By window in pixels, the networks that explain."""
ROUNDS: Final = 3
BATCHES: Final = 2
"""Batches that are explained in a round."""
ZONES: Final = ",".join((*ZONE_WORDS, "Sentinel-2A"))
MOST_TIME, MOST_MEMORY = 0.10, 1.0


class Statistics(NamedTuple):
    """Processor time of the statistics in seconds, by step, and the largest memory in GiB."""

    steps: dict[str, float]
    memory: float


def make_batch(generator: np.random.Generator, count: int, window: int) -> dict[str, np.ndarray]:
    """Make relevance and patches of leaf and soil for some samples."""
    leaf = generator.random((count, 1, window, window)) < 0.5
    red_edge = np.where(np.arange(BANDS) < BANDS // 2, 0.05, 0.45).astype(np.float32)[:, None, None]
    noise = generator.standard_normal((2, count, BANDS, window, window), dtype=np.float32)
    numbers = generator.integers(CLASSES, size=(3, count))
    return {
        "relevance": noise[0],
        "patch": np.where(leaf, red_edge, np.float32(0.2)) * (1 + 0.05 * noise[1]),
        **dict(zip(("target", "label", "predicted"), numbers, strict=True)),
    }


def write_store(folder: Path, window: int) -> None:
    """Write the store of all samples; batches repeat, each in another order of its samples."""
    generator = np.random.default_rng(0)
    batch = make_batch(generator, BATCH, window)
    dims = {name: ("sample", "band", "y", "x")[: values.ndim] for name, values in batch.items()}
    coords = band_coords(BANDS, np.linspace(400, 1000, BANDS), fwhm=np.full(BANDS, 3.0))
    template = xr.Dataset(
        {name: (dims[name], values[:1]) for name, values in batch.items()},
        coords={**coords, "class_name": ("class", [f"class {number}" for number in range(CLASSES)])},
        attrs={TASK: "classification", RESOLUTION: 20.0},
    )
    store = RelevanceStore(folder, SAMPLES, BATCH)
    store.create(template)
    for number in store.batches():
        places = store.batch_slice(number)
        order = generator.permutation(BATCH)[: places.stop - places.start]
        arrays = {name: values[order] for name, values in batch.items()}
        store.write(number, arrays, Account((), 0.0, 0.0, ()))


def take_statistics(folder: Path) -> Statistics:
    """Make the tables of bands, zones and areas, as ``lrprism explain`` does."""
    steps = {}

    def run(name: str, work: Callable[[], object]) -> object:
        begin = time.process_time()
        result = work()
        steps[name] = time.process_time() - begin
        return result

    spectra = run("sums over pixels", lambda: sample_spectra(RelevanceStore(folder, SAMPLES, BATCH).read()))
    assert isinstance(spectra, xr.Dataset)
    # for the file, the report and the figures of all classes
    run("tables of bands", lambda: [band_table(spectra) for _ in range(3)])
    run("table of zones", lambda: write_zones(folder, spectra, ZONES))
    run("table of areas", lambda: write_areas(folder, spectra))
    return Statistics(steps, read_largest_memory())


def read_largest_memory() -> float:
    """Return the largest memory of this process in GiB; ru_maxrss would have that of its parent too."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 2**20


def run_apart(folder: Path) -> Statistics:
    """Take the statistics in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.statistics", "--store", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Statistics(*json.loads(done.stdout))


def build_explainer(network: str, window: int) -> Callable[[], float]:
    """Build what explains some batches by the default rule, and returns its time per sample."""
    torch.manual_seed(0)
    built = build_network(network, BANDS, CLASSES, window).eval()
    model = Pipeline([ScaleByStd([1.0] * BANDS)], built, built.layout)
    explainer = LRP(model, Within("network", find_composite(DEFAULT_RULE)), strict=True)
    x = torch.from_numpy(make_batch(np.random.default_rng(1), BATCH, window)["patch"])

    def explain() -> float:
        begin = time.process_time()
        for _ in range(BATCHES):
            explainer.explain(
                x, audit=True, reference=x.mean((0, 2, 3), keepdim=True).expand(1, *x.shape[1:])
            )
        return (time.process_time() - begin) / (BATCHES * BATCH)

    explain()  # the first call is slower than those that follow
    return explain


def measure(window: int, networks: tuple[str, ...]) -> Iterator[tuple[str, float, list[Statistics]]]:
    """Measure rounds of explaining with each network, and of the statistics between them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_store(folder, window)
        for network in networks:
            explain = build_explainer(network, window)
            rounds = [(explain(), run_apart(folder)) for _ in range(ROUNDS)]
            yield network, SAMPLES * median(seconds for seconds, _ in rounds), [done for _, done in rounds]


_TEXT: Final = f"""\
# Statistics of bands: time and memory

{SAMPLES:,} patches of {BANDS} bands, {CLASSES} classes. The statistics are those of
`lrprism explain --zones {ZONES}`: sums per sample, band and area, read
from Zarr; the table of bands, once each for the file, the report and the figures; the tables of zones and
areas; all with their intervals. Explaining is by the default rule ({DEFAULT_RULE} against the mean) with an
account, in batches of {BATCH}, with random weights: median of {ROUNDS} rounds of {BATCHES} batches, scaled
to all patches. A run of the statistics stands between two rounds. Times are seconds of the processor on one
thread. The memory is the largest of a process that takes the statistics alone, with its libraries. The goal:
at most {MOST_TIME:.0%} of the time of explaining, and less than {MOST_MEMORY:g} GiB.

"""


def write_page(page: Path | None) -> None:
    """Measure, print, and write the page."""
    rows, parts = [], []
    for window, networks in CASES:
        for network, explaining, rounds in measure(window, networks):
            whole = median(sum(done.steps.values()) for done in rounds)
            memory, share = max(done.memory for done in rounds), whole / explaining
            goal = "met" if share <= MOST_TIME and memory < MOST_MEMORY else "missed"
            times = f"{explaining:.0f} s", f"{whole:.1f} s", f"{100 * share:.1f} %"
            rows.append((network, f"{window} x {window}", *times, f"{memory:.2f} GiB", goal))
            print(*rows[-1], flush=True)
        steps = {step: median(done.steps[step] for done in rounds) for step in rounds[0].steps}
        parts.append((f"{window} x {window}", *(f"{seconds:.1f} s" for seconds in steps.values())))
    head = ("network", "patches", "explaining", "statistics", "share", "largest memory", "goal")
    facts = setting("make bench-statistics", "one", ("torch", "numpy", "xarray", "zarr", "lrprism"))
    tables = (table(("setting", "value"), facts), table(head, rows), table(("patches", *steps), parts))
    if page:
        page.write_text(_TEXT + "\n".join(tables), encoding="utf-8")


def main() -> None:
    """Measure all, or take the statistics of a store."""
    parser = argparse.ArgumentParser("benchmarks.statistics", description=__doc__)
    parser.add_argument("--page", type=Path, help="the page to write")
    parser.add_argument(
        "--store", type=Path, help="a folder with a store, to take its statistics and print them"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    # outputs of random weights are so small that rounding is a share of them
    warnings.simplefilter("ignore", RelevanceWarning)
    if arguments.store:
        print(json.dumps(take_statistics(arguments.store)))
    else:
        write_page(arguments.page)


if __name__ == "__main__":
    main()
