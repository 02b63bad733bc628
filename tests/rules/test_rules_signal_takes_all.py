import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import lrprism as lp
from lrprism import select
from lrprism.rules import Gating, SignalTakesAll
from small_models import Model

PRODUCTS = select.kind(select.Kind.PRODUCT, select.Kind.ATTENTION)


def relevance(function: Callable[..., Tensor], *inputs: list[object]) -> list[object]:
    """Relevance of each input, where every output is explained."""
    tensors = tuple(torch.tensor([numbers], dtype=torch.float64) for numbers in inputs)
    explainer = lp.LRP(Model(function), [(PRODUCTS, SignalTakesAll())], strict=True)
    relevance = explainer.explain(tensors, target=torch.ones_like).relevance
    return [tensor[0].tolist() for tensor in relevance]


# x = (4, -2) and the gate of y = (ln 3, -ln 3): sigmoid(y) = (3/4, 1/4), softmax(y) = (9/10, 1/10)
X, Y = [4.0, -2.0], [math.log(3), -math.log(3)]


@pytest.mark.parametrize(
    ("function", "signal"),
    [
        (lambda x, y: x * y.sigmoid(), [3.0, -1 / 2]),
        (lambda x, y: F.sigmoid(y).mul(x), [3.0, -1 / 2]),
        (lambda x, y: x * (1 - y.sigmoid()), [1.0, -3 / 2]),
        (lambda x, y: x * y.softmax(1), [18 / 5, -1 / 5]),
        (lambda x, y: x.relu() * F.hardsigmoid(6 * y), [4.0, 0.0]),
        (lambda x, y: x.relu() * y.sigmoid(), [3.0, 0.0]),
        (lambda x, y: x * y.relu(), [4 * math.log(3), 0.0]),
        (lambda x, y: (x.unsqueeze(2) * y.sigmoid().unsqueeze(2).expand(-1, -1, 2))[:, :, 0], [3.0, -1 / 2]),
    ],
)
def test_the_signal_gets_all(function: Callable[..., Tensor], signal: list[float]) -> None:
    x, y = relevance(function, X, Y)
    assert x == pytest.approx(signal, rel=1e-12)
    assert y == [0.0, 0.0]


@pytest.mark.parametrize(
    "function", [lambda x, y: x * y, lambda x, y: x.sigmoid() * y.sigmoid(), lambda x, y: x.relu() * y.tanh()]
)
def test_factors_that_are_equally_like_a_gate_share_equally(function: Callable[..., Tensor]) -> None:
    x, y = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.tensor([[3.0, -1.0]], dtype=torch.float64)
    halves = pytest.approx((function(x, y) / 2)[0].tolist(), rel=1e-12)
    assert relevance(function, [1.0, 2.0], [3.0, -1.0]) == [halves, halves]


@pytest.mark.parametrize("function", [lambda x: x * x.sigmoid(), lambda x: x.sigmoid() * x])
def test_a_signal_that_gates_itself_keeps_its_relevance(function: Callable[..., Tensor]) -> None:
    # silu((ln 3, -ln 3)) = (3/4 ln 3, -1/4 ln 3)
    (result,) = relevance(function, Y)
    assert result == pytest.approx([0.75 * math.log(3), -0.25 * math.log(3)], rel=1e-12)


def test_is_the_rule_of_a_product_that_a_composite_does_not_mention() -> None:
    x, y = (torch.tensor([numbers], dtype=torch.float64) for numbers in (X, Y))
    explainer = lp.LRP(Model(lambda x, y: x * y.sigmoid()), [])
    (row,) = [row for row in explainer.plan((x, y)) if row.kind == "product"]
    assert (row.rule, row.why) == ("SignalTakesAll()", "default for products")
    relevance = explainer.explain((x, y), target=torch.ones_like).relevance
    assert relevance[0][0].tolist() == pytest.approx([3.0, -1 / 2], rel=1e-12)


def test_hand_worked_product_of_attention_weights_and_values() -> None:
    # scores (ln 2, 0): A = (2/3, 1/3), V = ((3, 0), (6, 9)): O = (4, 3), R_V = A V = ((2, 0), (2, 3))
    scores, value = relevance(lambda s, v: s.softmax(-1) @ v, [[math.log(2), 0.0]], [[3.0, 0.0], [6.0, 9.0]])
    assert value == [pytest.approx([2.0, 0.0], rel=1e-12), pytest.approx([2.0, 3.0], rel=1e-12)]
    assert scores == [[0.0, 0.0]]


def test_in_attention_the_value_gets_all() -> None:
    # q = 1, k = (ln 2, 0): A = (2/3, 1/3), v = (3, 6): R_V = (2, 2)
    q, k, v = relevance(F.scaled_dot_product_attention, [[[1.0]]], [[[math.log(2)], [0.0]]], [[[3.0], [6.0]]])
    assert v == [[pytest.approx([2.0], rel=1e-12)] * 2]
    assert (q, k) == ([[[0.0]]], [[[0.0], [0.0]]])


@pytest.mark.parametrize(
    ("gatings", "shares"),
    [
        ([Gating.NONE, Gating.ACTIVATION], (1.0, 0.0)),
        ([Gating.GATE, Gating.ACTIVATION], (0.0, 1.0)),
        ([Gating.GATE, Gating.GATE], (1 / 2, 1 / 2)),
        ([Gating.NONE, Gating.GATE, Gating.NONE], (1 / 2, 0.0, 1 / 2)),
        ([Gating.SELF, Gating.GATE], (0.0, 1.0)),
    ],
)
def test_shares_add_up_to_one(gatings: list[Gating], shares: tuple[float, ...]) -> None:
    assert SignalTakesAll().shares(gatings) == shares
