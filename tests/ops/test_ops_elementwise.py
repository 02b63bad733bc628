"""Activations pass relevance unchanged."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets
from small_models import LRP_0, Function, Model, close, explained, numbers

FLAT = (3, 4)
MODULES = [
    nn.ELU(), nn.Hardshrink(), nn.Hardsigmoid(), nn.Hardtanh(), nn.Hardswish(), nn.LogSigmoid(), nn.ReLU6(),
    nn.SELU(), nn.CELU(), nn.GELU(), nn.GELU("tanh"), nn.Sigmoid(), nn.SiLU(), nn.Mish(), nn.Softplus(),
    nn.Softshrink(), nn.Softsign(), nn.Tanh(), nn.Tanhshrink(), nn.Threshold(0.1, 2.0), nn.ReLU(),
    nn.LeakyReLU(0.3), nn.PReLU().double(), nn.RReLU(), nn.ELU(inplace=True), nn.Hardtanh(inplace=True),
]  # fmt: skip
NAMES = """
    abs exp expm1 sin cos tan tanh sigmoid sinh cosh asinh atan sinc erf erfc exp2 square sign frac relu selu
    deg2rad rad2deg arctan arcsinh nan_to_num hardshrink i0
"""
POSITIVE = "log log2 log10 log1p sqrt acosh"
FUNCTIONS: dict[str, Function] = {
    "F.gelu by keywords": lambda a: F.gelu(input=a, approximate="tanh"),
    "torch.clamp by keywords": lambda a: torch.clamp(input=a, min=-0.5, max=0.5),
    "clip": lambda a: a.clip(max=0.3),
    "a ** 3": lambda a: a**3,
    "pow with a tensor": lambda a: a.square().pow(torch.tensor(1.5)),
    "float_power": lambda a: a.float_power(2),
    "logit": lambda a: (0.2 * a.tanh() + 0.5).logit() * 1,
    "silu_": lambda a: F.silu(1 * a, inplace=True),
    "sigmoid_": lambda a: (1 * a).sigmoid_(),
    "abs()": lambda a: abs(a),
    "threshold": lambda a: F.threshold(a, 0.1, 2.0),
    "softplus with beta": lambda a: F.softplus(a, beta=2.0, threshold=1.0),
    "aten": lambda a: torch.ops.aten.gelu.default(a, approximate="tanh"),
    "aten power": lambda a: torch.ops.aten.pow.Tensor_Scalar(a, 3),
    "aten hardtanh": lambda a: torch.ops.aten.hardtanh.default(a, -0.5, 0.5),
}


def passes_unchanged(function: Function, a: Tensor) -> None:
    seed = torch.randn_like(a)
    (relevance,) = explained(Model(function), a, seed=lambda _: seed)
    close(relevance, seed * function(a.clone()).detach())


@pytest.mark.parametrize("module", MODULES, ids=repr)
@expected_warnings.LOGITS_BEHIND
def test_a_module_passes_relevance_unchanged(module: nn.Module) -> None:
    (a,) = numbers(FLAT)
    seed = torch.randn_like(a)
    (relevance,) = explained(Model(module, module), a, seed=lambda _: seed)
    close(relevance, seed * module.eval()(a.clone()).detach())


@pytest.mark.parametrize("name", NAMES.split())
@expected_warnings.LOGITS_BEHIND
def test_a_function_and_its_method_pass_relevance_unchanged(name: str) -> None:
    (a,) = numbers(FLAT)
    passes_unchanged(getattr(torch, name), a)
    passes_unchanged(lambda a: getattr(a, name)() if hasattr(a, name) else getattr(torch, name)(a), a)


@pytest.mark.parametrize("name", POSITIVE.split())
def test_a_function_of_positive_numbers_passes_relevance_unchanged(name: str) -> None:
    (a,) = numbers(FLAT)
    passes_unchanged(getattr(torch, name), a.abs() + 1.1)


@pytest.mark.parametrize("name", FUNCTIONS)
@expected_warnings.LOGITS_BEHIND
def test_however_it_is_called_relevance_passes_unchanged(name: str) -> None:
    (a,) = numbers(FLAT)
    if name == "logit":
        a = a.abs()
        (relevance,) = explained(Model(lambda a: (a / 10).logit()), a)
        close(relevance, (a / 10).logit())
        return
    passes_unchanged(FUNCTIONS[name], a)


@expected_warnings.LOGITS_BEHIND
@expected_warnings.LITTLE_ARRIVES
def test_nothing_goes_through_an_input_of_zero() -> None:
    # 1 - 1 = 0, sigmoid(0) = 1/2: no contribution to share the half by
    (relevance,) = explained(Model(lambda a: (a[:, 0] - a[:, 1]).sigmoid()), torch.ones(1, 2).double())
    assert not relevance.any()


@expected_warnings.LOGITS_BEHIND
def test_an_input_of_zero_loses_what_arrives_there_to_the_rule() -> None:
    a = torch.tensor([[0.0, 2.0]], dtype=torch.float64)
    explanation = lp.LRP(nn.Sigmoid(), LRP_0, strict=True).explain(a, torch.ones_like, audit=True)
    assert isinstance(explanation.relevance, Tensor)
    close(explanation.relevance, torch.tensor([[0.0, torch.tensor(2.0).double().sigmoid()]]).double())
    assert explanation.audit is not None
    assert explanation.audit[0].to_rule == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("function", [lambda a, b: a.clamp(max=b), lambda a, b: a**b])
def test_an_activation_with_two_live_arguments_has_no_rule(function: Function) -> None:
    a, b = numbers(FLAT, FLAT)
    with pytest.raises(lp.ModelError, match=r"no rule is known for (clamp|pow) in \(model\)"):
        explained(Model(function), a.abs(), b.abs())


@pytest.mark.parametrize("exponent", [-1, -0.5, torch.tensor(-2.0)])
def test_a_negative_power_is_a_scale(exponent: float | Tensor) -> None:
    a, b = numbers(FLAT, FLAT)
    a = a.abs() + 0.5
    model = Model(lambda a, b: a.pow(exponent) * b)
    assert "stopped" in {row.kind for row in lp.LRP(model).plan((a, b))}
    of_a, of_b = explained(model, a, b, composite=presets.AttnLRP())
    assert not of_a.any()
    close(of_b, b * a.pow(exponent))
