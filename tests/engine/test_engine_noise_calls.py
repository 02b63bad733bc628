"""Calls on random numbers: which of them have a known mean, and the mean itself by hand."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.engine.distributions import MaskNoise, UniformNoise
from lrprism.engine.noise_calls import NoiseCall

MASK = torch.tensor([True, False])
RANDOM = torch.tensor([2.5, 3.5])
H = torch.tensor([10.0, 20.0])


def noise_call(func: Callable[..., Any], *args: Any, **kwargs: Any) -> NoiseCall:
    """Return a call on ``MASK``, true in 1 of 4 cases, or on ``RANDOM``, spread from 2 to 4."""
    random = [tensor for tensor in args if any(tensor is noise for noise in (MASK, RANDOM))]
    distributions = [MaskNoise(0.25) if tensor is MASK else UniformNoise(2.0, 4.0) for tensor in random]
    return NoiseCall(func, func.__name__.strip("_"), args, kwargs, random, distributions)


@pytest.mark.parametrize(
    ("call", "mean"),
    [
        (noise_call(torch.add, H, RANDOM), [13.0, 23.0]),
        (noise_call(torch.mul, RANDOM, H), [30.0, 60.0]),
        (noise_call(torch.div, RANDOM, 6), [0.5, 0.5]),
        # 10 in 1 of 4 cases, else 0; and the other way about
        (noise_call(torch.where, MASK, H, 0.0), [2.5, 5.0]),
        (noise_call(torch.masked_fill, H, MASK, 0.0), [7.5, 15.0]),
        (noise_call(torch.where, torch.tensor([True, False]), RANDOM, 0.0), [3.0, 0.0]),
        (noise_call(torch.cat, [RANDOM, H])._replace(random=[RANDOM], distributions=[UniformNoise(2, 4)]),
         [3.0, 3.0, 10.0, 20.0]),
    ],
)  # fmt: skip
def test_the_mean_of_a_call_by_hand(call: NoiseCall, mean: list[float]) -> None:
    assert call.has_known_mean()
    assert call.on_mean().tolist() == mean


@pytest.mark.parametrize(
    "call",
    [
        noise_call(torch.pow, RANDOM, 2),
        noise_call(torch.mul, RANDOM, RANDOM),
        noise_call(torch.div, H, RANDOM),
        noise_call(torch.div, RANDOM, 2, rounding_mode="floor"),
        noise_call(torch.where, MASK, H, float("inf")),
        noise_call(Tensor.long, RANDOM),
    ],
    ids=lambda call: call.name,
)
def test_the_mean_of_these_calls_is_not_known(call: NoiseCall) -> None:
    assert not call.has_known_mean()


def test_a_layer_may_have_noise_on_weights_and_biases_but_not_on_its_input_too() -> None:
    weight, bias = torch.rand(2, 2), torch.rand(2)
    distributions = [UniformNoise(0.0, 1.0), UniformNoise(2.0, 4.0)]
    call = NoiseCall(F.linear, "linear", (H, weight, bias), {}, [weight, bias], distributions)
    assert call.has_known_mean()
    assert call.on_mean().tolist() == [18.0, 18.0]  # 10 / 2 + 20 / 2 + 3
    product = NoiseCall(F.linear, "linear", (bias, weight), {}, [bias, weight], distributions[::-1])
    assert not product.has_known_mean()


def test_a_move_keeps_the_distribution() -> None:
    assert noise_call(torch.unsqueeze, RANDOM, 0).is_moving()
    assert noise_call(torch.unsqueeze, RANDOM, 0).stays(UniformNoise)
    assert not noise_call(torch.unsqueeze, RANDOM, 0).stays(MaskNoise)
    assert not noise_call(torch.mul, RANDOM, 2).is_moving()


def test_masks_that_are_joined_stay_a_mask() -> None:
    joined = noise_call(torch.cat, [MASK, MASK])._replace(
        random=[MASK, MASK], distributions=[MaskNoise(0.25), MaskNoise(0.5)]
    )
    assert joined.stays(MaskNoise)
    beside_h = noise_call(torch.cat, [MASK, H])._replace(random=[MASK], distributions=[MaskNoise(0.25)])
    assert not beside_h.stays(MaskNoise)


def test_a_matrix_of_one_mean_is_a_projection() -> None:
    matrix = torch.randn(2, 2, generator=torch.Generator().manual_seed(0))
    call = NoiseCall(F.linear, "linear", (H, matrix), {}, [matrix], [UniformNoise(-1.0, 1.0)])
    assert call.is_projection()
    varied = UniformNoise(-1.0, 1.0)
    vector = NoiseCall(F.linear, "linear", (H, RANDOM), {}, [RANDOM], [varied])
    assert not vector.is_projection()
