"""Every rule on every affine op on differences against its dense matrix, in float64.

A rule's formula holds with the difference of the input for the input, that of the output for the output, and
without a bias. What z+ and alpha-beta say of positive contributions holds for those of the sign of the
difference.
"""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from differences import check_sum, doubles, drawn, explain_difference, relevance_of
from expected_warnings import FLAT_ON_A_DENSE_LAYER, NOT_IN_FULL, OUTSIDE_THE_BOX
from lrprism import select
from lrprism.rules import AbstractRule, AlphaBeta, Epsilon, Flat, Gamma, WSquare, ZBox, ZPlus
from oracles import dense, epsilon, flat, gamma, w_square, z_box
from small_models import close

EPS = 1e-3
LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "linear": (lambda: nn.Linear(7, 5), (7,)),
    "linear over a sequence": (lambda: nn.Linear(4, 3), (3, 4)),
    "conv1d strided": (lambda: nn.Conv1d(2, 4, 3, stride=2, padding=1), (2, 7)),
    "conv1d circular": (lambda: nn.Conv1d(2, 3, 3, padding=1, padding_mode="circular"), (2, 6)),
    "conv2d dilated groups": (lambda: nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2), (4, 5, 4)),
    "conv3d": (lambda: nn.Conv3d(1, 3, 3, padding=1), (1, 3, 3, 3)),
    "conv_transpose2d": (lambda: nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1, groups=2), (2, 3, 3)),
    "batch norm": (lambda: nn.BatchNorm1d(3), (3, 2)),
}


def by_sign(share_own: float, share_other: float) -> Callable[..., Tensor]:
    """Contributions of the sign of ``z`` share ``share_own`` of the relevance, the others ``share_other``."""

    def share(a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float) -> Tensor:
        del b
        result = torch.zeros_like(a)
        for j in range(w.shape[1]):
            contributions = a * w[:, j]
            sign = 1.0 if contributions.sum() >= 0 else -1.0
            # where nothing speaks against the difference, what speaks for it has all
            is_opposed = bool((contributions * sign < 0).any())
            for wanted, part in ((sign, share_own if is_opposed else 1.0), (-sign, share_other)):
                of_sign = torch.where(contributions * wanted > 0, contributions, 0)
                result += part * of_sign * relevance[j] / (of_sign.sum() + eps * wanted)
        return result

    return share


RULES: dict[str, tuple[AbstractRule, Callable[..., Tensor]]] = {
    "LRP-0": (Epsilon(0), lambda a, w, b, r, _: epsilon(a, w, b, r, 0)),
    "epsilon": (Epsilon(EPS), epsilon),
    "epsilon that is large": (Epsilon(0.5), lambda a, w, b, r, _: epsilon(a, w, b, r, 0.5)),
    "gamma": (Gamma(0.25, EPS), gamma),
    "gamma of 1": (Gamma(1.0, EPS), lambda a, w, b, r, eps: gamma(a, w, b, r, eps, 1.0)),
    "z plus": (ZPlus(EPS), by_sign(1.0, 0.0)),
    "alpha beta": (AlphaBeta(2, 1, EPS), by_sign(2.0, -1.0)),
    "w square": (WSquare(EPS), w_square),
    "flat": (Flat(EPS), flat),
}
AFFINE = select.kind(select.Kind.CONVOLUTION, select.Kind.LINEAR, select.Kind.NORMALIZATION)


