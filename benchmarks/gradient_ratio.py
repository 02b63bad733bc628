"""How long an explanation takes, as a multiple of one plain input gradient of the same model.

Run with ``make bench``. All contestants take turns in every round, so that a machine whose speed drifts slows
them alike; the medians are compared.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.models import Hyper3DNetLite

ROUNDS = 15


def gradient(model: nn.Module, x: Tensor) -> Tensor:
    """Return the gradient of the winning logits with respect to the input."""
    leaf = x.detach().requires_grad_()
    output = model(leaf)
    return torch.autograd.grad(output.amax(1).sum(), leaf)[0]


def measure(contestants: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each contestant over interleaved rounds, after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            if number > 0:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def main() -> None:
    """Print the table."""
    torch.manual_seed(0)
    models: dict[str, tuple[nn.Module, Tensor]] = {
        "Hyper3DNetLite, 16 patches of 18 bands": (
            Hyper3DNetLite(bands=18, classes=3),
            torch.rand(16, 1, 18, 25, 25),
        ),
        "MLP of 3 layers, batch 1": (
            nn.Sequential(nn.Linear(200, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 16)),
            torch.rand(1, 200),
        ),
    }
    presets = [
        lp.presets.Epsilon(0),
        lp.presets.Epsilon(),
        lp.presets.EpsilonGamma(),
        lp.presets.Hyper3DNetTutorial(),
    ]
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, median of {ROUNDS} interleaved rounds"
    )
    for name, (model, x) in models.items():
        model.requires_grad_(False)
        contestants: dict[str, Callable[[], object]] = {
            "gradient": lambda model=model, x=x: gradient(model, x)
        }
        for preset in presets:
            explainer = lp.LRP(model, preset)
            contestants[repr(preset)] = lambda explainer=explainer, x=x: explainer.explain(x)
        found = measure(contestants, ROUNDS if x.numel() > 1000 else 20 * ROUNDS)
        print(f"\n{name}: one gradient {1e3 * found['gradient']:.3g} ms")
        for contestant, seconds in found.items():
            print(f"  {contestant:45s} {seconds / found['gradient']:5.2f} x")


if __name__ == "__main__":
    main()
