"""Every rule on every affine op against its dense matrix, in float64."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import select
from lrprism.rules import AbstractRule, AlphaBeta, Epsilon, Flat, Gamma, WSquare, ZBox, ZPlus
from oracles import alpha_beta, dense, epsilon, flat, gamma, w_square, without_bias, z_box, z_plus

Layer = tuple[Callable[[bool], nn.Module], tuple[int, ...]]


class Formula(nn.Module):
    """A layer written out in torch calls."""

    def __init__(self, function: Callable[..., Tensor], shape: tuple[int, int], bias: bool) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.randn(3) * bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.weight, self.bias)


def trained_norm(norm: nn.Module, bias: bool) -> nn.Module:
    """A batch norm with statistics and weights of its own; no shift without bias."""
    state = norm.state_dict()
    state["running_mean"] = torch.randn_like(state["running_mean"]) * bias
    state["running_var"] = torch.rand_like(state["running_var"]) + 0.5
    state["weight"] = torch.randn_like(state["weight"])
    state["bias"] = torch.randn_like(state["bias"]) * bias
    norm.load_state_dict(state)
    return norm


LAYERS: dict[str, Layer] = {
    "linear": (lambda bias: nn.Linear(7, 5, bias=bias), (7,)),
    "linear over a sequence": (lambda bias: nn.Linear(4, 3, bias=bias), (3, 4)),
    "conv1d strided": (lambda bias: nn.Conv1d(2, 4, 3, stride=2, padding=1, bias=bias), (2, 7)),
    "conv1d same, even kernel": (lambda bias: nn.Conv1d(2, 3, 4, padding="same", bias=bias), (2, 6)),
    "conv2d dilated groups": (
        lambda bias: nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2, bias=bias),
        (4, 4, 3),
    ),
    "conv2d valid": (lambda bias: nn.Conv2d(2, 3, (2, 3), padding="valid", bias=bias), (2, 4, 4)),
    "conv2d circular": (
        lambda bias: nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular", bias=bias),
        (1, 4, 4),
    ),
    "conv3d": (lambda bias: nn.Conv3d(1, 2, 3, padding=1, bias=bias), (1, 3, 3, 2)),
    "linear over two dimensions": (lambda bias: nn.Linear(3, 2, bias=bias), (2, 2, 3)),
    "matrix product": (lambda bias: Formula(lambda x, w, _: x @ w, (4, 3), bias), (4,)),
    "matrix on the left": (lambda bias: Formula(lambda x, w, _: w @ x, (3, 4), bias), (4, 2)),
    "addmm": (lambda bias: Formula(lambda x, w, b: torch.addmm(b, x, w), (4, 3), bias), (4,)),
    "einsum": (
        lambda bias: Formula(lambda x, w, _: torch.einsum("bic,co->bio", x, w), (4, 3), bias),
        (2, 4),
    ),
    "batch norm": (lambda bias: trained_norm(nn.BatchNorm1d(3), bias), (3, 2)),
    "conv2d with batch norm": (
        lambda bias: nn.Sequential(
            nn.Conv2d(2, 4, 3, groups=2, bias=bias), trained_norm(nn.BatchNorm2d(4), bias)
        ),
        (2, 4, 4),
    ),
    "transposed convolution with batch norm": (
        lambda bias: nn.Sequential(
            nn.ConvTranspose1d(4, 4, 3, groups=2, bias=bias), trained_norm(nn.BatchNorm1d(4), bias)
        ),
        (4, 3),
    ),
    "linear with batch norm": (
        lambda bias: nn.Sequential(nn.Linear(4, 3, bias=bias), trained_norm(nn.BatchNorm1d(3), bias)),
        (4,),
    ),
    "batch norm before a padded convolution": (
        lambda bias: nn.Sequential(
            trained_norm(nn.BatchNorm2d(2), bias), nn.Conv2d(2, 3, 3, padding=1, bias=bias)
        ),
        (2, 4, 4),
    ),
    "batch norm before grouped convolutions": (
        lambda bias: nn.Sequential(
            trained_norm(nn.BatchNorm1d(4), bias), nn.Conv1d(4, 4, 3, groups=2, bias=bias)
        ),
        (4, 5),
    ),
    "batch norm before a transposed convolution": (
        lambda bias: nn.Sequential(
            trained_norm(nn.BatchNorm1d(2), bias), nn.ConvTranspose1d(2, 3, 3, bias=bias)
        ),
        (2, 4),
    ),
    "batch norm before a linear layer": (
        lambda bias: nn.Sequential(trained_norm(nn.BatchNorm1d(4), bias), nn.Linear(4, 3, bias=bias)),
        (4,),
    ),
    "conv_transpose1d": (
        lambda bias: nn.ConvTranspose1d(3, 2, 3, stride=2, output_padding=1, bias=bias),
        (3, 4),
    ),
    "conv_transpose2d": (
        lambda bias: nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, groups=2, bias=bias),
        (2, 2, 3),
    ),
    "conv_transpose3d": (lambda bias: nn.ConvTranspose3d(1, 2, 2, bias=bias), (1, 2, 2, 1)),
}
RULES: dict[str, tuple[AbstractRule, Callable[..., Tensor], float]] = {
    "LRP-0": (Epsilon(0), epsilon, 0),
    "epsilon": (Epsilon(0.1), epsilon, 0.1),
    "epsilon without bias": (Epsilon(0.1, bias=False), without_bias(epsilon), 0.1),
    "gamma": (Gamma(0.25, 1e-3), gamma, 1e-3),
    "gamma without bias": (Gamma(0.25, 1e-3, bias=False), without_bias(gamma), 1e-3),
    "alpha beta": (AlphaBeta(2, 1, 1e-3), alpha_beta, 1e-3),
    "alpha beta without bias": (AlphaBeta(2, 1, 1e-3, bias=False), without_bias(alpha_beta), 1e-3),
    "z plus": (ZPlus(1e-3), z_plus, 1e-3),
    "z plus without bias": (ZPlus(1e-3, bias=False), without_bias(z_plus), 1e-3),
    "z box": (ZBox(-1.0, 2.0, 1e-3), z_box, 1e-3),
    "w square": (WSquare(1e-3), w_square, 1e-3),
    "w square without bias": (WSquare(1e-3, bias=False), without_bias(w_square), 1e-3),
    "flat": (Flat(1e-3), flat, 1e-3),
}
AT_INPUT = {"z box", "w square", "w square without bias", "flat"}
CASES = [
    (layer, rule, bias, signs)
    for layer, rule, bias, signs in product(LAYERS, RULES, [True, False], ["mixed", "positive", "after relu"])
    if not (rule in AT_INPUT and signs == "after relu")
    # a rule that leaves out the bias has none to leave out
    and (bias or "without bias" not in rule)
]
AFFINE = select.kind(select.Kind.CONVOLUTION, select.Kind.LINEAR, select.Kind.NORMALIZATION)


def relevance_of(layer: nn.Module, x: Tensor, rule: AbstractRule, seed: Tensor) -> Tensor:
    found = lp.LRP(layer, [(AFFINE, rule)], strict=True).explain(x, target=lambda _: seed).relevance
    assert isinstance(found, Tensor)
    return found


def inputs_of(shape: tuple[int, ...], signs: str) -> Tensor:
    x = torch.randn(2, *shape, dtype=torch.float64)
    x[0].flatten()[::3] = 0.0
    return {"mixed": x, "positive": x.abs(), "after relu": x}[signs]


@pytest.mark.filterwarnings(
    "ignore:Using padding=.same. with even kernel"
)  # torch, about its own padded copy
@pytest.mark.parametrize(
    ("name", "rule", "bias", "signs"),
    CASES,
)
@expected_warnings.FLAT_ON_A_DENSE_LAYER
@expected_warnings.LITTLE_ARRIVES
@expected_warnings.OUTSIDE_THE_BOX
def test_equals_the_dense_matrix(name: str, rule: str, bias: bool, signs: str) -> None:
    torch.manual_seed(len(name))
    make, shape = LAYERS[name]
    layer = make(bias).double().eval()
    x = inputs_of(shape, signs)
    model = nn.Sequential(nn.ReLU(), layer) if signs == "after relu" else layer
    seed = torch.randn_like(layer(x))
    settings, oracle, eps = RULES[rule]
    found = relevance_of(model, x, settings, seed)
    w, b = dense(layer, shape)
    a = x.relu() if signs == "after relu" else x
    for sample in range(len(x)):
        relevance_out = (seed * layer(a))[sample].flatten().detach()
        expected = oracle(a[sample].flatten(), w.detach(), b.detach(), relevance_out, eps)
        torch.testing.assert_close(found[sample].flatten(), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rule", RULES)
@expected_warnings.FLAT_ON_A_DENSE_LAYER
@expected_warnings.OUTSIDE_THE_BOX
def test_rectified_outputs_equal_the_dense_matrix(rule: str) -> None:
    torch.manual_seed(1)
    settings, oracle, eps = RULES[rule]
    layer, x = nn.Linear(6, 5).double(), torch.randn(4, 6, dtype=torch.float64)
    seed = torch.randn(4, 5, dtype=torch.float64)
    found = relevance_of(nn.Sequential(layer, nn.ReLU()), x, settings, seed)
    w, b = dense(layer, (6,))
    for sample in range(4):
        relevance_out = (seed * layer(x).relu())[sample].detach()
        expected = oracle(x[sample], w.detach(), b.detach(), relevance_out, eps)
        torch.testing.assert_close(found[sample], expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("call", "weight", "shape"),
    [
        (lambda x, w: F.conv2d(input=x, weight=w, padding=1), (3, 2, 3, 3), (2, 5, 5)),
        (lambda x, w: torch.conv2d(x, w, None, (1, 1), (1, 1)), (3, 2, 3, 3), (2, 5, 5)),
        (
            lambda x, w: torch.convolution(x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1),
            (3, 2, 3, 3),
            (2, 5, 5),
        ),
        (lambda x, w: F.linear(x, weight=w), (3, 4), (4,)),
    ],
)
def test_functional_calls_are_seen(
    call: Callable[[Tensor, Tensor], Tensor], weight: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    torch.manual_seed(2)

    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(weight, dtype=torch.float64))

        def forward(self, x: Tensor) -> Tensor:
            return call(x, self.weight)

    model, x = Functional(), torch.randn(1, *shape, dtype=torch.float64)
    found = relevance_of(model, x, Gamma(0.25), torch.ones_like(model(x)))
    w, b = dense(model, shape)
    expected = gamma(x.flatten(), w.detach(), b.detach(), model(x).flatten().detach(), 1e-6)
    torch.testing.assert_close(found.flatten(), expected, rtol=1e-10, atol=1e-10)


def test_a_sample_without_a_batch_in_front_of_a_convolution() -> None:
    torch.manual_seed(3)

    class Unbatched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([self.conv(each) for each in x])

    model, x = Unbatched(), torch.randn(2, 2, 4, 4)
    torch.testing.assert_close(
        lp.explain(model, x, lambda z: z).relevance, lp.explain(model.conv, x, lambda z: z).relevance
    )


def test_one_layer_called_twice_gets_each_call_s_own_rule_and_activations() -> None:
    torch.manual_seed(4)
    layer = nn.Linear(4, 4).double()
    twice, x = nn.Sequential(layer, layer), torch.randn(2, 4, dtype=torch.float64)
    separate = nn.Sequential(layer, nn.Linear(4, 4).double())
    separate[1].load_state_dict(layer.state_dict())
    torch.testing.assert_close(
        lp.explain(twice, x).relevance, lp.explain(separate, x).relevance, rtol=0, atol=0
    )
