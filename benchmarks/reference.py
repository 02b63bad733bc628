"""``python -m benchmarks.reference``: the cost of a reference, beside the same preset without one.

A small CNN on eight images of 64 x 64 pixels, against a reference that all share and against one for each;
processor time of one thread, both in turn.
"""

import time
from collections.abc import Callable
from typing import Final

import torch
from torch import nn

import lrprism as lp

REPEATS: Final = 7
PRESETS: Final = (lp.presets.Epsilon(), lp.presets.EpsilonGamma(), lp.presets.EpsilonPlus())


def build_network() -> nn.Module:
    """Return four convolutions, two poolings and two linear layers."""
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(64 * 16 * 16, 256), nn.ReLU(), nn.Linear(256, 10)),
    ).eval()


def measure_least(runs: list[Callable[[], object]]) -> list[float]:
    """Return the least processor time of each of some calls, in seconds; they take turns."""
    least = [float("inf")] * len(runs)
    for _ in range(REPEATS):
        for number, run in enumerate(runs):
            begin = time.process_time()
            run()
            least[number] = min(least[number], time.process_time() - begin)
    return least


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    network, x = build_network(), torch.randn(8, 3, 64, 64)
    shared, each = x.mean(0, keepdim=True), x.flip(0)
    for preset in PRESETS:
        explainer = lp.LRP(network, preset)
        plain, against_shared, against_each = measure_least([
            lambda explainer=explainer: explainer.explain(x),
            lambda explainer=explainer: explainer.explain(x, reference=shared),
            lambda explainer=explainer: explainer.explain(x, reference=each),
        ])  # fmt: skip
        print(
            f"{preset!r}: {1000 * plain:.0f} ms; one reference for all {against_shared / plain:.2f} times, "
            f"one for each {against_each / plain:.2f} times"
        )


if __name__ == "__main__":
    main()
