"""Distributions of random numbers: their means by hand, and beside the mean of many draws."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from lrprism.engine.distributions import (
    SOURCES,
    WITHOUT_MEAN,
    MaskNoise,
    MeanNoise,
    UniformNoise,
    distribution_of,
    mean_of,
)


def test_means_of_uniform_numbers() -> None:
    # u in [0.7, 1.7): rounded down it is 1 in 7 of 10 cases; u in [-0.5, 2): -1, 0, 1 for 0.5, 1, 1 of 2.5
    assert UniformNoise(0.0, 1.0).scale(1, 0.7).mean_of_floor == pytest.approx(0.7)
    assert UniformNoise(-0.5, 2.0).mean_of_floor == pytest.approx((-0.5 + 0 + 1) / 2.5)
    assert UniformNoise(0.0, 1.0).scale(-2, 1) == UniformNoise(-1.0, 1.0)
    assert UniformNoise(2.0, 4.0).share_above(2.5) == pytest.approx(0.75)
    assert UniformNoise(2.0, 4.0).share_above(9) == 0
    assert MaskNoise(0.25).probability == 0.25


SHAPE = 200_000
"""Numbers per draw: the mean of so many is known to 1 %, for a standard deviation of 1."""

DRAWS: dict[str, tuple[Callable[..., Tensor], tuple[Any, ...], dict[str, Any]]] = {
    "rand": (torch.rand, (SHAPE,), {}),
    "randn": (torch.randn, (SHAPE,), {}),
    "uniform_": (Tensor.uniform_, (torch.empty(SHAPE),), {}),
    "uniform_ from 2 to 4": (Tensor.uniform_, (torch.empty(SHAPE), 2.0, 4.0), {}),
    "uniform_ from a keyword": (Tensor.uniform_, (torch.empty(SHAPE),), {"from": -3.0, "to": 1.0}),
    "normal": (torch.normal, (torch.full((SHAPE,), 3.0), 0.5), {}),
    "normal_": (Tensor.normal_, (torch.empty(SHAPE), 2.0), {"std": 0.5}),
    "bernoulli of probabilities": (torch.bernoulli, (torch.full((SHAPE,), 0.3),), {}),
    "bernoulli of a number": (torch.bernoulli, (torch.empty(SHAPE), 0.3), {}),
    "bernoulli_": (Tensor.bernoulli_, (torch.empty(SHAPE),), {}),
    "bernoulli_ of a number": (Tensor.bernoulli_, (torch.empty(SHAPE), 0.8), {}),
}


@pytest.mark.parametrize("name", DRAWS)
def test_the_mean_is_that_of_many_draws(name: str) -> None:
    func, args, kwargs = DRAWS[name]
    torch.manual_seed(0)
    drawn = func(*args, **kwargs)
    is_in_place = func.__name__.endswith("_")
    mean = mean_of(drawn, distribution_of(func, args, kwargs, drawn, is_in_place=is_in_place), [])
    assert mean.shape == drawn.shape
    assert float(mean.double().mean()) == pytest.approx(float(drawn.double().mean()), abs=0.02)


def test_arithmetic_with_a_number_moves_the_interval() -> None:
    unit = UniformNoise(0.0, 1.0)
    assert unit.combine("sub", 0.5, is_first=True) == UniformNoise(-0.5, 0.5)
    assert unit.combine("sub", 0.5, is_first=False) == UniformNoise(-0.5, 0.5)
    assert unit.combine("rsub", 3, is_first=True) == UniformNoise(2.0, 3.0)
    assert unit.combine("div", 4, is_first=True) == UniformNoise(0.0, 0.25)
    assert unit.combine("div", 4, is_first=False) is None  # 4 / u has another distribution
    assert unit.combine("mul", 0, is_first=True) is None
    assert unit.combine("pow", 2, is_first=True) is None


def test_the_mean_of_a_mask_has_the_type_of_what_it_meets() -> None:
    mask = torch.tensor([True, False])
    assert mean_of(mask, MaskNoise(0.25), [torch.ones(1, dtype=torch.float16)]).dtype is torch.float16
    assert mean_of(mask, MaskNoise(0.25), []).tolist() == [0.25, 0.25]
    assert mean_of(torch.ones(2), MeanNoise(torch.tensor([1.0, 3.0])), []).tolist() == [1.0, 3.0]


def test_orders_and_indices_have_no_mean() -> None:
    assert torch.randperm in WITHOUT_MEAN
    assert WITHOUT_MEAN < SOURCES
