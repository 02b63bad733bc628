import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import lrprism as lp
from lrprism import select
from lrprism.rules import Gating, Uniform
from small_models import Model

PRODUCTS = select.kind(select.Kind.PRODUCT, select.Kind.ATTENTION)


def relevance(function: Callable[..., Tensor], *inputs: list[object]) -> list[object]:
    """Relevance of each input, where every output is explained."""
    tensors = tuple(torch.tensor([numbers], dtype=torch.float64) for numbers in inputs)
    explainer = lp.LRP(Model(function), [(PRODUCTS, Uniform())], strict=True)
    relevance = explainer.explain(tensors, target=torch.ones_like).relevance
    return [tensor[0].tolist() for tensor in relevance]


@pytest.mark.parametrize(
    ("function", "products"),
    [
        (lambda x, y: x * y, [-6.0, 2.0, 0.0]),
        (lambda x, y: torch.mul(y, x), [-6.0, 2.0, 0.0]),
        (lambda x, y: torch.einsum("ni,ni->ni", x, y), [-6.0, 2.0, 0.0]),
        (lambda x, y: x.relu() * y, [-6.0, 0.0, 0.0]),
        (lambda x, y: 2 * x * y / 4, [-3.0, 1.0, 0.0]),
    ],
)
def test_each_factor_gets_half(function: Callable[..., Tensor], products: list[float]) -> None:
    # x = (2, -1, 0), y = (-3, -2, 5)
    halves = [product / 2 for product in products]
    assert relevance(function, [2.0, -1.0, 0.0], [-3.0, -2.0, 5.0]) == [halves, halves]


def test_a_gate_gets_half() -> None:
    # x = (4, -2), y = (ln 3, 0): sigmoid(y) = (3/4, 1/2), R = (3, -1). The sigmoid passes its half on, but an
    # input of zero can carry none
    x, y = relevance(lambda x, y: x * y.sigmoid(), [4.0, -2.0], [math.log(3), 0.0])
    assert x == pytest.approx([3 / 2, -1 / 2], rel=1e-12)
    assert y == pytest.approx([3 / 2, 0.0], rel=1e-12)


def test_three_factors_get_a_third_each() -> None:
    # 2 * -3 * 1/2 = -3
    result = relevance(lambda x, y, z: torch.einsum("ni,ni,ni->ni", x, y, z), [2.0], [-3.0], [0.5])
    assert [value[0] for value in result] == pytest.approx([-1.0] * 3, rel=1e-12)


@pytest.mark.parametrize(
    "function", [lambda x: x * x.sigmoid(), lambda x: x * x, lambda x: x * F.softplus(x).tanh()]
)
def test_a_function_of_the_other_factor_makes_it_an_activation(function: Callable[..., Tensor]) -> None:
    x = torch.tensor([[2.0, -1.5]], dtype=torch.float64)
    (result,) = relevance(function, [2.0, -1.5])
    assert result == pytest.approx(function(x)[0].tolist(), rel=1e-12)


def test_hand_worked_product_of_matrices() -> None:
    # A = ((1, 2), (3, -1)), B = (1, 2)^T: O = (5, 1) = R. R_A = A * (1/2 B^T) = ((1/2, 2), (3/2, -1)),
    # R_B = B * (A^T 1/2) = (1 * (1 + 3)/2, 2 * (2 - 1)/2) = (2, 1)
    a, b = relevance(torch.matmul, [[1.0, 2.0], [3.0, -1.0]], [[1.0], [2.0]])
    assert a == [[0.5, 2.0], [1.5, -1.0]]
    assert b == [[2.0], [1.0]]


def test_hand_worked_attention_of_one_query_and_two_keys() -> None:
    # q = 1, k = (ln 2, 0): A = (2/3, 1/3), v = (3, 6): O = 4 = R. R_V = A v / 2 = (1, 1).
    # dO/dA / 2 = (3/2, 3), through the softmax: A (v/2 - O/2) = (-1/3, 1/3) at S = (ln 2, 0),
    # of whose relevance (-ln 2/3, 0) query and key get half each
    q, k, v = relevance(F.scaled_dot_product_attention, [[[1.0]]], [[[math.log(2)], [0.0]]], [[[3.0], [6.0]]])
    assert v == [[pytest.approx([1.0], rel=1e-12)] * 2]
    assert q == [[pytest.approx([-math.log(2) / 6], rel=1e-12)]]
    assert k == [[pytest.approx([-math.log(2) / 6], rel=1e-12), [0.0]]]


@pytest.mark.parametrize(
    ("gatings", "shares"),
    [
        ([Gating.NONE, Gating.NONE], (1 / 2, 1 / 2)),
        ([Gating.ACTIVATION, Gating.GATE], (1 / 2, 1 / 2)),
        ([Gating.GATE, Gating.NONE, Gating.NONE, Gating.GATE], (1 / 4,) * 4),
        ([Gating.SELF, Gating.NONE], (0.0, 1.0)),
    ],
)
def test_shares_add_up_to_one(gatings: list[Gating], shares: tuple[float, ...]) -> None:
    assert Uniform().shares(gatings) == shares
