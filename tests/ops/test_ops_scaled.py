"""Activations pass relevance unchanged; LRP-ε damps average pooling; pools of the greatest select."""

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
    (found,) = explained(Model(function), a, seed=lambda _: seed)
    close(found, seed * function(a.clone()).detach())


@pytest.mark.parametrize("module", MODULES, ids=repr)
@expected_warnings.LOGITS_BEHIND
def test_a_module_passes_relevance_unchanged(module: nn.Module) -> None:
    (a,) = numbers(FLAT)
    seed = torch.randn_like(a)
    (found,) = explained(Model(module, module), a, seed=lambda _: seed)
    close(found, seed * module.eval()(a.clone()).detach())


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
        (found,) = explained(Model(lambda a: (a / 10).logit()), a)
        close(found, (a / 10).logit())
        return
    passes_unchanged(FUNCTIONS[name], a)


@expected_warnings.LOGITS_BEHIND
@expected_warnings.LITTLE_ARRIVES
def test_nothing_goes_through_an_input_of_zero() -> None:
    # 1 - 1 = 0, sigmoid(0) = 1/2: no contribution to share the half by
    (found,) = explained(Model(lambda a: (a[:, 0] - a[:, 1]).sigmoid()), torch.ones(1, 2).double())
    assert not found.any()


@expected_warnings.LOGITS_BEHIND
def test_an_input_of_zero_loses_what_arrives_there_to_the_rule() -> None:
    a = torch.tensor([[0.0, 2.0]], dtype=torch.float64)
    found = lp.LRP(nn.Sigmoid(), LRP_0, strict=True).explain(a, torch.ones_like, audit=True)
    assert isinstance(found.relevance, Tensor)
    close(found.relevance, torch.tensor([[0.0, torch.tensor(2.0).double().sigmoid()]]).double())
    assert found.audit is not None
    assert found.audit[0].to_rule == pytest.approx(0.5, abs=1e-12)


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
    (found,) = explained(Model(mean), a, composite=presets.Epsilon(eps), seed=lambda _: seed)
    close(found, expected)


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
        (found,) = explained(Model(function), *inputs, seed=lambda _, seed=seed: seed)
        close(found, inputs[0] * torch.tensordot(seed, slope, seed.dim()))


def test_fractional_max_pooling_gives_all_to_the_winners() -> None:
    samples = torch.tensor([[[0.3, 0.4], [0.1, 0.9]]], dtype=torch.float64)
    pool = nn.FractionalMaxPool2d(2, output_size=2, _random_samples=samples)
    (a,) = numbers((1, 2, 5, 5))
    (found,) = explained(Model(pool), a)
    winners = torch.isin(a, pool(a))
    assert winners.sum() == 8
    assert torch.equal(found, torch.where(winners, a, 0))
