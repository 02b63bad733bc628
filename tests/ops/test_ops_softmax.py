"""A softmax written by hand gives the map of ``softmax``, in dense attention and over an edge list."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES, LOGITS_BEHIND, NO_CONVOLUTION
from lrprism import presets
from small_models import LRP_0, Model, close, explained, numbers

pytestmark = [NO_CONVOLUTION, LITTLE_ARRIVES, LOGITS_BEHIND]

N = 5
SOURCE, GOAL = torch.arange(N).repeat(N), torch.arange(N).repeat_interleave(N)  # an edge from each to each


def dense(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ k.t()).softmax(-1) @ v


def weighed(weigh: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda q, k, v: weigh(q @ k.t()) @ v


def over_sum(e: Tensor) -> Tensor:
    return e / e.sum(-1, keepdim=True)


def divided_in_place(s: Tensor) -> Tensor:
    e = s.exp()
    e /= e.sum(-1, keepdim=True)
    return e


def over_edges(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """As torch_geometric computes it."""
    s = (q[GOAL] * k[SOURCE]).sum(-1)
    largest = torch.full((N,), -1e9, dtype=s.dtype).scatter_reduce(0, GOAL, s.detach(), "amax")
    e = (s - largest[GOAL]).exp()
    total = e.new_zeros(N).scatter_add_(0, GOAL, e) + 1e-16
    return v.new_zeros(N, 6).index_add(0, GOAL, (e / total[GOAL])[:, None] * v[SOURCE])


def over_edges_last(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Weighed sums first, divided by the sums of the weights at last."""
    e = (q[GOAL] * k[SOURCE]).sum(-1).exp()
    total = e.new_zeros(N).index_add(0, GOAL, e)
    return v.new_zeros(N, 6).index_add(0, GOAL, e[:, None] * v[SOURCE]) / total[:, None]


def divided_last(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    e = (q @ k.t()).exp()
    return (e @ v) / e.sum(-1, keepdim=True)


WAYS: dict[str, Callable[..., Tensor]] = {
    "exp over its sum": weighed(lambda s: over_sum(s.exp())),
    "shifted by the maximum": weighed(lambda s: over_sum((s - s.amax(-1, keepdim=True)).exp())),
    "shifted by a constant": weighed(lambda s: over_sum((s - s.amax(-1, keepdim=True).detach()).exp())),
    "log_softmax, exp": weighed(lambda s: s.log_softmax(-1).exp()),
    "less logsumexp, exp": weighed(lambda s: (s - s.logsumexp(-1, keepdim=True)).exp()),
    "less log of sum, exp": weighed(lambda s: (s - s.exp().sum(-1, keepdim=True).log()).exp()),
    "exp taken twice": weighed(lambda s: s.exp() / s.exp().sum(-1, keepdim=True)),
    "times a reciprocal": weighed(lambda s: s.exp() * s.exp().sum(-1, keepdim=True).reciprocal()),
    "times one over": weighed(lambda s: (1 / s.exp().sum(-1, keepdim=True)) * s.exp()),
    "times a power": weighed(lambda s: s.exp() * s.exp().sum(-1, keepdim=True).pow(-1)),
    "normalize": weighed(lambda s: F.normalize(s.exp(), p=1, dim=-1)),
    "summed by a matrix": weighed(lambda s: s.exp() / (s.exp() @ torch.ones(N, 1, dtype=s.dtype))),
    "in place": weighed(divided_in_place),
    "torch.div": weighed(lambda s: torch.div(s.exp(), s.exp().sum(-1, keepdim=True) + 1e-16)),
    "over a bounded sum": weighed(lambda s: s.exp() / s.exp().sum(-1, keepdim=True).clamp(min=1e-9)),
    "to the base of two": weighed(lambda s: over_sum((s * 1.4426950408889634).exp2())),
    "over edges": over_edges,
    "over edges, divided last": over_edges_last,
    "divided last": divided_last,
}


class Attention(nn.Module):
    def __init__(self, attend: Callable[..., Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.q, self.k, self.v, self.o = (nn.Linear(6, 6, bias=False).double() for _ in range(4))
        self.attend = attend

    def forward(self, x: Tensor) -> Tensor:
        return self.o(self.attend(self.q(x), self.k(x), self.v(x))).mean(0, keepdim=True)


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("composite", [presets.AttnLRP(), presets.CPLRP(), presets.EpsilonGamma()], ids=repr)
@pytest.mark.parametrize("name", WAYS)
def test_attention_by_hand_is_attention(name: str, composite: Any, *, audit: bool) -> None:
    (x,) = numbers((N, 6))
    expected = lp.LRP(Attention(dense), composite, strict=True).explain(x, 0)
    found = lp.LRP(Attention(WAYS[name]), composite, strict=True).explain(x, 0, audit=audit)
    torch.testing.assert_close(found.relevance, expected.relevance, rtol=1e-6, atol=1e-9)
    assert found.audit is None or found.audit.unaccounted == pytest.approx(0, abs=1e-12)


def test_a_softmax_by_hand_follows_its_gradient() -> None:
    # s = softmax(a): R_i = a_i (R^s_i - s_i sum_k R^s_k), with R^s = s for a seed of ones
    (a,) = numbers((2, 4))
    (found,) = explained(Model(lambda a: over_sum(a.exp())), a)
    s = a.softmax(-1)
    close(found, a * (s - s * s.sum(-1, keepdim=True)))


@pytest.mark.parametrize("sigmoid", [lambda a: a.exp() / (1 + a.exp()), lambda a: a.exp() / (a.exp() + 1)])
def test_a_sigmoid_by_hand_is_an_activation(sigmoid: Callable[[Tensor], Tensor]) -> None:
    (a,) = numbers((2, 4))
    (found,) = explained(Model(sigmoid), a)
    close(found, a.sigmoid())


def test_an_exponential_over_another_sum_keeps_its_relevance() -> None:
    a, b = numbers((2, 4), (2, 4))
    of_a, of_b = explained(Model(lambda a, b: a.exp() / b.exp().sum(-1, keepdim=True)), a, b)
    close(of_a, a.exp() / b.exp().sum(-1, keepdim=True))
    assert not of_b.any()


def test_a_reciprocal_of_exponentials_elsewhere_is_a_scale() -> None:
    a, b = numbers((2, 4), (2, 4))
    of_a, of_b = explained(Model(lambda a, b: a * (1 / b.exp().sum(-1, keepdim=True))), a, b)
    close(of_a, a / b.exp().sum(-1, keepdim=True))
    assert not of_b.any()


def test_a_softmax_by_hand_is_a_gate() -> None:
    a, b = numbers((2, 4), (2, 4))
    of_a, of_b = explained(Model(lambda a, b: a.relu() * over_sum(b.exp())), a, b, composite=LRP_0)
    close(of_a, a.relu() * b.softmax(-1))
    assert not of_b.any()
