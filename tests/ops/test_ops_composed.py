"""Ops that are written out in other torch calls give the map of what they are written in."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets
from small_models import LRP_0, Function, Model, close, explained, numbers

FLAT = (3, 4)


def equal_maps(one: Function, other: Function, *shapes: tuple[int, ...]) -> None:
    inputs = numbers(*shapes)
    for composite in (LRP_0, presets.AttnLRP()):
        relevance = explained(Model(one), *inputs, composite=composite, seed=torch.sin)
        expected = explained(Model(other), *inputs, composite=composite, seed=torch.sin)
        for tensor, right in zip(relevance, expected, strict=True):
            close(tensor, right)
            assert tensor.any()


@pytest.mark.parametrize("dim", [0, 1, -1, -2])
@pytest.mark.parametrize("module", [True, False])
def test_glu_is_one_half_gated_by_the_other(dim: int, *, module: bool) -> None:
    def by_hand(a: Tensor) -> Tensor:
        signal, gate = a.split(2, dim)
        return signal * gate.sigmoid()

    equal_maps(nn.GLU(dim) if module else lambda a: F.glu(input=a, dim=dim), by_hand, (4, 4))


AMINMAX: dict[str, tuple[Function, Function]] = {
    "a dimension": (lambda a: torch.aminmax(a, dim=1).max, lambda a: a.amax(1)),
    "kept": (lambda a: a + a.aminmax(dim=0, keepdim=True).min, lambda a: a + a.amin(0, keepdim=True)),
    "all": (lambda a: a * torch.aminmax(input=a)[1], lambda a: a * a.amax()),
    "range": (lambda a: (b := torch.aminmax(a))[1] - b[0], lambda a: a.amax() - a.amin()),
}


@pytest.mark.parametrize("name", AMINMAX)
def test_aminmax_is_the_smallest_and_the_largest(name: str) -> None:
    equal_maps(*AMINMAX[name], FLAT)


def test_glu_by_hand() -> None:
    # signal 2, gate sigmoid(0) = 1/2: z = 1, all of it at the signal
    a = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
    assert explained(nn.GLU(), a)[0].tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("call", [F.rrelu, torch.rrelu])
def test_a_random_slope_counts_by_its_mean(call: Callable[..., Tensor]) -> None:
    a = torch.tensor([[4.0, -4.0]], dtype=torch.float64)
    model = Model(lambda a: call(a, 0.2, 0.6, True))
    explanation = lp.LRP(model, LRP_0, strict=True).explain(a, torch.ones_like)
    torch.testing.assert_close(explanation.output, torch.tensor([[4.0, -1.6]], dtype=torch.float64))
    torch.testing.assert_close(explanation.relevance, explanation.output)


def test_cosine_similarity_by_hand() -> None:
    # (3, 4)/5 . (0, 2)/2 = 0.8, shared half and half, all of it at the second entries
    a, b = torch.tensor([[3.0, 4.0]], dtype=torch.float64), torch.tensor([[0.0, 2.0]], dtype=torch.float64)
    for found in explained(Model(nn.CosineSimilarity()), a, b):
        close(found, torch.tensor([[0.0, 0.4]], dtype=torch.float64))


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_cosine_similarity_is_a_product_of_normalised_vectors(dim: int) -> None:
    equal_maps(
        lambda a, b: F.cosine_similarity(x1=a, x2=b, dim=dim),
        lambda a, b: (a / a.norm(dim=dim, keepdim=True) * (b / b.norm(dim=dim, keepdim=True))).sum(dim),
        FLAT,
        FLAT,
    )


@pytest.mark.parametrize("weight", [0.3, torch.linspace(0, 1, 4, dtype=torch.float64)])
def test_lerp_is_a_weighted_sum(weight: float | Tensor) -> None:
    a, b = numbers(FLAT, FLAT)
    for function in (
        lambda a, b: torch.lerp(a, b, weight),
        lambda a, b: a.lerp(end=b, weight=weight),
        lambda a, b: (1 * a).lerp_(b, weight),
    ):
        of_a, of_b = explained(Model(function), a, b)
        close(of_a, (1 - weight) * a)
        close(of_b, weight * b)


def test_a_live_weight_of_lerp_is_a_factor() -> None:
    equal_maps(lambda a, b, w: torch.lerp(a, b, w), lambda a, b, w: a * (1 - w) + b * w, FLAT, FLAT, FLAT)


PYTHON: dict[str, tuple[Function, Function, tuple[int, ...]]] = {
    "F.normalize": (
        lambda a: F.normalize(a, p=1.0, dim=0),
        lambda a: a / a.abs().sum(0, keepdim=True).detach(),
        FLAT,
    ),
    "F.softmin": (lambda a: F.softmin(a, dim=-1), lambda a: (-a).softmax(-1), FLAT),
    "a loop over rows": (
        lambda a: torch.stack([row.relu() for row in a]),
        lambda a: a.relu(),
        FLAT,
    ),
    "local response norm": (
        lambda a: F.local_response_norm(a, 2, k=2.0),
        lambda a: a / F.local_response_norm(a, 2, k=2.0).div(a).reciprocal().detach(),
        (2, 4, 3),
    ),
    "lp_pool1d": (
        lambda a: F.lp_pool1d(a, 2, 2),
        lambda a: (a.unfold(-1, 2, 2) ** 2).sum(-1).sqrt(),
        (2, 3, 4),
    ),
}


@pytest.mark.parametrize("name", PYTHON)
@expected_warnings.LOGITS_BEHIND
def test_a_torch_function_written_in_python_is_looked_into(name: str) -> None:
    one, other, shape = PYTHON[name]
    equal_maps(one, other, shape)


def test_constants_are_not_looked_into() -> None:
    k = torch.randn(4, 4, dtype=torch.float64)
    (a,) = numbers((3, 2))
    plan = lp.LRP(Model(lambda a: a * F.glu(k, 1)[:3] + F.normalize(k)[:3, :2])).plan(a)
    assert [row.op for row in plan] == ["mul", "add"]
