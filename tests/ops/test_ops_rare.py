"""Ops that few models call, and odd ways to call common ones."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets
from lrprism.ops import own
from small_models import LRP_0, Model


def numbers(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def explain(function: Callable[..., Tensor], *inputs: Tensor, composite: Any = LRP_0) -> tuple[Tensor, ...]:
    """Relevance for a seed of ones; the output is the function's, and the account adds up."""
    explanation = lp.LRP(Model(function), composite, strict=True).explain(inputs, torch.ones_like, audit=True)
    torch.testing.assert_close(explanation.output, function(*inputs))
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) < 1e-9
    assert isinstance(explanation.relevance, tuple)
    return explanation.relevance


def test_a_factor_that_is_added_too() -> None:
    # x + x y: the sum hands R to both, the product shares its part
    x, y = numbers(2, 3), numbers(3, 2).T
    for_x, for_y = explain(lambda x, y: torch.addcmul(x, x, y), x, y)
    torch.testing.assert_close(for_x, x + x * y / 2)
    torch.testing.assert_close(for_y, x * y / 2)


SQUARE = numbers(3, 3)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.addmm(x, x, x),
        lambda x: torch.addmm(x, x, SQUARE, beta=2, alpha=3),
        lambda x: torch.addmm(input=x, mat1=SQUARE, mat2=x),
        lambda x: torch.baddbmm(x[None], x[None], SQUARE[None]),
        lambda x: F.linear(x, SQUARE, x[0]),
        lambda x: F.linear(x, x, x[0]),
        lambda x: F.conv1d(x[None], SQUARE[:, :, None], x[0]),
    ],
)
def test_a_live_tensor_added_to_a_product_conserves(function: Callable[[Tensor], Tensor]) -> None:
    x = numbers(3, 3) + 1
    (relevance,) = explain(function, x)
    torch.testing.assert_close(relevance.sum(), function(x).sum())


@pytest.mark.parametrize("call", ["linear", "conv"])
def test_a_layer_with_a_live_bias_keeps_its_rule(call: str) -> None:
    def function(x: Tensor, b: Tensor) -> Tensor:
        if call == "linear":
            return F.linear(x, SQUARE, b)
        return F.conv1d(x[..., None], SQUARE[..., None], b).squeeze(-1)

    x, b = numbers(2, 3), numbers(3)
    z = x @ SQUARE.T
    expected = x * ((z / (z + 0.1 * z.sign())) @ SQUARE)
    for_x, for_b = explain(function, x, b, composite=presets.Epsilon(0.1))
    torch.testing.assert_close(for_x, expected)
    torch.testing.assert_close(for_b, 2 * b)


GATED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "repeat": lambda a, g: a * g.sigmoid().repeat(1, 2),
    "interpolate": lambda a, g: a * F.interpolate(g.sigmoid()[:, None], scale_factor=2)[:, 0],
    "flip": lambda a, g: a * g.sigmoid().flip(1).repeat(1, 2),
    "amax": lambda a, g: a * g.sigmoid().amax(1, keepdim=True),
    "max pooling": lambda a, g: a * F.max_pool2d(g.sigmoid()[:, None, :, None], (3, 1)).flatten(1),
    "average pooling": lambda a, g: a * F.adaptive_avg_pool2d(g.sigmoid()[:, None, :, None], 1).flatten(1),
    "cat": lambda a, g: a * torch.cat([g.sigmoid(), (2 * g).sigmoid()], 1),
    "stack": lambda a, g: a * torch.stack([g.sigmoid(), (2 * g).sigmoid()], 1).flatten(1),
    "a sum of gates": lambda a, g: a * (g.sigmoid() + (2 * g).sigmoid()).repeat(1, 2),
    "expit": lambda a, g: a * torch.special.expit(g).repeat(1, 2),
    "scatter": lambda a, g: (
        a * torch.zeros_like(a).scatter(1, torch.tensor([[0, 1, 2], [3, 4, 5]]), g.sigmoid())
    ),
    "a norm": lambda a, g: a * g.norm(dim=1, keepdim=True),
    "relu6": lambda a, g: a.relu() * (F.relu6(g + 3) / 6).repeat(1, 2),
}


@pytest.mark.parametrize("how", GATED)
def test_a_gate_is_a_gate_whatever_it_went_through(how: str) -> None:
    a, g = numbers(2, 6), numbers(2, 3)
    signal, gate = explain(GATED[how], a, g)
    assert not gate.any()
    torch.testing.assert_close(signal, GATED[how](a, g))


def test_a_gate_that_was_added_to_itself_fifty_times_is_found_at_once() -> None:
    def add_up(a: Tensor, g: Tensor) -> Tensor:  # 2^50 ways lead back to the sigmoid
        g = g.sigmoid()
        for _ in range(50):
            g = g / 2 + g / 2
        return a * g

    signal, gate = explain(add_up, numbers(2, 3), numbers(3, 2).T)
    assert not gate.any()
    assert signal.all()


@pytest.mark.parametrize(
    "function",
    [
        torch.floor,
        torch.round,
        lambda a: a // 2,
        lambda a: a % 2,
        lambda a: 2**a,
        lambda a: torch.div(a, 2, rounding_mode="floor"),
        lambda a: torch.fmod(a, 2),
        lambda a: torch.heaviside(a, torch.zeros_like(a)),
        lambda a: torch.atan(a).trunc() + torch.special.expit(a) - torch.special.expit(a).floor(),
    ],
)
@expected_warnings.LOGITS_BEHIND
def test_elementwise_functions_pass_relevance_unchanged(function: Callable[[Tensor], Tensor]) -> None:
    a = numbers(2, 5) * 3
    torch.testing.assert_close(explain(function, a)[0], function(a))


