"""Elementwise functions of a difference: an entry's relevance is how far the function moved there."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from differences import doubles, drawn, explain_with_gap, relevance_of
from lrprism import presets
from small_models import Model, close

K = drawn(6, seed=5)
_NAMES = """
abs asinh atan celu cos cosh deg2rad elu erf erfc exp exp2 expm1 floor frac gelu hardshrink hardsigmoid
hardswish hardtanh i0 leaky_relu logsigmoid mish neg relu relu6 round selu sigmoid sign silu sin sinc sinh
softplus softshrink softsign square tan tanh tanhshrink trunc
"""
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    name: getattr(torch, name, None) or getattr(F, name) for name in _NAMES.split()
} | {
    "clamp": lambda x: x.clamp(-0.5, 0.5),
    "clamp from below": lambda x: x.clamp(min=-0.3),
    "threshold": lambda x: F.threshold(x, 0.1, -0.3),
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "log": lambda x: (x.abs() + 0.5).log(),
    "log1p": lambda x: torch.log1p(x.abs()),
    "sqrt": lambda x: x.abs().sqrt(),
    "rsqrt": lambda x: (x.abs() + 0.1).rsqrt(),
    "reciprocal": lambda x: (x.abs() + 0.1).reciprocal(),
    "2 / x": lambda x: 2 / (x.abs() + 0.1),
    "x ** 2": lambda x: x**2,
    "x ** 3": lambda x: x**3,
    "x ** -1.5": lambda x: (x.abs() + 0.5) ** -1.5,
    "2 ** x": lambda x: 2.0**x,
    "x ** K": lambda x: (x.abs() + 0.1) ** K,
    "K ** x": lambda x: torch.pow(K.abs(), x),
    "float_power": lambda x: torch.float_power(x, 3),
    "logit": lambda x: x.sigmoid().logit(),
    "asin": lambda x: (x / 9).asin(),
    "remainder": lambda x: x % 1.5,
    "floor_divide": lambda x: x // 0.5,
    "atan2": lambda x: torch.atan2(x, K),
    "xlogy": lambda x: torch.xlogy(K, x.abs() + 0.1),
    "logaddexp": lambda x: torch.logaddexp(x, K),
    "rrelu": lambda x: F.rrelu(x, 0.1, 0.3),
    "relu, then a root": lambda x: x.relu().sqrt(),
    "sigmoid of a square": lambda x: x.square().sigmoid(),
}
"""Functions of which each entry of the result depends on one entry alone."""


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("samples", [1, 3])
def test_relevance_of_an_entry_is_its_change(name: str, samples: int) -> None:
    f, x, r = FUNCTIONS[name], drawn(3, 6), drawn(3, 6, seed=9)[:samples]
    close(relevance_of(f, x, r), f(x) - f(r).expand_as(x))


def test_a_weight_per_channel_counts_as_one() -> None:
    prelu = nn.PReLU(6).double()
    prelu.weight.data = K
    x, r = drawn(3, 6), drawn(1, 6, seed=9)
    close(relevance_of(prelu, x, r), (prelu(x) - prelu(r)).detach())


def test_the_slope_of_the_secant_by_hand() -> None:
    # relu: from -1 to 2 the output grows by 2 over 3; from 1 to 4 by 3 over 3; from -1 to -3 by nothing
    x, r = doubles([[2.0, 4.0, -3.0]]), doubles([[-1.0, 1.0, -1.0]])
    w = doubles([5.0, 7.0, 11.0])
    close(relevance_of(lambda a: (a.relu() * w).sum(1), x, r), doubles([[10.0, 21.0, 0.0]]))


def slopes(f: Callable[[Tensor], Tensor], values: list[float]) -> Tensor:
    """The slopes of a function of ``a + b`` at the values less one, where both runs see equal arguments."""
    x = doubles([values])

    # a grows by one as b shrinks by one: f sees equal arguments, so that relevance is +- the derivative
    ones = torch.ones_like(x)
    of_a, of_b = relevance_of(lambda a, b: f(a + b), (x, -ones), (x - ones, 0.0))
    close(of_a + of_b, torch.zeros_like(x))
    return of_a[0]


def test_between_equal_arguments_it_is_the_derivative() -> None:
    # what f sees is x - 1: tanh' = 1 - tanh^2, exp' = exp, (a^2)' = 2 a
    values = [0.5, 1.0, 3.0]
    seen = doubles(values) - 1
    close(slopes(torch.tanh, values), 1 - seen.tanh().square())
    close(slopes(torch.exp, values), seen.exp())
    close(slopes(lambda a: a**2, values), 2 * seen)
    close(slopes(torch.relu, values), (seen > 0).double())


def test_a_root_stays_finite_where_nothing_changes_at_zero() -> None:
    x, r = doubles([[0.0, 4.0]]), doubles([[0.0, 1.0]])
    for root in (torch.sqrt, lambda a: a**0.5, lambda a: a.norm(dim=1), torch.rsqrt):
        function = (lambda a: (a + 1).rsqrt()) if root is torch.rsqrt else root
        relevance = relevance_of(function, x, r)
        assert relevance.isfinite().all()
        assert relevance[0, 0] == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["sigmoid", "gelu", "exp", "softplus", "tanh"])
def test_near_arguments_do_not_cancel(name: str, dtype: torch.dtype) -> None:
    # next to each other in the type: the difference of the values is nothing but rounding
    x = torch.linspace(0.5, 4, 8, dtype=dtype)[None]
    r = torch.nextafter(x, torch.full_like(x, 9))
    f = FUNCTIONS[name]
    relevance = lp.LRP(Model(f), presets.Epsilon(0)).explain(x, torch.ones_like, reference=r).relevance
    a = x.double().requires_grad_()
    (slope,) = torch.autograd.grad(f(a).sum(), a)
    expected = slope * (x.double() - r.double())
    # the derivative itself is 1 - tanh^2, which cancels where tanh is nearly one
    torch.testing.assert_close(
        relevance.double(), expected, rtol=2 * math.sqrt(torch.finfo(dtype).eps), atol=0
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_rounds_once(dtype: torch.dtype) -> None:
    x, r = drawn(3, 6).to(dtype), drawn(3, 6, seed=9).to(dtype)
    relevance = (
        lp.LRP(Model(torch.sigmoid), presets.Epsilon(0)).explain(x, torch.ones_like, reference=r).relevance
    )
    assert relevance.dtype is dtype
    expected = x.double().sigmoid() - r.double().sigmoid()
    torch.testing.assert_close(relevance.double(), expected, rtol=0.02, atol=4 * torch.finfo(dtype).eps)


def test_a_piecewise_linear_function_is_exact_for_the_smallest_change() -> None:
    x, r = torch.tensor([[1.0 + 2**-23, 3.0]]), torch.tensor([[1.0, -3.0]])
    relevance = lp.LRP(nn.ReLU(), presets.Epsilon(0)).explain(x, torch.ones_like, reference=r).relevance
    assert relevance.tolist() == [[2**-23, 3.0]]


def of_complex(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda x: f(torch.complex(x, x.sin()))


@pytest.mark.parametrize(
    "f", [torch.abs, lambda z: z.exp().real, lambda z: z.tanh().imag, lambda z: (z * z.conj()).real]
)
def test_complex_numbers_share_their_change(f: Callable[[Tensor], Tensor]) -> None:
    x, r = drawn(3, 6), drawn(3, 6, seed=9)
    # real and imaginary part come from one entry, so that its relevance is the change there
    close(relevance_of(of_complex(f), x, r), of_complex(f)(x) - of_complex(f)(r))


def test_a_function_of_two_live_arguments_without_a_way_is_named() -> None:
    x, r = drawn(3, 6), drawn(1, 6, seed=9)
    explanation, lost, messages = explain_with_gap(lambda a: torch.xlogy(a, a.abs() + 1), x, r)
    assert any("no rule is known for xlogy in (model)" in message for message in messages)
    assert any("relevance of a difference should add up to f(x) - f(reference)" in text for text in messages)
    assert lost == {"xlogy": pytest.approx(float(explanation.change.sum() - explanation.relevance.sum()))}
    assert abs(lost["xlogy"]) > 0.1


def test_a_random_mask_is_off_in_both_runs() -> None:
    x, r = drawn(3, 6), drawn(1, 6, seed=9)
    close(relevance_of(lambda a: F.dropout(a, 0.5), x, r), x - r)


@pytest.mark.parametrize("f", [torch.sin, torch.cos, torch.tan, torch.sinc])
def test_a_wave_turns_as_fast_far_from_zero(f: Callable[[Tensor], Tensor]) -> None:
    # in float32, a third of a turn is no more than the tolerance of 1000: the secant gives all of the change
    x = 1000 + torch.linspace(0, 1, 6)[None]
    r = x - 0.3
    relevance = lp.LRP(Model(f), presets.Epsilon(0)).explain(x, torch.ones_like, reference=r).relevance
    torch.testing.assert_close(relevance, f(x) - f(r), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", [lambda x: x % 0.5, lambda x: torch.fmod(x, 0.5), lambda x: x // 0.5])
def test_a_jump_between_near_arguments_is_all_of_the_change(f: Callable[[Tensor], Tensor]) -> None:
    # a multiple of 0.5 lies between them
    x, r = torch.tensor([[900.0001]]), torch.tensor([[899.9999]])
    relevance = lp.LRP(Model(f), presets.Epsilon(0)).explain(x, torch.ones_like, reference=r).relevance
    assert abs(float(f(x) - f(r))) > 0.2
    torch.testing.assert_close(relevance, f(x) - f(r), rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x // 0.5,
        lambda x: torch.floor_divide(x, 0.5),
        lambda x: torch.heaviside(x, torch.tensor(0.5).double()),
        lambda x: torch.div(x, 0.5, rounding_mode="floor"),
    ],
)
def test_a_step_between_equal_arguments_has_no_slope(f: Callable[[Tensor], Tensor]) -> None:
    # torch has no derivative of some of them
    x, r = doubles([[0.7, 1.2, -0.7]]), doubles([[0.7, -0.2, -0.7]])
    close(relevance_of(f, x, r), f(x) - f(r))


def test_a_power_that_widens_its_argument() -> None:
    x = torch.tensor([[1.0, 2.0]])
    r = x + torch.tensor([[0.0, 1.0]])
    relevance = (
        lp.LRP(Model(lambda a: a.float_power(2)), presets.Epsilon(0))
        .explain(x, torch.ones_like, reference=r)
        .relevance
    )
    assert relevance.tolist() == [[0.0, -5.0]]
