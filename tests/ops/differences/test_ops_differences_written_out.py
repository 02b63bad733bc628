"""Ops that are written out in others: the pieces compute what the op does, and share by their own rules."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from difference_cases import BLIND, LOWER
from differences import doubles, drawn, relevance_of
from lrprism.ops.differences import written_out
from small_models import close

FLAT = (3, 6)
HEADS = (2, 3, 5, 4)


def reciprocal_slope(b: Tensor, b_r: Tensor) -> Tensor:
    return -1 / (b * b_r)


def test_a_quotient_is_a_product_with_the_inverse() -> None:
    a, b = drawn(*FLAT), drawn(*FLAT, seed=1).abs() + 0.5
    a_r, b_r = drawn(1, 6, seed=9), drawn(1, 6, seed=10).abs() + 0.5
    for function in (torch.div, lambda a, b: torch.addcdiv(torch.zeros_like(a), a, b)):
        of_a, of_b = relevance_of(function, (a, b), (a_r, b_r))
        close(of_a, (a - a_r) * (1 / b + 1 / b_r) / 2)
        close(of_b, (b - b_r) * reciprocal_slope(b, b_r) * (a + a_r) / 2)


def test_a_quotient_by_hand() -> None:
    # 6 / 2 = 3 against 2 / 4 = 1/2: 6 for 2 beside the mean of 1/2 and 1/4 is 4 x 3/8 = 3/2,
    # 1/2 for 1/4 beside the mean of 6 and 2 is 1/4 x 4 = 1; 3/2 + 1 = 5/2
    of_a, of_b = relevance_of(
        torch.div, (doubles([[6.0]]), doubles([[2.0]])), (doubles([[2.0]]), doubles([[4.0]]))
    )
    assert (of_a.item(), of_b.item()) == (1.5, 1.0)


def share_attention(
    q: Tensor, k: Tensor, v: Tensor, q_r: Tensor, k_r: Tensor, v_r: Tensor, g: Tensor
) -> list[Tensor]:
    """Relevance of query, key and value ``[tokens, width]``: two products with a softmax between."""
    scale = 1 / math.sqrt(q.shape[-1])
    s, s_r = q @ k.T * scale, q_r @ k_r.T * scale
    w, w_r = s.softmax(-1), s_r.softmax(-1)
    of_value = (v - v_r) * (((w + w_r) / 2).T @ g)
    g_w = g @ ((v + v_r) / 2).T
    # exp(s - log sum exp s), as for any softmax
    log, log_r = s.logsumexp(-1, keepdim=True), s_r.logsumexp(-1, keepdim=True)
    h = g_w * (w - w_r) / ((s - log) - (s_r - log_r))
    p = (s.exp() - s_r.exp()) / (s - s_r) * (log - log_r) / (log.exp() - log_r.exp())
    g_s = (h - p * h.sum(-1, keepdim=True)) * scale
    return [(q - q_r) * (g_s @ ((k + k_r) / 2)), (k - k_r) * (g_s.T @ ((q + q_r) / 2)), of_value]


def test_attention_is_two_products_with_a_softmax_between() -> None:
    inputs = [drawn(1, 5, 4, seed=number) for number in range(3)]
    references = [drawn(1, 5, 4, seed=19 + number) for number in range(3)]
    g = drawn(5, 4, seed=30)
    relevance = relevance_of(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v) * g, inputs, tuple(references)
    )
    expected = share_attention(*(x[0] for x in inputs), *(r[0] for r in references), g)
    for tensor, other in zip(relevance, expected, strict=True):
        close(tensor[0], other)


MASKS: dict[str, dict[str, object]] = {
    "none": {},
    "causal": {"is_causal": True},
    "a choice": {"attn_mask": LOWER},
    "a bias": {"attn_mask": drawn(5, 5)},
    "blind": {"attn_mask": BLIND},
    "blind, by -inf": {"attn_mask": torch.zeros(5, 5).double().masked_fill(~BLIND, -math.inf)},
    "a scale": {"scale": 0.3},
}


@pytest.mark.parametrize("name", MASKS)
def test_attention_written_out_computes_what_torch_computes(name: str) -> None:
    q, k, v = (drawn(*HEADS, seed=number) for number in range(3))
    expected = F.scaled_dot_product_attention(q, k, v, **MASKS[name])
    close(written_out.attend(q, k, v, **MASKS[name]), expected)
    close(written_out.attend_with_logarithms(q, k, v, **MASKS[name])[0], expected)


def test_grouped_heads_written_out_compute_what_torch_computes() -> None:
    q, k, v = drawn(2, 4, 5, 4), drawn(2, 2, 5, 4, seed=1), drawn(2, 2, 5, 4, seed=2)
    close(
        written_out.attend(q, k, v, enable_gqa=True), F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    )


def test_a_query_that_sees_no_key_carries_nothing() -> None:
    q, k, v = (drawn(1, 5, 4, seed=number) for number in range(3))
    of_query, of_key, of_value = relevance_of(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=BLIND), (q, k, v), (0.0, 0.5, 0.25)
    )
    assert not of_query[0, 1].any()
    assert of_query.isfinite().all()
    assert of_key.any()
    assert of_value.any()


@pytest.mark.parametrize("order", [0, 0.5, 1, 2, 3, math.inf, -math.inf])
@pytest.mark.parametrize("dim", [None, 1, (1, 2)])
def test_norms_of_vectors_compute_what_torch_computes(
    order: float, dim: int | tuple[int, ...] | None
) -> None:
    x = drawn(3, 2, 4)
    for keepdim in (False, True):
        expected = torch.linalg.vector_norm(x, order, dim, keepdim)
        close(written_out.vector_norm(x, order, dim, keepdim), expected)
    close(written_out.norm(x, order, dim), x.norm(order, dim))


def test_a_norm_of_a_vector_by_its_pieces() -> None:
    # sqrt(s) with s the sum of squares: (sqrt s - sqrt s_r) / (s - s_r) for each x^2 - r^2
    x, r = drawn(3, 6), drawn(1, 6, seed=9)
    s, s_r = x.square().sum(1, keepdim=True), r.square().sum(1, keepdim=True)
    close(relevance_of(lambda a: a.norm(dim=1), x, r), (x**2 - r**2) / (s.sqrt() + s_r.sqrt()))


def test_the_number_of_entries_that_are_not_zero_counts_each() -> None:
    x, r = doubles([[0.0, 2.0, -3.0]]), doubles([[1.0, 0.0, -1.0]])
    close(relevance_of(lambda a: a.norm(0, 1), x, r), doubles([[-1.0, 1.0, 0.0]]))


SAME: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "std": (written_out.std, torch.std),
    "pairwise_distance": (
        lambda x: written_out.pairwise_distance(x, x.sin()),
        lambda x: F.pairwise_distance(x, x.sin()),
    ),
    "hypot": (lambda x: written_out.hypot(x, x.sin()), lambda x: torch.hypot(x, x.sin())),
    "dist": (lambda x: written_out.dist(x, x.sin(), 3), lambda x: torch.dist(x, x.sin(), 3)),
    "cdist": (lambda x: written_out.cdist(x, x.sin()), lambda x: torch.cdist(x, x.sin())),
    "addcdiv": (
        lambda x: written_out.addcdiv(x, x, x.exp(), value=2),
        lambda x: torch.addcdiv(x, x, x.exp(), value=2),
    ),
    "choose": (lambda x: written_out.choose(x > 0, x, 0.5), lambda x: torch.where(x > 0, x, 0.5)),
    "fill": (lambda x: written_out.fill(x, x > 0, 0.5), lambda x: x.masked_fill(x > 0, 0.5)),
    "mask": (lambda x: written_out.mask(x > 0, x), lambda x: x * (x > 0)),
    "bound": (
        lambda x: written_out.bound(x, x.sin(), 0.1),
        lambda x: torch.clamp(x, x.sin(), torch.full_like(x, 0.1)),
    ),
    "power": (lambda x: written_out.power(x.exp(), x), lambda x: x.exp() ** x),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_written_out_computes_what_the_op_does(name: str) -> None:
    way, op = SAME[name]
    close(way(drawn(3, 6)), op(drawn(3, 6)))


def test_a_choice_pays_both_branches_and_what_chose() -> None:
    # where(c > 0, a, b) is a s + b (1 - s) with s the step of c; c and all else change here
    a, b, c = doubles([[3.0, 3.0]]), doubles([[5.0, 5.0]]), doubles([[1.0, 1.0]])
    a_r, b_r, c_r = doubles([[1.0, 1.0]]), doubles([[9.0, 9.0]]), doubles([[-1.0, 2.0]])
    of_a, of_b, of_c = relevance_of(lambda a, b, c: torch.where(c > 0, a, b), (a, b, c), (a_r, b_r, c_r))
    # first: s from 0 to 1, so a gets 2 x 1/2, b -4 x 1/2, s the mean of a - b: (3 + 1) / 2 - (5 + 9) / 2 = -5
    # second: s stays 1, so that a gets 2 and no other anything
    assert of_a.tolist() == [[1.0, 2.0]]
    assert of_b.tolist() == [[-2.0, 0.0]]
    assert of_c.tolist() == [[-5.0, 0.0]]
