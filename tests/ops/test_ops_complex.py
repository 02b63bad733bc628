"""Complex numbers: relevance is ``Re(conj(a) g)``, and what asks for a sign is refused."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets, rules, select
from small_models import LRP_0, Model


def numbers(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(sum(shape)))


W = numbers(5, 9, dtype=torch.cdouble)
KERNEL = numbers(4, 3, 3, dtype=torch.cdouble)
LINEAR: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: F.linear(torch.fft.rfft(x), W).real,
    "matmul": lambda x: (torch.fft.rfft(x) @ W.t()).imag,
    "conjugated weight": lambda x: (torch.fft.rfft(x) @ W.mH).imag,
    "weight first": lambda x: (W @ torch.fft.rfft(x).T).real,
    "einsum": lambda x: torch.einsum("bf,of->bo", torch.fft.rfft(x), W).real,
    "product": lambda x: (torch.fft.rfft(x) * W[0]).real,
    "quotient": lambda x: (torch.fft.rfft(x) / W[0]).real,
    "conj": lambda x: torch.view_as_real(torch.fft.rfft(x).conj().resolve_conj() * W[0]),
    "conj_physical": lambda x: (torch.fft.rfft(x).conj_physical() @ W.t()).real,
    "convolution": lambda x: F.conv1d(torch.fft.fft(x).view(2, 2, 8)[:, :1].expand(-1, 3, -1), KERNEL).real,
    "transposed": lambda x: F.conv_transpose1d(torch.fft.fft(x).view(2, 4, 4), KERNEL).real,
    "hfft": lambda x: torch.fft.hfft(torch.complex(x, x.flip(1))),
    "ihfft": lambda x: torch.fft.ihfft(x).imag,
}


@pytest.mark.parametrize("composite", [LRP_0, presets.AttnLRP(), presets.CPLRP()])
@pytest.mark.parametrize("function", LINEAR.values(), ids=LINEAR)
def test_complex_linear_ops_conserve(function: Callable[[Tensor], Tensor], composite: Any) -> None:
    x = numbers(2, 16)
    eps = presets.Epsilon(0) if composite is not LRP_0 else composite
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(leaf).sum(), leaf)
    explanation = lp.LRP(Model(function), eps, strict=True).explain(x, torch.ones_like, audit=True)
    torch.testing.assert_close(explanation.relevance, x * gradient)
    torch.testing.assert_close(explanation.relevance.sum(), function(x).sum())
    assert abs(explanation.audit.unaccounted) < 1e-9
    other = lp.LRP(Model(function), composite, strict=True).explain(x, torch.ones_like, audit=True)
    assert abs(other.audit.unaccounted) < 1e-9


def test_epsilon_damps_a_complex_sum_by_its_modulus() -> None:
    a, w, b = numbers(2, 3, dtype=torch.cdouble), numbers(4, 3, dtype=torch.cdouble), numbers(4).cdouble()

    def function(r: Tensor) -> Tensor:
        return F.linear(torch.view_as_complex(r), w, b).real

    z = a @ w.T + b
    s = z.abs() / (z.abs() + 0.1)
    expected = torch.view_as_real(a) * torch.view_as_real(s.cdouble() @ w.conj())
    for audit in (True, False):
        explanation = lp.LRP(Model(function), presets.Epsilon(0.1)).explain(
            torch.view_as_real(a), torch.ones_like, audit=audit
        )
        torch.testing.assert_close(explanation.relevance, expected)
    audited = lp.LRP(Model(function), presets.Epsilon(0.1)).explain(
        torch.view_as_real(a), torch.ones_like, audit=True
    )
    assert abs(audited.audit.unaccounted) < 1e-9


PASSING: dict[str, Callable[[Tensor], Tensor]] = {
    "abs": lambda x: torch.fft.rfft(x).abs(),
    "power": lambda x: torch.fft.rfft(x).abs().square(),
    "autocorrelation": lambda x: torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(x).conj(), n=16),
    "angle": lambda x: torch.fft.fft(x)[:, 1:3].angle(),
    "atan2": lambda x: torch.atan2(x[:, :8], x[:, 8:]),
    "tanh": lambda x: torch.fft.rfft(x).tanh().real,
    "hypot": lambda x: torch.hypot(x[:, :8], x[:, 8:]),
    "polar": lambda x: torch.polar(x[:, :8].abs(), x[:, 8:]).imag,
    "two spectra": lambda x: (torch.fft.rfft(x) * torch.fft.rfft(x.flip(1).tanh())).imag,
    "spectra by einsum": lambda x: (
        torch.einsum("bf,bf->b", torch.fft.rfft(x), torch.fft.rfft(x.flip(0))).real
    ),
}


@pytest.mark.parametrize("function", PASSING.values(), ids=PASSING)
def test_complex_functions_conserve(function: Callable[[Tensor], Tensor]) -> None:
    x = numbers(2, 16)
    explanation = lp.LRP(Model(function), LRP_0, strict=True).explain(x, torch.ones_like, audit=True)
    torch.testing.assert_close(explanation.relevance.sum(), function(x).sum())
    assert abs(explanation.audit.unaccounted) < 1e-9
    plain = lp.LRP(Model(function), LRP_0).explain(x, torch.ones_like)
    torch.testing.assert_close(plain.relevance, explanation.relevance)


def test_an_angle_has_one_map_however_it_is_written() -> None:
    # the angle's relevance passes to the number it is of: shares x² / |z|² and y² / |z|²
    x, y = numbers(2, 3), numbers(3, 2).T
    explanation = lp.LRP(Model(torch.atan2), LRP_0, strict=True).explain((y, x), torch.ones_like)
    angle, square = torch.atan2(y, x), x**2 + y**2
    torch.testing.assert_close(explanation.relevance, (angle * y**2 / square, angle * x**2 / square))


@pytest.mark.parametrize("rule", [rules.Flat(), rules.WSquare(), rules.ZBox(-1, 1)], ids=repr)
def test_rules_of_the_first_op_never_meet_complex_weights(rule: Any) -> None:
    w = numbers(2, 3, dtype=torch.cdouble)
    model = Model(lambda x: F.linear(torch.complex(x, x), w).real)
    with pytest.raises(lp.RuleError, match="should serve the first op behind an input"):
        lp.LRP(model, [(select.kind(select.Kind.LINEAR), rule)]).explain(numbers(2, 3), torch.ones_like)


@pytest.mark.parametrize("rule", [rules.Gamma(), rules.ZPlus(), rules.AlphaBeta()], ids=repr)
def test_rules_that_ask_for_a_sign_refuse_complex_weights(rule: Any) -> None:
    layer = nn.Linear(3, 2, dtype=torch.cdouble)
    model = Model(lambda x: F.linear(torch.view_as_complex(x), layer.weight.detach()).real)
    explainer = lp.LRP(model, [(select.kind(select.Kind.LINEAR), rule)])
    with pytest.raises(
        lp.RuleError, match=r"real, dense numbers.* complex128 in linear.* Give this layer Epsilon"
    ):
        explainer.explain(numbers(2, 3, 2), torch.ones_like)


def test_rules_that_ask_for_a_sign_refuse_sparse_weights() -> None:
    weight = torch.eye(3, dtype=torch.float64).to_sparse()
    model = Model(lambda x: torch.sparse.mm(weight, x.T).T)
    explainer = lp.LRP(model, [(select.kind(select.Kind.LINEAR), rules.Gamma())])
    with pytest.raises(lp.RuleError, match="sparse float64"):
        explainer.explain(numbers(2, 3), torch.ones_like)


def test_pass_keeps_each_complex_entry() -> None:
    w = numbers(3, 3, dtype=torch.cdouble)
    model = Model(lambda x: F.linear(torch.view_as_complex(x), w).real)
    a = numbers(2, 3, 2)
    explainer = lp.LRP(model, [(select.kind(select.Kind.LINEAR), rules.Pass())])
    explanation = explainer.explain(a, torch.ones_like)
    torch.testing.assert_close(explanation.relevance.sum(-1), (torch.view_as_complex(a) @ w.T).real)
