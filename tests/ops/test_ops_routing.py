"""Ops whose gradient is the rule: against the Jacobian, which a linear op shares relevance by."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets
from small_models import Model, numbers

Function = Callable[..., Tensor]
ORDER = torch.tensor([[0, 2, 1, 3], [1, 1, 0, 2]])
PICKED = torch.tensor([[True, False, True, False], [False, True, True, True]])
FACTORS = torch.tensor([0.5, -2.0, 1.5, 3.0], dtype=torch.float64)
FLAT, IMAGE, DEEP = (2, 4), (1, 2, 4, 4), (1, 1, 3, 3, 3)


def relevance(function: Function, *inputs: Tensor, seed: Any = torch.ones_like) -> tuple[Tensor, ...]:
    """The relevance of each input; in train mode, with an account that adds up and nothing unknown."""
    model = Model(function)
    expected = model.eval()(*inputs).detach()
    eager = lp.LRP(model.train(), presets.Epsilon(0), strict=True)
    explanation = eager.explain(inputs, seed, audit=True)
    torch.testing.assert_close(explanation.output, expected, rtol=1e-12, atol=1e-12)
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) <= 1e-9 * max(1.0, abs(explanation.audit.explained))
    again = lp.LRP(model.eval(), presets.Epsilon(0), strict=True).explain(inputs, seed)
    torch.testing.assert_close(again.relevance, explanation.relevance, rtol=0, atol=0)
    assert isinstance(explanation.relevance, tuple)
    return explanation.relevance


def by_jacobian(function: Function, inputs: tuple[Tensor, ...], seed: Tensor) -> list[Tensor]:
    """``R_i = a_i sum_j (dz_j / da_i) R_j / z_j`` with ``R = seed * z``."""
    slopes = torch.autograd.functional.jacobian(function, inputs)
    return [a * torch.tensordot(seed, slope, seed.dim()) for a, slope in zip(inputs, slopes, strict=True)]


LINEAR: dict[str, tuple[Function, tuple[tuple[int, ...], ...]]] = {
    "a + b": (lambda a, b: a + b, (FLAT, FLAT)),
    "a + b, broadcast": (lambda a, b: a[:, None] + b, (FLAT, (3, 4))),
    "a + number": (lambda a: 1.5 + a + 2, (FLAT,)),
    "add with alpha": (lambda a, b: torch.add(a, b, alpha=2), (FLAT, FLAT)),
    "sub by keywords": (lambda a, b: torch.sub(input=a, other=b, alpha=3), (FLAT, FLAT)),
    "number - a": (lambda a: 3 - a, (FLAT,)),
    "rsub": (lambda a, b: torch.rsub(a, b, alpha=3), (FLAT, FLAT)),
    "-a": (lambda a: -a, (FLAT,)),
    "+a": (lambda a: +a, (FLAT,)),
    "a * constant": (lambda a: FACTORS * a * 2.0, (FLAT,)),
    "a / constant": (lambda a: a / FACTORS, (FLAT,)),
    "a / constant by keywords": (lambda a: torch.div(input=a, other=FACTORS), (FLAT,)),
    "mean of all": (lambda a: a.mean(), (FLAT,)),
    "mean, negative dimension": (lambda a: torch.mean(input=a, dim=-1, keepdim=True), (FLAT,)),
    "sum": (lambda a: a.sum(dim=(0, -1)), ((2, 3, 4),)),
    "nansum": (lambda a: a.nansum(1), (FLAT,)),
    "cumsum": (lambda a: a.cumsum(-1), (FLAT,)),
    "diff": (lambda a: a.diff(), (FLAT,)),
    "trace": (lambda a: a.trace(), ((3, 3),)),
    "cat with a constant": (lambda a, b: torch.cat((a, FACTORS.expand(2, 4), b), dim=-1), (FLAT, FLAT)),
    "cat with a part of size zero": (lambda a: torch.cat([a, a[:0], a]), (FLAT,)),
    "stack": (lambda a, b: torch.stack([a, b], -1), (FLAT, FLAT)),
    "hstack": (lambda a, b: torch.hstack([a, b]), (FLAT, FLAT)),
    "split": (lambda a: a.split([1, 3], 1)[1] - a.split(1, 1)[2], (FLAT,)),
    "chunk": (lambda a: a.chunk(2, -1)[0] * 3 + a.chunk(2, -1)[1], (FLAT,)),
    "tensor_split": (lambda a: a.tensor_split(3, 1)[0], (FLAT,)),
    "unbind": (lambda a: a.unbind(1)[1], (FLAT,)),
    "rows in a loop": (lambda a: sum((row * k for k, row in enumerate(a, 1)), torch.zeros(4)), (FLAT,)),
    "gather": (lambda a: a.gather(1, ORDER), (FLAT,)),
    "take_along_dim": (lambda a: torch.take_along_dim(a, ORDER, 1), (FLAT,)),
    "index by numbers": (lambda a: a[:, ORDER[0]] + a[..., None, -1], (FLAT,)),
    "index by a mask": (lambda a: a[PICKED], (FLAT,)),
    "index_select": (lambda a: a.index_select(1, ORDER[1]), (FLAT,)),
    "masked_select": (lambda a: a.masked_select(PICKED), (FLAT,)),
    "take": (lambda a: a.take(ORDER), (FLAT,)),
    "scatter": (lambda a, b: a.scatter(1, ORDER[:1].expand(2, 4), b), (FLAT, FLAT)),
    "scatter_add": (lambda a, b: a.scatter_add(1, ORDER, b), (FLAT, FLAT)),
    "index_add": (lambda a, b: a.index_add(1, ORDER[1], b, alpha=2), (FLAT, FLAT)),
    "index_copy": (lambda a, b: a.index_copy(1, ORDER[0, :2], b[:, :2]), (FLAT, FLAT)),
    "index_put": (lambda a, b: a.index_put((ORDER[1, :2],), b[0], accumulate=True), (FLAT, FLAT)),
    "index_fill": (lambda a: a.index_fill(1, ORDER[1, :1], 0.5), (FLAT,)),
    "where": (lambda a, b: torch.where(PICKED, a, b) + a.where(PICKED, 0.5), (FLAT, FLAT)),
    "masked_fill": (lambda a: a.masked_fill(PICKED, -0.5), (FLAT,)),
    "masked_scatter": (lambda a, b: a.masked_scatter(PICKED, b), (FLAT, FLAT)),
    "pad with a constant": (lambda a: F.pad(a, (-1, 2, 1, 0), value=0.5), (FLAT,)),
    "pad by reflection": (lambda a: F.pad(a, (1, 2), mode="reflect"), ((2, 3, 4),)),
    "pad by replication": (nn.ReplicationPad2d((1, 2, 0, 1)), (IMAGE,)),
    "pad in a circle": (nn.CircularPad2d((1, 2, 0, 1)), (IMAGE,)),
    "pad in three dimensions": (nn.ReflectionPad3d(1), (DEEP,)),
    "roll": (lambda a: a.roll(1, -1), (FLAT,)),
    "flip": (lambda a: a.flip(-1) + a.rot90(2), (FLAT,)),
    "repeat": (lambda a: a.repeat(2, 2) + a.tile(2, 1).repeat_interleave(2, 1), (FLAT,)),
    "expand": (lambda a: a[:, :1].expand(2, 5), (FLAT,)),
    "fold": (nn.Fold((4, 4), 2), ((1, 8, 9),)),
    "unfold": (nn.Unfold(2, padding=1), (IMAGE,)),
    "windows": (lambda a: a.unfold(1, 2, 1), (FLAT,)),
    "pixel_shuffle": (nn.PixelShuffle(2), ((1, 8, 2, 2),)),
    "pixel_unshuffle": (nn.PixelUnshuffle(2), (IMAGE,)),
    "channel_shuffle": (nn.ChannelShuffle(2), ((1, 4, 2, 2),)),
    "interpolate nearest": (nn.Upsample(scale_factor=2), (IMAGE,)),
    "interpolate nearest-exact": (lambda a: F.interpolate(a, 3, mode="nearest-exact"), (IMAGE,)),
    "interpolate linear": (lambda a: F.interpolate(a, size=7, mode="linear"), ((1, 2, 4),)),
    "interpolate bilinear": (nn.UpsamplingBilinear2d(scale_factor=2), (IMAGE,)),
    "interpolate with antialias": (
        lambda a: F.interpolate(a, (2, 3), mode="bilinear", antialias=True),
        (IMAGE,),
    ),
    "interpolate bicubic": (lambda a: F.interpolate(a, scale_factor=2, mode="bicubic"), (IMAGE,)),
    "interpolate trilinear": (lambda a: F.interpolate(a, 4, mode="trilinear"), (DEEP,)),
    "interpolate area": (lambda a: F.interpolate(a, size=3, mode="area"), (IMAGE,)),
    "grid_sample": (
        lambda a: F.grid_sample(a, torch.linspace(-1, 1, 8).double().view(1, 2, 2, 2), align_corners=False),
        (IMAGE,),
    ),
    "reshaping": (
        lambda a: a.unflatten(1, (2, 2)).movedim(0, 1).flatten(1).t().contiguous().view(-1)[None].mT,
        (FLAT,),
    ),
    "a tensor of no dimensions": (lambda a: a * 2 - 1, ((),)),
    "a strided view": (lambda a: a.t()[1:].as_strided((3, 2), (1, 4)), (FLAT,)),
    "triangles": (lambda a: a.tril() + a.triu(1) * 2 + a.diagonal().diag_embed(), ((3, 3),)),
    "a slice assigned": (lambda a, b: assign(a, b), (FLAT, FLAT)),
}


def assign(a: Tensor, b: Tensor) -> Tensor:
    target = a.clone()
    target[:, -2:] = 3 * b[:, :2]
    return target


@pytest.mark.parametrize("name", LINEAR)
def test_a_linear_op_shares_relevance_by_its_jacobian(name: str) -> None:
    function, shapes = LINEAR[name]
    inputs = numbers(*shapes)
    seed = torch.randn_like(function(*inputs))
    for found, expected in zip(
        relevance(function, *inputs, seed=lambda _: seed), by_jacobian(function, inputs, seed), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


A = [[1.0, -2.0, 4.0, 3.0]]
WINNERS: dict[str, tuple[Function, list[float]]] = {
    "max of all": (lambda a: a.max(), [0, 0, 4, 0]),
    "max over a dimension": (lambda a: a.max(-1)[0], [0, 0, 4, 0]),
    "max by name": (lambda a: torch.max(a, dim=1, keepdim=True).values, [0, 0, 4, 0]),
    "amax": (lambda a: a.amax((0, 1)), [0, 0, 4, 0]),
    "amin": (lambda a: a.amin(1), [0, -2, 0, 0]),
    "min": (lambda a: a.min(1)[0], [0, -2, 0, 0]),
    "maximum": (lambda a: torch.maximum(a[:, :2], a[:, 2:]), [0, 0, 4, 3]),
    "fmin": (lambda a: torch.fmin(a[:, :2], a[:, 2:]), [1, -2, 0, 0]),
    "median": (lambda a: a.median(1)[0], [1, 0, 0, 0]),
    "kthvalue": (lambda a: a.kthvalue(3, -1)[0], [0, 0, 0, 3]),
    "topk": (lambda a: a.topk(2)[0], [0, 0, 4, 3]),
    "sort": (lambda a: a.sort(-1, descending=True)[0][:, :3], [1, 0, 4, 3]),
    "cummax": (lambda a: a.cummax(1)[0], [1 + 1, 0, 4 + 4, 0]),
    "clamp_min": (lambda a: a.clamp_min(0), [1, 0, 4, 3]),
    "relu": (lambda a: a.relu(), [1, 0, 4, 3]),
    "leaky relu": (lambda a: F.leaky_relu(a, 0.5), [1, -1, 4, 3]),
    "prelu": (lambda a: F.prelu(a, torch.tensor([0.25], dtype=torch.float64)), [1, -0.5, 4, 3]),
    "max_pool1d": (nn.MaxPool1d(2, return_indices=False), [1, 0, 4, 0]),
    "overlapping max_pool1d": (lambda a: nn.MaxPool1d(3, 1, return_indices=True)(a)[0], [0, 0, 8, 0]),
    "adaptive_max_pool1d": (nn.AdaptiveMaxPool1d(1), [0, 0, 4, 0]),
}


@pytest.mark.parametrize("name", WINNERS)
def test_the_selected_entry_takes_all(name: str) -> None:
    function, expected = WINNERS[name]
    (found,) = relevance(function, torch.tensor(A, dtype=torch.float64))
    assert found[0].tolist() == expected


@expected_warnings.LOGITS_BEHIND
def test_scores_of_minus_infinity_give_no_nan() -> None:
    (a,) = numbers(FLAT)
    (found,) = relevance(lambda a: a.masked_fill(PICKED, float("-inf")).softmax(-1)[:, 3:], a)
    assert torch.isfinite(found).all()
    assert not found[PICKED].any()
    assert found[0, [1, 3]].all()


@pytest.mark.parametrize(
    "layer",
    [nn.Dropout(0.9), nn.Dropout1d(0.9, inplace=True), nn.AlphaDropout(0.9), nn.FeatureAlphaDropout(0.9)],
)
def test_dropout_is_switched_off(layer: nn.Module) -> None:
    (a,) = numbers((2, 3, 4))
    (row,) = lp.LRP(Model(layer).train(), strict=True).plan(a)
    assert row.kind == "identity"
    assert torch.equal(relevance(layer, a)[0], a)


def test_functional_dropout_is_switched_off() -> None:
    (a,) = numbers((1, 2, 3, 4))
    model = Model(lambda a: 2 * F.dropout2d(input=torch.dropout(a, 0.9, True), p=0.9, training=True))
    explanation = lp.LRP(model, strict=True).explain(a, torch.ones_like)
    assert torch.equal(explanation.output, 2 * a)
    assert torch.equal(torch.as_tensor(explanation.relevance), 2 * a)


STOPS: dict[str, Function] = {
    "detach": lambda a: a.detach(),
    "data": lambda a: a.data,
    "rsqrt": lambda a: torch.rsqrt(a * a),
    "reciprocal": lambda a: a.reciprocal(),
    "1 / a": lambda a: 1 / a,
}


@pytest.mark.parametrize("name", STOPS)
def test_relevance_stops_at_what_counts_as_a_constant(name: str) -> None:
    # a + k b with k constant: b gets k b, the account says what the constant keeps
    a, b = numbers(FLAT, FLAT)
    scale = STOPS[name](a)
    of_a, of_b = relevance(lambda a, b: STOPS[name](a) * b, a, b)
    assert not of_a.any()
    torch.testing.assert_close(of_b, scale * b, rtol=1e-12, atol=1e-12)
    model = Model(lambda a, b: STOPS[name](a) * b)
    assert "stopped" in {row.kind for row in lp.LRP(model).plan((a, b))}


def test_a_live_operand_that_should_be_constant_is_said() -> None:
    with pytest.raises(lp.ModelError, match="no rule is known for prelu"):
        relevance(F.prelu, *numbers((2, 4), (4,)))


@pytest.mark.parametrize(
    "unique",
    [torch.unique, Tensor.unique, torch.unique_consecutive, Tensor.unique_consecutive],
    ids=["unique", "its method", "unique_consecutive", "that as a method"],
)
@pytest.mark.parametrize("options", [{}, {"dim": 1}, {"return_inverse": True}, {"return_counts": True}])
def test_unique_numbers_are_a_constant(unique: Any, options: dict[str, Any]) -> None:
    def scaled(a: Tensor) -> Tensor:
        found = unique(a, **options)
        each = found if isinstance(found, tuple) else (found,)
        return a * sum(part.sum() for part in each)

    a = torch.tensor([[1.0, 2.0, 2.0, -3.0]], dtype=torch.float64)
    (found,) = relevance(scaled, a)
    # all of it at the factor that is live: the value of the output
    torch.testing.assert_close(found, scaled(a), rtol=1e-12, atol=1e-12)
    plan = lp.LRP(Model(scaled)).plan(a)
    assert [row.op for row in plan if row.kind == "stopped"] == [unique.__name__]
