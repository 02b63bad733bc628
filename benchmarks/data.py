"""``python -m benchmarks.data``: time and memory of a cube of 3 GB, and of a split of two million pixels.

The cube has 480 bands of 16 bits in each order that ENVI knows; 640 labelled pixels lie in ten spots far from
each other. Each command runs as a process of its own, whose largest memory the system tells.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from benchmarks.markdown import setting, table
from lrprism.spectral import disjoint_blocks

BANDS, ROWS, COLUMNS = 480, 2000, 1600
SPOTS, SIDE = 10, 8
WINDOW: Final = 5
INTERLEAVES: Final = ("bil", "bsq", "bip")


class Measured(NamedTuple):
    """A command, its time in seconds and its largest memory in GB."""

    what: str
    seconds: float
    memory: float


def write_cube(folder: Path, interleave: str) -> None:
    """Write the cube and its label map."""
    generator = np.random.default_rng(0)
    wavelengths = ", ".join(f"{nm:.1f}" for nm in np.linspace(400, 2400, BANDS))
    (folder / "cube.hdr").write_text(
        f"ENVI\nsamples = {COLUMNS}\nlines = {ROWS}\nbands = {BANDS}\ndata type = 2\n"
        f"interleave = {interleave}\nbyte order = 0\nwavelength units = nm\nwavelength = {{{wavelengths}}}\n"
    )
    # as many bytes as the cube has, of random numbers that repeat
    noise = generator.integers(1000, 3000, 2**24, dtype=np.int16)
    left = BANDS * ROWS * COLUMNS
    with (folder / f"cube.{interleave}").open("wb") as file:
        while left:
            noise[: min(left, len(noise))].tofile(file)
            left -= min(left, len(noise))
    labels = np.zeros((ROWS, COLUMNS), np.uint8)
    for spot in range(SPOTS):
        row, column = 100 + 190 * spot, 60 + 150 * spot
        labels[row : row + SIDE, column : column + SIDE] = 1 + spot % 2
    np.save(folder / "labels.npy", labels)


def measure(what: str, folder: Path, *words: str) -> Measured:
    """Run a command of lrprism.

    Raises:
        RuntimeError: If it fails.
    """
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "lrprism", *words], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(words)} failed: {output}")
    return Measured(what, time.monotonic() - begin, usage.ru_maxrss * 1024 / 1e9)


def measure_cube(interleave: str) -> Iterator[Measured]:
    """Inspect the cube, train on it and explain it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_cube(folder, interleave)
        labels = ("--labels", "labels.npy")
        yield measure(f"inspect, {interleave}", folder, "inspect", "cube.hdr", *labels)
        train = ("train", "cube.hdr", *labels, "--window", f"{WINDOW}", "--epochs", "2", "--split", "random")
        yield measure(f"train, {interleave}", folder, *train, "--quiet", "--out", "run")
        explain = ("explain", "run", "--per-class", "0", "--heatmaps", "0", "--quiet", "--out", "map")
        yield measure(f"explain, {interleave}", folder, *explain)


def measure_split() -> Measured:
    """Split two million labelled pixels of eight classes by blocks, as ``train`` does by default."""
    fields = np.random.default_rng(0).integers(1, 9, (50, 50))
    labels = xr.DataArray(
        fields.repeat(32, 0).repeat(32, 1)[:1500, :1400],
        dims=("y", "x"),
        attrs={"class_names": list("abcdefgh")},
    )
    begin = time.monotonic()
    disjoint_blocks(labels, block=16, guard=3, seed=0)
    return Measured(f"split of {labels.size:,} pixels by blocks", time.monotonic() - begin, 0.0)


def _measure_all() -> Iterator[Measured]:
    for order in INTERLEAVES:
        yield from measure_cube(order)
    yield measure_split()


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser("benchmarks.data", description=__doc__)
    parser.add_argument("--page", type=Path, help="the page to write")
    page = parser.parse_args().page
    size = BANDS * ROWS * COLUMNS * 2 / 1e9
    facts = [*setting("make bench-data", "as many as torch takes", ("torch", "lrprism"))]
    text = (
        f"# Large cubes\n\nA cube of {BANDS} bands and {ROWS} x {COLUMNS} pixels of 16 bits, {size:.1f} GB, "
        f"{SPOTS * SIDE**2} of them labelled in {SPOTS} spots, in each order of ENVI. Windows of {WINDOW} "
        "pixels, 2 epochs of the default network; all labelled pixels of the test part are explained. Each "
        "command is a process of its own; its memory is the largest that the system has seen.\n\n"
        f"{table(('setting', 'value'), facts)}\n"
    )
    rows = []
    for measured in _measure_all():
        memory = f"{measured.memory:.2f} GB" if measured.memory else "–"
        rows.append((measured.what, f"{measured.seconds:.1f} s", memory))
        print(*rows[-1], flush=True)
    if page:
        page.write_text(text + table(("command", "time", "largest memory"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
