"""Products of a difference: each factor gets Shapley's value, found here by enumeration."""

from collections.abc import Callable, Sequence
from itertools import permutations
from math import factorial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from differences import doubles, drawn, explain_difference, explain_with_gap, relevance_of
from lrprism import presets
from small_models import Function, close, numbers

FLAT = (3, 6)


def shapley(function: Function, inputs: Sequence[Tensor], references: Sequence[Tensor]) -> list[Tensor]:
    """The mean, over all orders of exchanging references for inputs, of what each exchange adds."""
    values = [torch.zeros(()).double() for _ in inputs]
    orders = list(permutations(range(len(inputs))))
    for order in orders:
        tensors = list(references)
        for number in order:
            before = function(*tensors).sum()
            tensors[number] = inputs[number]
            values[number] = values[number] + (function(*tensors).sum() - before) / factorial(len(inputs))
    return values


PRODUCTS: dict[str, tuple[Function, tuple[tuple[int, ...], ...]]] = {
    "a * b": (lambda a, b: a * b, (FLAT, FLAT)),
    "mul_": (lambda a, b: (1 * a).mul_(b), (FLAT, FLAT)),
    "torch.mul by keywords": (lambda a, b: torch.mul(input=a, other=b), (FLAT, FLAT)),
    "one factor per sample": (lambda a, b: a * b, (FLAT, (3, 1))),
    "bmm": (torch.bmm, ((3, 2, 4), (3, 4, 2))),
    "a @ b": (lambda a, b: a @ b, ((3, 2, 4), (3, 4, 2))),
    "einsum of two": (lambda a, b: torch.einsum("nij,njk->nik", a, b), ((3, 2, 4), (3, 4, 2))),
    "einsum of three": (
        lambda a, b, c: torch.einsum("nij,njk,nkl->nil", a, b, c),
        ((3, 2, 4), (3, 4, 2), (3, 2, 3)),
    ),
    "einsum of four": (
        lambda a, b, c, d: torch.einsum("ni,ni,nj,nj->nij", a, b, c, d),
        ((3, 2), (3, 2), (3, 4), (3, 4)),
    ),
    "einsum on a diagonal": (lambda a, b: torch.einsum("nii,ni->ni", a, b), ((3, 4, 4), (3, 4))),
    "baddbmm": (
        lambda c, a, b: torch.baddbmm(c, a, b, beta=0.5, alpha=2),
        ((3, 2, 2), (3, 2, 4), (3, 4, 2)),
    ),
    "addcmul": (lambda c, a, b: torch.addcmul(c, a, b, value=2), (FLAT, FLAT, FLAT)),
    "vecdot": (torch.linalg.vecdot, (FLAT, FLAT)),
    "cross": (torch.linalg.cross, ((3, 3), (3, 3))),
    "lerp": (torch.lerp, (FLAT, FLAT, FLAT)),
    "a live bias beside a product": (lambda a, b, c: a * b + c, (FLAT, FLAT, FLAT)),
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("samples", [1, 3])
def test_each_factor_gets_its_shapley_value(name: str, samples: int) -> None:
    function, shapes = PRODUCTS[name]
    inputs = [drawn(*shape, seed=number) for number, shape in enumerate(shapes)]
    references = [drawn(*shape, seed=9 + number)[:samples] for number, shape in enumerate(shapes)]
    relevance = relevance_of(function, inputs, tuple(references))
    expected = shapley(function, inputs, [r.expand_as(x) for x, r in zip(inputs, references, strict=True)])
    for tensor, value in zip(relevance, expected, strict=True):
        close(tensor.sum(), value)


def test_the_share_of_two_factors_by_hand() -> None:
    # a from 1 to 3 beside b from 4 to 10: a gets 2 (10 + 4) / 2 = 14, b gets 6 (3 + 1) / 2 = 12; 30 - 4 = 26
    a, b, a_r, b_r = (doubles([[number]]) for number in (3.0, 10.0, 1.0, 4.0))
    of_a, of_b = relevance_of(lambda a, b: a * b, (a, b), (a_r, b_r))
    assert (of_a.item(), of_b.item()) == (14.0, 12.0)


def test_factors_that_are_multiplied_in_turn_share_in_turn() -> None:
    # (a b) c: a b from 4 to 30 beside c from 0 to 2 gets 26 (2 + 0) / 2 = 26, c gets 2 (30 + 4) / 2 = 34;
    # of the 26, one for one of the change of a b, a gets 14 and b gets 12
    a, b, c = (doubles([[number]]) for number in (3.0, 10.0, 2.0))
    a_r, b_r, c_r = (doubles([[number]]) for number in (1.0, 4.0, 0.0))
    relevance = relevance_of(lambda a, b, c: a * b * c, (a, b, c), (a_r, b_r, c_r))
    assert [tensor.item() for tensor in relevance] == [14.0, 12.0, 34.0]


def test_a_factor_that_does_not_change_gets_nothing_and_is_not_forgotten() -> None:
    # b stays 10, so that a gets 2 times 10
    a, b, a_r = (doubles([[number]]) for number in (3.0, 10.0, 1.0))
    of_a, of_b = relevance_of(lambda a, b: a * b, (a, b), (a_r, None))
    assert (of_a.item(), of_b.item()) == (20.0, 0.0)


@pytest.mark.parametrize("square", [lambda a: a * a, torch.square, lambda a: a**2, lambda a: a.pow(2)])
def test_a_square_is_a_product_with_itself(square: Function) -> None:
    x, r = drawn(*FLAT), drawn(1, 6, seed=9)
    close(relevance_of(square, x, r), x**2 - r**2)


def test_a_constant_factor_takes_nothing() -> None:
    a, b, k = drawn(*FLAT), drawn(*FLAT, seed=1), drawn(6, seed=2)
    a_r, b_r = drawn(1, 6, seed=9), drawn(1, 6, seed=10)
    of_a, of_b = relevance_of(lambda a, b: torch.einsum("ni,i,ni->ni", a, k, b), (a, b), (a_r, b_r))
    close(of_a, (a - a_r) * k * (b + b_r) / 2)
    close(of_b, (b - b_r) * k * (a + a_r) / 2)


def test_a_sum_beside_a_product_and_a_bilinear_layer() -> None:
    layer = nn.Bilinear(3, 4, 2).double()
    a, b = numbers((5, 3), (5, 4))
    a_r, b_r = drawn(1, 3, seed=9), drawn(1, 4, seed=9)
    w = layer.weight.detach()
    of_a, of_b = relevance_of(layer, (a, b), (a_r, b_r))
    close(of_a, torch.einsum("ni,oij,nj->ni", a - a_r, w, (b + b_r) / 2))
    close(of_b, torch.einsum("ni,oij,nj->nj", (a + a_r) / 2, w, b - b_r))


@pytest.mark.parametrize("name", ["linear", "conv1d"])
def test_a_live_weight_is_a_factor_and_its_bias_is_none(name: str) -> None:
    a = drawn(*{"linear": (3, 6), "conv1d": (3, 2, 5)}[name])
    w = drawn(*{"linear": (4, 6), "conv1d": (4, 2, 3)}[name], seed=1)
    a_r, w_r, bias = a.flip(0) / 2, w.flip(0) / 2, drawn(4, seed=3)
    product = {"linear": F.linear, "conv1d": F.conv1d}[name]

    def value(a: Tensor, w: Tensor) -> Tensor:
        return product(a, w).sum()

    of_a, of_w = relevance_of(lambda a, w: product(a, w, bias), (a, w), (a_r, w_r))
    close(of_a.sum(), value(a - a_r, (w + w_r) / 2))
    close(of_w.sum(), value((a + a_r) / 2, w - w_r))


POLYNOMIALS: dict[str, Callable[[Tensor], Tensor]] = {
    "prod": lambda x: x.prod(1),
    "prod of all": lambda x: torch.stack([row.prod() for row in x]),
    "cumprod": lambda x: x.cumprod(1),
    "det": lambda x: torch.linalg.det(torch.cat([x, x[:, :3].sin()], 1).view(3, 3, 3)),
    "var": lambda x: x.var(1),
    "var of all": lambda x: x.var(1, unbiased=False),
    "matrix_power": lambda x: torch.linalg.matrix_power(x[:, :4].view(3, 2, 2), 3),
    "kron": lambda x: torch.stack([torch.kron(row, row.sin()) for row in x]),
    "a cube": lambda x: x * x * x,
    "a product of matrices with itself": lambda x: x.view(3, 2, 3) @ x.view(3, 2, 3).mT,
}


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_a_polynomial_shares_all_of_its_change(name: str) -> None:
    x, r = drawn(*FLAT), drawn(*FLAT, seed=9)
    explanation = explain_difference(POLYNOMIALS[name], x, r)
    close(explanation.relevance.sum(), explanation.change.sum())
    assert not any(row.to_unknown for row in explanation.audit)


def test_the_factors_of_a_product_over_a_dimension_get_their_shapley_values() -> None:
    x, r = drawn(1, 5), drawn(1, 5, seed=9)
    columns, others = list(x.T), list(r.T)
    expected = shapley(lambda *factors: torch.stack(factors).prod(0), columns, others)
    close(relevance_of(lambda a: a.prod(1), x, r)[0], torch.stack(expected))


def test_the_variance_by_hand() -> None:
    # around the mean, (0, 4) has squares 4 and 4, (1, 1) has none; each entry moved the same way
    x, r = doubles([[0.0, 4.0]]), doubles([[1.0, 1.0]])
    # var = ((a - b) / 2)^2 = d^2 with d from 0 to -2: mean slope of d^2 is -2, times what each adds to d
    # a adds (0 - 1) / 2, b adds -(4 - 1) / 2
    close(relevance_of(lambda a: a.var(1, unbiased=False), x, r), doubles([[1.0, 3.0]]))


@pytest.mark.parametrize("is_complex", [False, True])
def test_factors_in_the_complex_plane_share_by_the_same_formula(*, is_complex: bool) -> None:
    a, b = drawn(3, 2, seed=1), drawn(3, 2, seed=2)
    a_r, b_r = drawn(3, 2, seed=11), drawn(3, 2, seed=12)

    def product(a: Tensor, b: Tensor) -> Tensor:
        factor = torch.view_as_complex(b)[:, None]
        return (torch.view_as_complex(a)[:, None] * factor if is_complex else a[:, :1] * factor).real

    if is_complex:
        # Re((a + ib)(c + id)) = ac - bd: two products, each shared between its factors
        expected = (a - a_r) * (b + b_r) / 2 * torch.tensor([1.0, -1.0])
    else:
        expected = torch.stack([(a - a_r)[:, 0] * (b + b_r)[:, 0] / 2, torch.zeros(3)], 1)
    of_a, of_b = relevance_of(product, (a, b), (a_r, b_r))
    close(of_a, expected)
    change = product(a, b) - product(a_r, b_r)
    close(of_a.sum() + of_b.sum(), change.sum())


def test_a_product_of_fourier_transforms_is_shared_in_full() -> None:
    x, r = drawn(*FLAT), drawn(1, 6, seed=9)
    for function in (
        lambda x: (torch.fft.fft(x) * torch.fft.fft(x.sin())).real,
        lambda x: (torch.fft.fft(x) * torch.fft.fft(x).conj()).real,
        lambda x: (torch.fft.fft(x) * x).imag,
        lambda x: (torch.complex(x, x.sin()) / torch.complex(x.cos() + 2, x)).real,
        lambda x: torch.fft.rfft(x).abs().pow(2),
    ):
        relevance_of(function, x, r)


def test_rules_of_products_do_not_matter() -> None:
    a, b = drawn(*FLAT), drawn(*FLAT, seed=1)
    maps = [
        relevance_of(lambda a, b: a * b.sigmoid(), (a, b), (0.5, 0.25), composite)
        for composite in (presets.Epsilon(0), presets.AttnLRP(), presets.CPLRP())
    ]
    for of_a, of_b in maps[1:]:
        close(of_a, maps[0][0])
        close(of_b, maps[0][1])


def test_a_polynomial_of_unknown_degree_is_named() -> None:
    x, r = drawn(*FLAT), drawn(*FLAT, seed=9)
    explanation, lost, messages = explain_with_gap(
        lambda x: torch.linalg.inv(x[:, :4].view(3, 2, 2) + 4 * torch.eye(2).double()), x, r
    )
    assert any("no rule is known for linalg_inv" in message for message in messages)
    assert lost == {
        "linalg_inv": pytest.approx(float(explanation.change.sum() - explanation.relevance.sum()))
    }