def make(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    layer, shape = LAYERS[name][0]().double().eval(), LAYERS[name][1]
    for number, tensor in enumerate([*layer.parameters(), *layer.buffers()]):
        if tensor.is_floating_point():
            tensor.data = drawn(*tensor.shape, seed=60 + number)
    if isinstance(layer, nn.BatchNorm1d):
        layer.running_var.abs_().add_(0.5)
    return layer, shape


@pytest.mark.parametrize(("name", "rule"), list(product(LAYERS, RULES)))
@pytest.mark.parametrize("samples", [1, 2])
@NOT_IN_FULL  # a stabiliser keeps a share
@FLAT_ON_A_DENSE_LAYER
def test_a_rule_holds_on_differences(name: str, rule: str, samples: int) -> None:
    layer, shape = make(name)
    x, r = drawn(2, *shape), drawn(2, *shape, seed=9)[:samples]
    entry, oracle = RULES[rule]
    with torch.no_grad():
        z, z_r = layer(x), layer(r)
        w, _ = dense(layer, shape)
    k = drawn(*z.shape[1:], seed=3)
    explanation = explain_difference(
        layer, x, r, [(AFFINE, entry)], target=lambda output: k.expand_as(output)
    )
    for n in range(2):
        change = (x - r)[n].flatten()
        at_output = ((z - z_r)[n] * k).flatten()
        expected = oracle(change, w, torch.zeros(w.shape[1]).double(), at_output, EPS)
        close(explanation.relevance[n].flatten(), expected)
    assert explanation.audit is not None
    assert not any(row.to_bias for row in explanation.audit)


@OUTSIDE_THE_BOX
@NOT_IN_FULL
def test_a_box_counts_the_input_itself() -> None:
    layer, shape = make("linear")
    x, r = drawn(2, *shape), drawn(1, *shape, seed=9)
    w, _ = dense(layer, shape)
    relevance = explain_difference(layer, x, r, [(AFFINE, ZBox(-1.0, 2.0, EPS))]).relevance
    for n in range(2):
        change = ((x - r) @ w)[n].detach()
        close(relevance[n], z_box(x[n], w.detach(), torch.zeros(5).double(), change, EPS))


@pytest.mark.parametrize("rule", ["LRP-0", "epsilon", "gamma", "gamma of 1", "z plus", "alpha beta"])
@NOT_IN_FULL
def test_a_layer_before_a_relu_counts_where_the_relu_is_shut(rule: str) -> None:
    # the output of the layer may be negative in one run, so that the positive part alone does not do
    layer, shape = make("linear")
    x, r = drawn(2, *shape), drawn(1, *shape, seed=9)
    entry, oracle = RULES[rule]
    relevance = explain_difference(nn.Sequential(layer, nn.ReLU()), x, r, [(AFFINE, entry)]).relevance
    w, _ = dense(layer, shape)
    with torch.no_grad():
        at_output = layer(x).relu() - layer(r).relu()
        for n in range(2):
            expected = oracle((x - r)[n], w, torch.zeros(5).double(), at_output[n], EPS)
            close(relevance[n], expected)


def test_the_rules_by_hand() -> None:
    # w = (2, -1, 1) and b = 7; the input grows by (3, 1, -1), so that z grows by 6 - 1 - 1 = 4
    layer = nn.Linear(3, 1).double()
    layer.weight.data, layer.bias.data = doubles([[2.0, -1.0, 1.0]]), doubles([7.0])
    x, r = doubles([[4.0, 3.0, 1.0]]), doubles([[1.0, 2.0, 2.0]])

    def share(rule: AbstractRule) -> list[float]:
        relevance: Tensor = relevance_of(layer, x, r, [(AFFINE, rule)])
        return [round(value, 12) for value in relevance[0].tolist()]

    assert share(Epsilon(0)) == [6.0, -1.0, -1.0]
    # gamma 1: (12, -1, -1) over 10, of 4
    assert share(Gamma(1.0, 0)) == [4.8, -0.4, -0.4]
    # the one that speaks for the growth has all of it
    assert share(ZPlus(0)) == [4.0, 0.0, 0.0]
    # twice for the first, once away from the others
    assert share(AlphaBeta(2, 1, 0)) == [8.0, -2.0, -2.0]


def test_the_rules_by_hand_where_the_output_falls() -> None:
    # the same layer, input and reference in each other's place: z falls by 4, all relevance turns its sign
    layer = nn.Linear(3, 1).double()
    layer.weight.data, layer.bias.data = doubles([[2.0, -1.0, 1.0]]), doubles([7.0])
    r, x = doubles([[4.0, 3.0, 1.0]]), doubles([[1.0, 2.0, 2.0]])
    for rule, expected in (
        (Epsilon(0), [-6.0, 1.0, 1.0]),
        (Gamma(1.0, 0), [-4.8, 0.4, 0.4]),
        (ZPlus(0), [-4.0, 0.0, 0.0]),
        (AlphaBeta(2, 1, 0), [-8.0, 2.0, 2.0]),
    ):
        close(relevance_of(layer, x, r, [(AFFINE, rule)]), doubles([expected]))


def test_exchanging_input_and_reference_turns_every_sign() -> None:
    model = nn.Sequential(nn.Conv1d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2)).double()
    x, r = drawn(2, 2, 6), drawn(2, 2, 6, seed=9)
    for rule in (Epsilon(0), Gamma(0.25, 0), ZPlus(0), AlphaBeta(2, 1, 0)):
        there, back = (
            explain_difference(model, *pair, [(AFFINE, rule)]).relevance for pair in ((x, r), (r, x))
        )
        close(there, -back)


CONVOLUTION, OTHERS = select.kind(select.Kind.CONVOLUTION), ~select.kind(select.Kind.CONVOLUTION)


@pytest.mark.parametrize("rule", [Gamma(0.25, 0), AlphaBeta(2, 1, 0)])
def test_a_norm_behind_a_convolution_is_an_op_of_its_own(rule: AbstractRule) -> None:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(4).double().eval()
    norm.running_mean.copy_(drawn(4))
    norm.running_var.copy_(drawn(4, seed=1).abs() + 0.5)
    layers = nn.Conv2d(2, 4, 3).double(), norm, nn.ReLU(), nn.Flatten(), nn.Linear(64, 2).double()
    x = drawn(2, 2, 6, 6)
    explanation = explain_difference(
        nn.Sequential(*layers), x, x.flip(0) / 2, [(CONVOLUTION, rule), (OTHERS & AFFINE, Epsilon(0))]
    )
    check_sum(explanation)
    assert explanation.audit is not None
    assert [row.op for row in explanation.audit][:2] == ["conv2d", "batch_norm"]
