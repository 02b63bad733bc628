"""``python -m benchmarks.evaluation``: the time of one judgement.

Six methods on a small 1-D CNN: 200 bands, 200 samples, SRG over 40 windows under four imputers, with
controls, greedy ceilings and all other tests. Prints the judgement too.
"""

import argparse
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.evaluation import Method, Protocol, Truth, judge

BANDS, CLASSES, SAMPLES = 200, 4, 200
CODE = torch.tensor([[1.0, 1, -1], [1, -1, 1], [-1, 1, 1], [-1, -1, -1]])
CENTRES = torch.tensor([30.0, 60, 85, 110, 135, 155, 175])
FEATURES = torch.exp(-0.5 * ((torch.arange(BANDS) - CENTRES[:, None]) / 4) ** 2)


def make_spectra(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return spectra of seven features, of which the first three carry the class, and their classes."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(CLASSES, (count,), generator=generator)
    amplitude = torch.randn(count, len(CENTRES), generator=generator)
    amplitude[:, :3] = 0.5 * amplitude[:, :3] + 0.87 * CODE[target]
    slope = torch.randn(count, 2, generator=generator) @ torch.stack([
        torch.full((BANDS,), 2.0), torch.linspace(0, 1, BANDS)
    ])  # fmt: skip
    return slope + amplitude @ FEATURES + 0.1 * torch.randn(count, BANDS, generator=generator), target


def train_network(x: Tensor, target: Tensor) -> nn.Module:
    """Train a CNN of three convolutions and two dense layers."""
    torch.manual_seed(0)
    pool = (nn.ReLU(), nn.MaxPool1d(2))
    network = nn.Sequential(
        nn.Unflatten(1, (1, BANDS)), nn.Conv1d(1, 16, 7, padding=3), *pool, nn.Conv1d(16, 32, 5, padding=2),
        *pool, nn.Conv1d(32, 32, 3, padding=1), *pool, nn.Flatten(), nn.Linear(800, 64), nn.ReLU(),
        nn.Linear(64, CLASSES),
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(12):
        for rows in torch.randperm(len(x)).split(64):
            loss = nn.functional.cross_entropy(network(x[rows]), target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network


def explain_by(composite: Any) -> Method:
    """Return LRP by a composite as a method."""
    return lambda model, x, target: lp.LRP(model, composite).explain(x, target=target).relevance


def integrate_gradients(model: Any, x: Tensor, target: Tensor, steps: int = 16) -> Tensor:
    """Return integrated gradients from zero, by the middle of each step."""
    total = torch.zeros_like(x)
    for share in (torch.arange(steps) + 0.5) / steps:
        point = (share * x).requires_grad_()
        total += torch.autograd.grad(model(point).gather(1, target[:, None]).sum(), point)[0] / steps
    return x * total


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, judge, print."""
    parser = argparse.ArgumentParser("benchmarks.evaluation", description="The time of one judgement.")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    torch.set_num_threads(parser.parse_args(arguments).threads)
    training, (x, target) = make_spectra(2000, 1), make_spectra(SAMPLES + 20, 2)
    mean, deviation = training[0].mean(0), training[0].std(0)
    training, x = ((training[0] - mean) / deviation, training[1]), (x - mean) / deviation
    network = train_network(*training)
    right = (network(x).argmax(1) == target).nonzero()[:SAMPLES, 0]
    presets = lp.presets
    chosen = (presets.Epsilon, presets.EpsilonPlus, presets.EpsilonGamma, presets.EpsilonPlusFlat)
    methods = {preset.__name__: explain_by(preset()) for preset in chosen}
    methods |= {"LRP-0": explain_by(presets.Epsilon(0)), "IG": integrate_gradients}
    protocol = Protocol.for_bands(training[0], width=5)
    truth = Truth(mask=FEATURES[:3].amax(0) > 0.5)
    wall, processor = time.perf_counter(), time.process_time()
    judgement = judge(
        network, x[right], target[right], methods=methods, protocol=protocol, training=training, truth=truth
    )
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(judgement)
    threads = torch.get_num_threads()
    print(f"\n{wall:.0f} s by the clock, {processor:.0f} s of processor time, {threads} threads")


if __name__ == "__main__":
    main()
