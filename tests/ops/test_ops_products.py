"""Products of live factors share relevance by a rule; a quotient's divisor is a constant."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets
from lrprism.composites import AbstractComposite
from small_models import LRP_0, Function, Model, close, explained, numbers

FLAT = (2, 4)
K = torch.tensor([2.0, -1.0, 0.5, 3.0], dtype=torch.float64)
PRODUCTS: dict[str, Function] = {
    "a * b": lambda a, b: a * b,
    "torch.mul by keywords": lambda a, b: torch.mul(input=a, other=b),
    "multiply": lambda a, b: torch.multiply(a, b),
    "mul_": lambda a, b: (1 * a).mul_(b),
    "einsum": lambda a, b: torch.einsum("bi,bi->bi", a, b),
    "einsum of a list": lambda a, b: torch.einsum("bi,bi->bi", [a, b]),
    "aten": lambda a, b: torch.ops.aten.mul.Tensor(a, b),
    "a scaled factor": lambda a, b: a * (K * b) / K,
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("composite", [LRP_0, presets.AttnLRP()])
def test_factors_of_one_kind_share_equally(name: str, composite: AbstractComposite) -> None:
    a, b = numbers(FLAT, FLAT)
    for found in explained(Model(PRODUCTS[name]), a, b, composite=composite):
        close(found, a * b / 2)


@pytest.mark.parametrize("shapes", [((2, 4), (2, 1)), ((2, 1, 4), (3, 1)), ((2, 4), ()), ((3,), (2, 3))])
def test_a_broadcast_factor_sums_its_shares(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    a, b = numbers(*shapes)
    of_a, of_b = explained(Model(lambda a, b: a * b), a, b)
    close(of_a, (a * b / 2).sum_to_size(a.shape))
    close(of_b, (a * b / 2).sum_to_size(b.shape))


def test_a_product_with_itself_passes_relevance_on() -> None:
    (a,) = numbers(FLAT)
    close(explained(Model(lambda a: a * a), a)[0], a * a)


def test_three_factors_get_a_third_each() -> None:
    a, b, c = numbers((2, 3), (3, 4), (4, 2))
    product = Model(lambda a, b, c: torch.einsum("ij,jk,ki->", a, b, c))
    parts = torch.einsum("ij,jk,ki->ijk", a, b, c) / 3
    for found, summed in zip(explained(product, a, b, c), (2, 0, 1), strict=True):
        expected = parts.sum(summed)
        close(found, expected.T if summed == 1 else expected)


def test_a_constant_among_the_factors_takes_nothing() -> None:
    a, b = numbers(FLAT, FLAT)
    of_a, of_b = explained(Model(lambda a, b: torch.einsum("bi,i,bi->bi", a, K, b)), a, b)
    close(of_a, a * K * b / 2)
    close(of_b, a * K * b / 2)


def test_a_product_of_matrices_by_its_formula() -> None:
    # R_A = A ((R / 2 O) B^T), R_B = B (A^T (R / 2 O))
    a, b = numbers((2, 3, 4), (2, 4, 5))
    seed = torch.randn(2, 3, 5, dtype=torch.float64)
    for product in (torch.matmul, torch.bmm, lambda a, b: torch.einsum("bij,bjk->bik", a, b)):
        of_a, of_b = explained(Model(product), a, b, seed=lambda _: seed)
        close(of_a, a * ((seed / 2) @ b.mT))
        close(of_b, b * (a.mT @ (seed / 2)))


def test_what_is_added_to_a_product_is_no_factor() -> None:
    c, a, b = numbers((2, 3, 5), (2, 3, 4), (2, 4, 5))
    model = Model(lambda c, a, b: torch.baddbmm(c, a, b, beta=0.5, alpha=2))
    of_c, of_a, of_b = explained(model, c, a, b)
    close(of_c, 0.5 * c)
    close(of_a, a * b.sum(2)[:, None])
    close(of_b, b * a.sum(1)[..., None])


@pytest.mark.parametrize("keywords", [False, True])
def test_addcmul_adds_half_and_half(*, keywords: bool) -> None:
    c, a, b = numbers(FLAT, FLAT, FLAT)

    def add(c: Tensor, a: Tensor, b: Tensor) -> Tensor:
        if keywords:
            return torch.addcmul(value=2, tensor2=b, tensor1=a, input=c)
        return torch.addcmul(c, a, b, value=2)

    for found, expected in zip(explained(Model(add), c, a, b), (c, a * b, a * b), strict=True):
        close(found, expected)


def test_a_constant_factor_of_addcmul_takes_nothing() -> None:
    c, a = numbers(FLAT, FLAT)
    of_c, of_a = explained(Model(lambda c, a: torch.addcmul(c, a, K)), c, a)
    close(of_c, c)
    close(of_a, a * K)


def test_the_two_inputs_of_a_bilinear_layer_share_equally() -> None:
    layer = nn.Bilinear(3, 4, 2, bias=False).double()
    a, b = numbers((5, 3), (5, 4))
    parts = torch.einsum("ni,oij,nj->nij", a, layer.weight.detach(), b) / 2
    of_a, of_b = explained(Model(layer, layer), a, b)
    close(of_a, parts.sum(2))
    close(of_b, parts.sum(1))


def test_a_live_weight_is_a_factor_and_a_constant_input_takes_nothing() -> None:
    a, w = numbers((2, 4), (3, 4))
    of_a, of_w = explained(Model(lambda a, w: F.linear(a, w, K[:3])), a, w)
    close(of_a, a * w.sum(0) / 2)
    close(of_w, w * a.sum(0) / 2)
    close(explained(Model(lambda w: F.linear(a, w)), w)[0], w * a.sum(0))


def test_a_live_bias_of_a_live_weight_is_no_factor() -> None:
    a, w, b = numbers((2, 4), (3, 4), (3,))
    for model in (lambda a, w, b: F.linear(a, w, b), lambda a, w, b: F.linear(a, bias=b, weight=w)):
        of_a, of_w, of_b = explained(Model(model), a, w, b)
        close(of_a, a * w.sum(0) / 2)
        close(of_w, w * a.sum(0) / 2)
        close(of_b, 2 * b)


def test_a_live_kernel_is_a_factor() -> None:
    a, w = numbers((2, 2, 5), (3, 2, 3))
    of_a, of_w = explained(Model(lambda a, w: F.conv1d(a, w, padding=1)), a, w)
    close(of_a.sum(), F.conv1d(a, w, padding=1).sum() / 2)
    close(of_w.sum(), of_a.sum())
    ones = torch.ones(2, 3, 5, dtype=torch.float64)
    close(of_w, w * torch.nn.grad.conv1d_weight(a, w.shape, ones, padding=1) / 2)


QUOTIENTS: dict[str, tuple[Function, Function]] = {
    "a / b": (lambda a, b: a / b, lambda a, b: a / b),
    "div by keywords": (lambda a, b: torch.div(other=b, input=a), lambda a, b: a / b),
    "true_divide": (lambda a, b: torch.true_divide(a, b), lambda a, b: a / b),
    "div_": (lambda a, b: (1 * a).div_(b), lambda a, b: a / b),
    "aten": (lambda a, b: torch.ops.aten.div.Tensor(a, b), lambda a, b: a / b),
    "addcdiv": (lambda a, b: torch.addcdiv(a, a, b, value=2), lambda a, b: a + 2 * a / b),
    "addcdiv by keywords": (
        lambda a, b: torch.addcdiv(input=a, tensor1=a, tensor2=b),
        lambda a, b: a + a / b,
    ),
    "by a norm": (
        lambda a, b: a / (a - b).norm(dim=1, keepdim=True),
        lambda a, b: a / (a - b).norm(dim=1, keepdim=True),
    ),
    "F.normalize": (lambda a, b: F.normalize(a + 0 * b), lambda a, b: F.normalize(a + 0 * b)),
}


@pytest.mark.parametrize("name", QUOTIENTS)
def test_a_divisor_counts_as_a_constant(name: str) -> None:
    quotient, expected = QUOTIENTS[name]
    a, b = numbers(FLAT, FLAT)
    of_a, of_b = explained(Model(quotient), a, b)
    close(of_a, expected(a, b))
    assert not of_b.any()


def test_a_quotient_says_what_it_does() -> None:
    a, b = numbers(FLAT, FLAT)

    def kind(function: Function) -> str:
        return lp.LRP(Model(function)).plan((a, b))[0].kind

    assert kind(lambda a, b: a / b) == "scaling"
    assert kind(lambda a, b: (a / K) + b) == "routing"
    assert kind(lambda a, b: (K / a) * b) == "stopped"


def test_a_random_mask_counts_by_its_mean() -> None:
    (a,) = numbers(FLAT)
    model = Model(lambda a: a * torch.empty_like(a).bernoulli_(0.25))
    explanation = lp.LRP(model, strict=True).explain(a, torch.ones_like)
    assert torch.equal(explanation.output, a / 4)
    assert torch.equal(torch.as_tensor(explanation.relevance), a / 4)


def test_constants_alone_are_no_rows() -> None:
    (a,) = numbers(FLAT)
    plan = lp.LRP(Model(lambda a: a * (K * K / K).neg())).plan(a)
    assert [(row.op, row.kind) for row in plan] == [("mul", "routing")]
