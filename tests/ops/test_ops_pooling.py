"""LRP-ε damps average pooling; power pooling shares by powers, and maximum pooling selects."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lrprism import presets
from small_models import Function, Model, close, explained, numbers

MEANS: dict[str, tuple[Function, tuple[int, ...]]] = {
    "avg_pool1d": (nn.AvgPool1d(2, stride=1), (2, 3, 5)),
    "avg_pool2d": (nn.AvgPool2d(2), (2, 3, 4, 4)),
    "avg_pool2d padded": (nn.AvgPool2d(3, 2, 1, count_include_pad=False, ceil_mode=True), (2, 2, 4, 4)),
    "avg_pool2d of a sample": (nn.AvgPool2d(2), (3, 4, 4)),
    "avg_pool2d with a divisor": (lambda a: F.avg_pool2d(a, 2, divisor_override=3), (2, 1, 4, 4)),
    "avg_pool3d": (nn.AvgPool3d(2), (1, 2, 4, 4, 2)),
    "adaptive_avg_pool1d": (nn.AdaptiveAvgPool1d(3), (2, 2, 5)),
    "adaptive_avg_pool2d": (nn.AdaptiveAvgPool2d((3, 2)), (1, 2, 5, 4)),
    "adaptive_avg_pool3d": (nn.AdaptiveAvgPool3d(2), (1, 2, 3, 4, 3)),
    "mean": (lambda a: a.mean(), (2, 3)),
    "mean over a dimension": (lambda a: a.mean(-2), (2, 3, 4)),
    "mean by keywords": (lambda a: torch.mean(input=a, dim=(0, 1), keepdim=True), (2, 3, 4)),
    "aten": (lambda a: torch.ops.aten.mean.dim(a, [1], True), (2, 3)),
    "aten pooling": (lambda a: torch.ops.aten._adaptive_avg_pool2d.default(a, [2, 2]), (1, 2, 4, 4)),
}


@pytest.mark.parametrize("name", MEANS)
@pytest.mark.parametrize("eps", [0.0, 0.1])
def test_a_mean_follows_the_epsilon_rule(name: str, eps: float) -> None:
    # R_i = a_i sum_j w_ij R_j / (z_j + eps sgn z_j), w from the Jacobian
    mean, shape = MEANS[name]
    (a,) = numbers(shape)
    z = mean(a)
    seed = torch.randn_like(z)
    s = seed * z / (z + eps * z.sign())
    slope = torch.autograd.functional.jacobian(mean, a)
    expected = a * torch.tensordot(s, slope, s.dim())
    (relevance,) = explained(Model(mean), a, composite=presets.Epsilon(eps), seed=lambda _: seed)
    close(relevance, expected)


def test_global_pooling_and_the_mean_give_one_map() -> None:
    (a,) = numbers((2, 3, 4, 4))
    pools = [
        lambda a: F.adaptive_avg_pool2d(a, 1).flatten(1),
        lambda a: a.mean((2, 3)),
        lambda a: F.avg_pool2d(a, 4)[..., 0, 0],
    ]
    first, *others = (explained(Model(pool), a, composite=presets.Epsilon(0.1))[0] for pool in pools)
    for other in others:
        close(other, first)


@pytest.mark.parametrize("power", [2, 4])
@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_power_pooling_shares_by_the_powers(power: int, dimensions: int) -> None:
    # z = (sum a^p)^(1/p): relevance passes the root and the powers, and the sum shares a^p / sum a^p
    pool = getattr(nn, f"LPPool{dimensions}d")(power, 2)
    (a,) = numbers((1, 2, *(4,) * dimensions))
    z = pool(a)
    spread = F.interpolate(z / (pool(a) ** power), scale_factor=2)
    close(explained(Model(pool), a)[0], a**power * spread)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_max_pooling_in_any_number_of_dimensions_shares_by_its_jacobian(dimensions: int) -> None:
    shape = (1, 2, *(4,) * dimensions)
    pool = getattr(nn, f"MaxPool{dimensions}d")(2, stride=1, padding=1)
    adaptive = getattr(nn, f"AdaptiveMaxPool{dimensions}d")(3)
    indexed = getattr(nn, f"MaxPool{dimensions}d")(2, return_indices=True)
    unpool = getattr(nn, f"MaxUnpool{dimensions}d")(2)
    for function in (pool, adaptive, lambda a: unpool(*indexed(a))):
        inputs = numbers(shape)
        seed = torch.randn_like(function(*inputs))
        slope = torch.autograd.functional.jacobian(function, *inputs)
        (relevance,) = explained(Model(function), *inputs, seed=lambda _, seed=seed: seed)
        close(relevance, inputs[0] * torch.tensordot(seed, slope, seed.dim()))


def test_fractional_max_pooling_gives_all_to_the_winners() -> None:
    samples = torch.tensor([[[0.3, 0.4], [0.1, 0.9]]], dtype=torch.float64)
    pool = nn.FractionalMaxPool2d(2, output_size=2, _random_samples=samples)
    (a,) = numbers((1, 2, 5, 5))
    (relevance,) = explained(Model(pool), a)
    winners = torch.isin(a, pool(a))
    assert winners.sum() == 8
    assert torch.equal(relevance, torch.where(winners, a, 0))
