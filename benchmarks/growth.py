"""Growth of the cost: with the batch, the bands, the depth and the classes at once; and a batch in parts."""

import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import lrprism as lp
from benchmarks.contestants import GRADIENT, Contestant, apply, input_gradients, ours
from benchmarks.measuring import Setting, time_contestants
from benchmarks.memory import peak
from benchmarks.results import Part, Point
from benchmarks.subjects import Subject, hyper3dnetlite, stack
from benchmarks.timing import Rounds

PRESET = "EpsilonGamma"
ROUNDS = Rounds(seconds=4.0, least=3, most=15)
FEW_BANDS = 6


@dataclass(frozen=True)
class Axis:
    """Something that grows.

    Args:
        name: What, for the page.
        sizes: How much of it.
        subject: The model and its input at a size.
        classes: Whether the size is the number of classes explained at once.
    """

    name: str
    sizes: tuple[int, ...]
    subject: Callable[[int], Subject]
    classes: bool = False

    def contestants(self, size: int) -> list[Contestant]:
        """Return the gradient and lrprism."""
        if not self.classes:
            return [GRADIENT, Contestant("lrprism", PRESET, partial(ours, PRESET))]
        # several classes are compared with as many gradients after one forward pass
        gradients = partial(apply, partial(input_gradients, size))
        all_at_once = partial(ours, PRESET, target=lp.target.each(*range(size)))
        return [Contestant("gradient", "", gradients), Contestant("lrprism", PRESET, all_at_once)]


def cubes(batch: int, bands: int, classes: int = 3) -> Subject:
    """Hyper3DNetLite on some patches."""
    model = partial(hyper3dnetlite, bands, classes)
    return Subject("", f"{batch} of {bands} bands", model, (batch, 1, bands, 25, 25), (PRESET,))


def deep(depth: int) -> Subject:
    """A stack of convolutions on two small images."""
    return Subject("", f"{depth} layers", partial(stack, depth), (2, 3, 32, 32), (PRESET,))


AXES = (
    Axis("batch", (1, 4, 16, 64, 256), lambda size: cubes(size, FEW_BANDS)),
    Axis("bands", (6, 18, 50, 120, 300), lambda size: cubes(1, size)),
    Axis("layers", (10, 25, 50, 100, 200), deep),
    Axis("classes at once", (1, 4, 16, 64), lambda _: cubes(4, FEW_BANDS, 64), classes=True),
)
WHOLE = 256  # samples of the batch that is explained in parts
PARTS = (64, 16, 8)


def curve(axis: Axis, setting: Setting) -> list[Point]:
    """Return the points of an axis, of the gradient and of lrprism at each size."""
    points = []
    for size in axis.sizes:
        setting.tell(f"  {size} {axis.name}")
        subject, contestants = axis.subject(size), axis.contestants(size)
        seconds = time_contestants(subject, contestants, replace(setting, rounds=ROUNDS))
        for contestant in contestants:
            memory = peak(subject, contestant, setting.device) if setting.memory else None
            median = statistics.median(seconds[contestant.name])
            points.append(Point(axis.name, size, contestant.library, median, memory))
    return points


def parts(setting: Setting) -> list[Part]:
    """Explain a large batch as a whole and in parts."""
    subject = cubes(WHOLE, FEW_BANDS)
    at_once = Contestant("lrprism", PRESET, partial(ours, PRESET), "all at once")
    contestants = {0: at_once} | {
        size: Contestant("lrprism", PRESET, partial(ours, PRESET, batch_size=size), f"{size} at a time")
        for size in PARTS
    }
    seconds = time_contestants(subject, list(contestants.values()), replace(setting, rounds=ROUNDS))
    measured = []
    for size, contestant in contestants.items():
        setting.tell(f"  {contestant.name}: weighed")
        memory = peak(subject, contestant, setting.device) if setting.memory else None
        measured.append(Part(size, statistics.median(seconds[contestant.name]), memory))
    return measured


def exponent(sizes: Sequence[float], costs: Sequence[float], last: int = 3) -> float:
    r"""Return ``p`` of ``cost = c size^p``, fitted to the largest sizes; 1 is linear.

    .. math:: \min_{p, q} \sum_i (\log \text{cost}_i - p \log \text{size}_i - q)^2

    Args:
        sizes: In ascending order.
        costs: One for each.
        last: How many of them count: small sizes pay a fixed cost, which would make growth look slow.
    """
    logs = [[math.log(value) for value in values[-last:]] for values in (sizes, costs)]
    return statistics.linear_regression(*logs).slope


IMPORT = "import time; start = time.perf_counter(); import {name}; print(time.perf_counter() - start)"


def imports(pairs: int = 7) -> dict[str, float]:
    """Return the median seconds of ``import torch`` and ``import lrprism``, in fresh processes.

    Both find their compiled files, as an installed package does; the first pair compiles them.
    """
    seconds_of: dict[str, list[float]] = {"torch": [], "lrprism": []}
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as compiled:
        environment = inherited | {"PYTHONPYCACHEPREFIX": compiled}
        for number in range(pairs + 1):
            for name, seconds in seconds_of.items():
                command = [sys.executable, "-c", IMPORT.format(name=name)]
                printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                # the first pair compiles the files
                if number:
                    seconds.append(float(printed.stdout))
    return {name: statistics.median(seconds) for name, seconds in seconds_of.items()}
