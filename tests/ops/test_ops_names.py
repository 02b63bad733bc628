"""Every name of a function is known, and every name gives one map."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets
from lrprism.ops import TABLE, op_of
from lrprism.ops.names import builtin_named, every_name_of, functions_named
from small_models import Model, numbers

Function = Callable[..., Tensor]
FLAT = (2, 4)
ORDER = torch.tensor([[0, 2, 1, 3], [1, 1, 0, 2]])
PICKED = torch.tensor([[True, False, True, False], [False, True, True, True]])


def test_a_name_is_found_wherever_torch_keeps_it() -> None:
    assert functions_named("relu") == {torch.relu, Tensor.relu, F.relu}
    assert functions_named("gelu") == {F.gelu}
    assert {torch.logsumexp, torch.special.logsumexp, Tensor.logsumexp} == functions_named("logsumexp")
    assert functions_named("__add__") == {Tensor.__add__}


def test_a_name_that_only_exported_programs_use_is_the_aten_op() -> None:
    assert functions_named("_to_copy") == {torch.ops.aten._to_copy}
    assert functions_named("no_such_function") == set()


def test_names_of_types_are_no_functions() -> None:
    assert functions_named("float") == {Tensor.float}


def test_every_name_of_a_function_begins_with_itself() -> None:
    assert every_name_of(Tensor.tanh) == {torch.tanh, Tensor.tanh, F.tanh}

    def own() -> None:
        """No function of torch."""

    assert every_name_of(own) == {own}


def test_the_builtin_of_a_name() -> None:
    assert builtin_named("softmax") is torch.softmax
    assert builtin_named("gelu") is F.gelu
    assert builtin_named("no_such_function") is None


def test_every_entry_of_the_table_is_a_function_with_one_op() -> None:
    assert all(callable(function) for function in TABLE)
    for name in ("softmax", "mul", "mean", "matmul", "sigmoid", "dropout", "cat", "div"):
        assert len({repr(op_of(function)) for function in functions_named(name)}) == 1


def test_an_aten_overload_is_the_op_of_its_torch_function() -> None:
    aten = torch.ops.aten
    assert op_of(aten.add.Tensor) is TABLE[torch.add]
    assert op_of(aten.gelu.default) is TABLE[F.gelu]
    assert op_of(aten.convolution.default) is TABLE[torch.convolution]
    assert op_of(aten.lgamma.default).kind.value == "unknown"


def relevance(function: Function, a: Tensor, seed: Tensor) -> Tensor:
    explanation = lp.LRP(Model(function), presets.Epsilon(0.1), strict=True).explain(
        a, lambda _: seed, audit=True
    )
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) <= 1e-9
    assert isinstance(explanation.relevance, Tensor)
    return explanation.relevance


ATEN = torch.ops.aten
W = torch.linspace(-2, 3, 16, dtype=torch.float64).view(4, 4)
TWINS: dict[str, tuple[Function, Function]] = {
    "add": (lambda a: ATEN.add.Tensor(a, a, alpha=2), lambda a: a + 2 * a),
    "rsub": (lambda a: ATEN.rsub.Scalar(a, 3), lambda a: 3 - a),
    "sum": (lambda a: ATEN.sum.dim_IntList(a, [1]), lambda a: a.sum(1)),
    "view": (lambda a: ATEN.view.default(a, [4, 2]), lambda a: a.view(4, 2)),
    "permute": (lambda a: ATEN.permute.default(a, [1, 0]), lambda a: a.permute(1, 0)),
    "slice": (lambda a: ATEN.slice.Tensor(a, 1, 1, 3), lambda a: a[:, 1:3]),
    "select": (lambda a: ATEN.select.int(a, 1, -1), lambda a: a[:, -1]),
    "index": (lambda a: ATEN.index.Tensor(a, [None, ORDER[0]]), lambda a: a[:, ORDER[0]]),
    "cat": (lambda a: ATEN.cat.default([a, a], 1), lambda a: torch.cat([a, a], 1)),
    "relu": (lambda a: ATEN.relu.default(a), lambda a: a.relu()),
    "max": (lambda a: ATEN.max.dim(a, 1)[0], lambda a: a.max(1)[0]),
    "leaky relu": (lambda a: ATEN.leaky_relu.default(a, 0.2), lambda a: F.leaky_relu(a, 0.2)),
    "softmax": (lambda a: ATEN.softmax.int(a, 0), lambda a: a.softmax(0)),
    "constant pad": (lambda a: ATEN.constant_pad_nd.default(a, [1, 1]), lambda a: F.pad(a, (1, 1))),
    "expand": (lambda a: ATEN.expand.default(a, [3, 2, 4]), lambda a: a.expand(3, 2, 4)),
    "dropout": (lambda a: ATEN.dropout.default(a, 0.5, True) * 1, lambda a: a * 1),
    "detach": (lambda a: a + ATEN.detach.default(a), lambda a: a + a.detach()),
    "where": (lambda a: ATEN.where.self(PICKED, a, -a), lambda a: torch.where(PICKED, a, -a)),
    "mul": (lambda a: ATEN.mul.Tensor(a, a.tanh()), lambda a: a * a.tanh()),
    "mul by a number": (lambda a: ATEN.mul.Scalar(a, 3), lambda a: a * 3),
    "div": (lambda a: ATEN.div.Tensor(a, ORDER + 1), lambda a: a / (ORDER + 1)),
    "bmm": (lambda a: ATEN.bmm.default(a[None], a.mT[None]), lambda a: (a @ a.mT)[None]),
    "linear": (lambda a: ATEN.linear.default(a, W, W[0]), lambda a: F.linear(a, W, W[0])),
    "addmm": (lambda a: ATEN.addmm.default(W[0], a, W), lambda a: torch.addmm(W[0], a, W)),
    "mean": (lambda a: ATEN.mean.dim(a, [-1]), lambda a: a.mean(-1)),
    "sigmoid": (lambda a: ATEN.sigmoid.default(a), torch.sigmoid),
    "silu in place": (lambda a: ATEN.silu_.default(a * 1), lambda a: F.silu(a * 1)),
    "relu in place": (lambda a: ATEN.relu_.default(a * 1), lambda a: (a * 1).relu()),
    "add in place": (lambda a: ATEN.add_.Tensor(a * 1, a), lambda a: a * 1 + a),
    "clone": (lambda a: ATEN.clone.default(a), lambda a: a.clone()),
    "to": (lambda a: ATEN._to_copy.default(a, dtype=torch.float64), lambda a: a * 1),
    "layer norm": (
        lambda a: ATEN.layer_norm.default(a, [4], W[0], W[1]),
        lambda a: F.layer_norm(a, (4,), W[0], W[1]),
    ),
    "stack": (lambda a: ATEN.stack.default([a, a], -1), lambda a: torch.stack([a, a], -1)),
    "split": (lambda a: ATEN.split.Tensor(a, 2, 1)[1], lambda a: a.split(2, 1)[1]),
    "gather": (lambda a: ATEN.gather.default(a, 1, ORDER), lambda a: a.gather(1, ORDER)),
    "upsample": (
        lambda a: ATEN.upsample_nearest1d.vec(a[None], None, [2.0]),
        lambda a: F.interpolate(a[None], scale_factor=2.0),
    ),
    "attention": (
        lambda a: ATEN.scaled_dot_product_attention.default(a, a, a),
        lambda a: F.scaled_dot_product_attention(a, a, a),
    ),
    "max pooling": (
        lambda a: ATEN.max_pool2d_with_indices.default(a[None], [1, 2])[0],
        lambda a: F.max_pool2d(a[None], (1, 2)),
    ),
    "masked fill": (lambda a: ATEN.masked_fill.Scalar(a, PICKED, 0.5), lambda a: a.masked_fill(PICKED, 0.5)),
}


@pytest.mark.parametrize("name", TWINS)
@expected_warnings.LOGITS_BEHIND
def test_an_aten_op_gives_the_map_of_its_torch_function(name: str) -> None:
    exported, plain = TWINS[name]
    (a,) = numbers(FLAT)
    seed = torch.randn_like(plain(a))
    one, other = (relevance(function, a, seed) for function in (exported, plain))
    # two spellings of one product may take two kernels
    torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)
    assert one.any()


@pytest.mark.parametrize(
    "function",
    [
        lambda a, dim: nn.Softmax(dim)(a),
        lambda a, dim: a.softmax(dim=dim),
        lambda a, dim: torch.ops.aten._softmax.default(a, dim, False),
        lambda a, dim: nn.Softmin(dim)(-a),
    ],
)
@pytest.mark.parametrize("dim", [0, 1, 2, -1, -3])
@expected_warnings.LOGITS_BEHIND
def test_softmax_over_any_dimension_by_its_formula(function: Callable[..., Tensor], dim: int) -> None:
    (a,) = numbers((2, 3, 4))
    seed = torch.randn_like(a)
    s = a.exp() / a.exp().sum(dim, keepdim=True)
    out = seed * s
    expected = a * (out - s * out.sum(dim, keepdim=True))  # R_i = a_i (R^s_i - s_i sum_k R^s_k)
    found = relevance(lambda a: function(a, dim), a, seed)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: F.log_softmax(a, -2),
        lambda a: nn.LogSoftmax(0)(a),
        lambda a: torch.special.log_softmax(a, 1),
        lambda a: a.logsumexp(1),
        lambda a: torch.special.logsumexp(a, -1, keepdim=True),
        lambda a: a.logcumsumexp(1),
    ],
)
@expected_warnings.LOGITS_BEHIND
def test_logarithms_of_exponential_sums_by_their_jacobian(function: Callable[..., Tensor]) -> None:
    (a,) = numbers((3, 4))
    seed = torch.randn_like(function(a))
    expected = a * torch.tensordot(seed, torch.autograd.functional.jacobian(function, a), seed.dim())
    found = relevance(function, a, seed)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