SPECTRUM = torch.complex(numbers(3), numbers(3, 1)[:, 0])


@pytest.mark.parametrize(
    "function",
    [
        lambda a: torch.fft.irfft(torch.fft.rfft(a) * SPECTRUM, n=5),
        lambda a: torch.fft.fft(torch.fft.fft(a, dim=-1), dim=-2).real,
        lambda a: torch.view_as_real(torch.fft.fft(a)).flatten(1),
        lambda a: torch.zeros(2, 2, dtype=a.dtype).scatter_reduce(
            1, torch.tensor([[0, 1, 1, 0, 0], [0, 0, 1, 1, 1]]), a, "mean"
        ),
        lambda a: a.quantile(0.3, dim=1),
        lambda a: a.norm(dim=1),
        lambda a: torch.linalg.matrix_norm(a[None]),
        lambda a: a.std(1),
        lambda a: torch.std_mean(a, dim=1)[1],
        lambda a: torch.unsafe_chunk(a, 2, 1)[0],
        lambda a: torch.native_dropout(a, 0.5, False)[0],
    ],
)
def test_functions_whose_gradient_is_the_rule(function: Callable[[Tensor], Tensor]) -> None:
    a = numbers(2, 5)
    leaf = a.clone().requires_grad_()
    (g,) = torch.autograd.grad(function(leaf).sum(), leaf)
    torch.testing.assert_close(explain(function, a)[0], a * g)


@pytest.mark.parametrize("dim", [0, 1])
def test_cosines_of_vectors_that_broadcast(dim: int) -> None:
    of_a, of_b = explain(lambda a, b: F.cosine_similarity(a, b, dim=dim), numbers(4), numbers(3, 4))
    torch.testing.assert_close(of_a.sum(), of_b.sum())


def test_a_layer_norm_whose_statistics_come_together() -> None:
    def by_hand(a: Tensor) -> Tensor:
        var, mean = torch.var_mean(a, -1, correction=0, keepdim=True)
        return (a - mean) / (var + 1e-5).sqrt()

    a = numbers(2, 5)
    torch.testing.assert_close(explain(by_hand, a), explain(lambda a: F.layer_norm(a, (5,)), a))


def test_bags_with_padding() -> None:
    table, tokens = numbers(4, 2), torch.tensor([[0, 3], [3, 3]])
    for mode in ("sum", "mean", "max"):
        explanation = lp.LRP(
            Model(lambda ids, mode=mode: F.embedding_bag(ids, table, mode=mode, padding_idx=-1)), strict=True
        ).explain(tokens, torch.ones_like)
        torch.testing.assert_close(
            explanation.output, F.embedding_bag(tokens, table, mode=mode, padding_idx=-1)
        )
        torch.testing.assert_close(
            explanation.relevance, torch.tensor([[float(table[0].sum()), 0], [0, 0]]).double()
        )


@pytest.mark.parametrize("function", [torch.sigmoid, F.softplus, torch.exp])
@expected_warnings.LOGITS_BEHIND
def test_half_precision_next_to_zero_is_finite(function: Callable[[Tensor], Tensor]) -> None:
    a = torch.tensor([[1e-6, -1e-6, 6e-8]]).half()
    assert lp.LRP(Model(function)).explain(a, torch.ones_like).relevance.isfinite().all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("composite", [LRP_0, presets.EpsilonGamma(0.3, 0.05), presets.EpsilonPlus()])
@expected_warnings.LITTLE_ARRIVES
def test_a_padded_convolution_between_two_batch_norms(
    composite: Any, *, transposed: bool, channels: int
) -> None:
    # as one dense layer: its matrix is the Jacobian, its bias what an input of zeros gives
    torch.manual_seed(0)
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    model = nn.Sequential(
        nn.BatchNorm2d(2), kind(2, channels, 3, padding=1), nn.BatchNorm2d(channels)
    ).double()
    for norm in (model[0], model[2]):
        norm.running_mean.normal_()
        norm.weight.data.normal_()
        norm.bias.data.normal_()
    model.eval()
    a = numbers(1, 2, 3, 3)
    dense = nn.Linear(18, 9 * channels).double()
    with torch.no_grad():
        dense.bias.copy_(model(torch.zeros_like(a)).flatten())
    dense.weight.data = torch.autograd.functional.jacobian(model, a).reshape(9 * channels, 18)
    convolution = [
        (entry[0] | lp.select.kind(lp.select.Kind.LINEAR), entry[1]) for entry in composite.entries()
    ]
    expected = lp.LRP(dense, convolution[:1]).explain(a.flatten(1), torch.ones_like).relevance
    explanation = lp.LRP(model, composite, strict=True).explain(a, torch.ones_like, audit=True)
    torch.testing.assert_close(explanation.relevance.flatten(1), expected)
    assert [row.op for row in explanation.audit] == [
        row.op for row in explanation.audit if "+ batch_norm" in row.op
    ]


LGAMMA = (torch.lgamma, torch.ops.aten.lgamma, torch.ops.aten.lgamma.default)


@pytest.mark.parametrize("key", LGAMMA)
@pytest.mark.parametrize("call", LGAMMA)
def test_an_own_op_is_meant_by_every_name(key: Callable[..., Any], call: Callable[..., Any]) -> None:
    a = numbers(2, 3).abs() + 2
    explainer = lp.LRP(Model(lambda a: call(a)), strict=True, ops={key: own.activation("lgamma")})
    torch.testing.assert_close(explainer.explain(a, torch.ones_like).relevance, torch.lgamma(a))
