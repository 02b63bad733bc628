"""A planted task that a linear network solves, for the tests of a whole judgement."""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from lrprism.evaluation import Bootstrap, Judgement, Protocol, Truth, judge

BANDS = 12
PLANTED = torch.arange(BANDS) < 4


def make_data(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Three classes in bands 0 to 3; the others are noise."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.arange(count) % 3
    x = torch.randn(count, BANDS, generator=generator)
    patterns = torch.tensor([[3.0, 3.0, 0.0, 0.0], [0.0, 0.0, 3.0, 3.0], [-3.0, -3.0, -3.0, -3.0]])
    x[:, :4] += patterns[target]
    return x, target


def make_network() -> nn.Sequential:
    """Weights that read the planted bands, and random ones elsewhere that say little."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(BANDS, 3))
    network[0].weight.data *= 0.1
    network[0].weight.data[:, :4] += torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 1], [-0.6, -0.6, -0.6, -0.6]])
    return network


def multiply_gradient(model: Any, x: Tensor, target: Tensor) -> Tensor:
    x = x.requires_grad_()
    (gradient,) = torch.autograd.grad(model(x).gather(1, target[:, None]).sum(), x)
    return x.detach() * gradient


def repeat_x(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
    return x


@cache
def judge_small_case() -> Judgement:
    """Judge a map of the network and a map of the data."""
    training, (x, target) = make_data(300, 0), make_data(60, 1)
    planned = Protocol.for_bands(training[0], width=2)
    protocol = Protocol(
        planned.regions, planned.imputers, noise=0.1, bootstrap=Bootstrap(resamples=100), greedy=6, few=30
    )
    index = torch.arange(BANDS)
    truth = Truth(
        mask=PLANTED, blind=index == 11, used=PLANTED, groups={"stripe": (index == 4) | (index == 5)}
    )
    methods = {"gradient x input": multiply_gradient, "input": repeat_x}
    return judge(
        make_network(), x, target, methods=methods, protocol=protocol, training=training, truth=truth
    )
