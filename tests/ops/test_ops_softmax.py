"""A softmax written by hand gives the map of ``softmax``, in dense attention and over an edge list."""

import math
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


def attend_by(weigh: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda q, k, v: weigh(q @ k.t()) @ v


def over_sum(e: Tensor) -> Tensor:
    return e / e.sum(-1, keepdim=True)


def divide_in_place(s: Tensor) -> Tensor:
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


def over_edges_put(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The sum over the edges by assignment to places that occur several times."""
    e = (q[GOAL] * k[SOURCE]).sum(-1).exp()
    total = e.new_zeros(N).index_put((GOAL,), e, accumulate=True)
    return v.new_zeros(N, 6).index_add(0, GOAL, (e / total[GOAL])[:, None] * v[SOURCE])


def divide_last(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    e = (q @ k.t()).exp()
    return (e @ v) / e.sum(-1, keepdim=True)


WAYS: dict[str, Callable[..., Tensor]] = {
    "exp over its sum": attend_by(lambda s: over_sum(s.exp())),
    "shifted by the maximum": attend_by(lambda s: over_sum((s - s.amax(-1, keepdim=True)).exp())),
    "shifted by a constant": attend_by(lambda s: over_sum((s - s.amax(-1, keepdim=True).detach()).exp())),
    "log_softmax, exp": attend_by(lambda s: s.log_softmax(-1).exp()),
    "less logsumexp, exp": attend_by(lambda s: (s - s.logsumexp(-1, keepdim=True)).exp()),
    "less log of sum, exp": attend_by(lambda s: (s - s.exp().sum(-1, keepdim=True).log()).exp()),
    "exp taken twice": attend_by(lambda s: s.exp() / s.exp().sum(-1, keepdim=True)),
    "times a reciprocal": attend_by(lambda s: s.exp() * s.exp().sum(-1, keepdim=True).reciprocal()),
    "times one over": attend_by(lambda s: (1 / s.exp().sum(-1, keepdim=True)) * s.exp()),
    "times a power": attend_by(lambda s: s.exp() * s.exp().sum(-1, keepdim=True).pow(-1)),
    "normalize": attend_by(lambda s: F.normalize(s.exp(), p=1, dim=-1)),
    "summed by a matrix": attend_by(lambda s: s.exp() / (s.exp() @ torch.ones(N, 1, dtype=s.dtype))),
    "in place": attend_by(divide_in_place),
    "torch.div": attend_by(lambda s: torch.div(s.exp(), s.exp().sum(-1, keepdim=True) + 1e-16)),
    "over a bounded sum": attend_by(lambda s: s.exp() / s.exp().sum(-1, keepdim=True).clamp(min=1e-9)),
    "to the base of two": attend_by(lambda s: over_sum((s * 1.4426950408889634).exp2())),
    "over edges": over_edges,
    "over edges, divided last": over_edges_last,
    "over edges, put": over_edges_put,
    "divided last": divide_last,
    "a batch, divided last": lambda q, k, v: (
        ((e := (q @ k.t()).exp()[None]) @ v[None]) / e.sum(-1, keepdim=True)
    )[0],
    "einsum, divided last": lambda q, k, v: (
        torch.einsum("bij,bjd->bid", e := (q @ k.t()).exp()[None], v[None]) / e.sum(-1, keepdim=True)
    )[0],
    "a batch, summed by a matrix": lambda q, k, v: (
        (e := (q @ k.t()).exp()[None]) @ v / (e @ torch.ones(N, 1, dtype=v.dtype))
    )[0],
    "a power of e": attend_by(lambda s: over_sum(math.e**s)),
    "torch.pow": attend_by(lambda s: over_sum(torch.pow(math.e, s))),
    "a power of ten": attend_by(lambda s: over_sum(10 ** (s / math.log(10)))),
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
    explanation = lp.LRP(Attention(WAYS[name]), composite, strict=True).explain(x, 0, audit=audit)
    torch.testing.assert_close(explanation.relevance, expected.relevance, rtol=1e-6, atol=1e-9)
    assert explanation.audit is None or explanation.audit.unaccounted == pytest.approx(0, abs=1e-12)


MASK = (torch.arange(N)[:, None] + 2 * torch.arange(N)) % 3 < 2  # each row keeps something
ONES = torch.ones(N, 1, dtype=torch.float64)


def mask_scores(s: Tensor) -> Tensor:
    return s.masked_fill(~MASK, -torch.inf).softmax(-1)


def of_the_largest(s: Tensor) -> Tensor:
    largest, places = s.topk(3)
    return torch.zeros_like(s).scatter(-1, places, largest.softmax(-1))


def of_the_largest_at_last(s: Tensor) -> Tensor:
    p, places = s.softmax(-1).topk(3)
    return torch.zeros_like(s).scatter(-1, places, over_sum(p))


def by_hand(s: Tensor) -> Tensor:
    return over_sum(s.exp())


Weigh = Callable[[Tensor], Tensor]
WEIGHTS: dict[str, tuple[Weigh, Weigh]] = {
    "a square": (lambda s: (2 * s).softmax(-1), lambda s: over_sum(s.softmax(-1) ** 2)),
    "torch.square": (lambda s: (2 * s).softmax(-1), lambda s: over_sum(s.softmax(-1).square())),
    "a square, taken twice": (
        lambda s: (2 * s).softmax(-1),
        lambda s: s.softmax(-1) ** 2 / (s.softmax(-1) ** 2).sum(-1, keepdim=True),
    ),
    "a square of exponentials": (lambda s: (2 * s).softmax(-1), lambda s: over_sum(s.exp().pow(2))),
    "a square by hand": (lambda s: (2 * s).softmax(-1), lambda s: over_sum(by_hand(s) ** 2)),
    "a square, times one over": (
        lambda s: (2 * s).softmax(-1),
        lambda s: (p := s.softmax(-1) ** 2) * (1 / p.sum(-1, keepdim=True)),
    ),
    "a power of a power": (lambda s: (3 * s).softmax(-1), lambda s: over_sum((s.softmax(-1) ** 2) ** 1.5)),
    "a root": (lambda s: (s / 2).softmax(-1), lambda s: over_sum(s.softmax(-1).sqrt())),
    "a power of masked ones": (
        lambda s: mask_scores(s / 2),
        lambda s: over_sum((s.softmax(-1) * MASK) ** 0.5),
    ),
    "a mask": (mask_scores, lambda s: over_sum(s.softmax(-1) * MASK)),
    "a filled mask": (mask_scores, lambda s: over_sum(s.softmax(-1).masked_fill(~MASK, 0))),
    "a mask, summed by a matrix": (mask_scores, lambda s: (p := s.softmax(-1) * MASK) / (p @ ONES)),
    "a mask of one by hand": (mask_scores, lambda s: over_sum(by_hand(s) * MASK)),
    "a mask of exponentials": (mask_scores, lambda s: over_sum(s.exp() * MASK)),
    "the largest": (of_the_largest, of_the_largest_at_last),
}


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("composite", [presets.AttnLRP(), presets.EpsilonGamma()], ids=repr)
@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_of_a_softmax_over_their_sum_are_one_softmax(
    name: str, composite: Any, *, audit: bool
) -> None:
    (x,) = numbers((N, 6))
    one, two = (Attention(attend_by(weigh)) for weigh in WEIGHTS[name])
    expected = lp.LRP(one, composite, strict=True).explain(x, 0)
    explanation = lp.LRP(two, composite, strict=True).explain(x, 0, audit=audit)
    torch.testing.assert_close(explanation.output, expected.output)
    torch.testing.assert_close(explanation.relevance, expected.relevance, rtol=1e-6, atol=1e-9)
    assert explanation.audit is None or explanation.audit.unaccounted == pytest.approx(0, abs=1e-12)


def test_another_power_of_a_softmax_is_a_scale() -> None:
    # the divisor is a constant, and a power passes relevance on: R^s = p^2 / sum p^3 at the softmax p
    (a,) = numbers((2, 4))
    (found,) = explained(
        Model(lambda a: (p := a.softmax(-1)) ** 2 / (p**3).sum(-1, keepdim=True)), a, composite=LRP_0
    )
    p = a.softmax(-1)
    arrived = p**2 / (p**3).sum(-1, keepdim=True)
    close(found, a * (arrived - p * arrived.sum(-1, keepdim=True)))


def test_a_softmax_by_hand_follows_its_gradient() -> None:
    # s = softmax(a): R_i = a_i (R^s_i - s_i sum_k R^s_k), with R^s = s for a seed of ones
    (a,) = numbers((2, 4))
    (relevance,) = explained(Model(lambda a: over_sum(a.exp())), a)
    s = a.softmax(-1)
    close(relevance, a * (s - s * s.sum(-1, keepdim=True)))


SIGMOIDS: dict[str, Weigh] = {
    "one over": lambda a: 1 / (1 + torch.exp(-a)),
    "one over, turned round": lambda a: 1 / ((-a).exp() + 1.0),
    "a tensor over": lambda a: torch.ones(2, 4, dtype=a.dtype) / (1 + torch.exp(-a)),
    "reciprocal": lambda a: torch.reciprocal(1 + (-a).exp()),
    "a power": lambda a: (1 + (-a).exp()) ** -1,
    "to the base of two": lambda a: 1 / (1 + torch.exp2(-a * 1.4426950408889634)),
    "a share": lambda a: a.exp() / (1 + a.exp()),
    "a share, turned round": lambda a: (e := a.exp()) / (e + 1),
    "twice a half": lambda a: 2 / (2 + 2 * torch.exp(-a)),
    "expit": torch.special.expit,
    "in place": lambda a: a.neg().exp_().add_(1).reciprocal_(),
}
SWISHES: dict[str, Weigh] = {
    "divided": lambda a: a / (1 + torch.exp(-a)),
    "times": lambda a: a * (1 / (1 + torch.exp(-a))),
}
SPELLED: dict[str, tuple[Weigh, Weigh]] = {
    **{f"sigmoid, {name}": (torch.sigmoid, spelled) for name, spelled in SIGMOIDS.items()},
    **{f"silu, {name}": (F.silu, spelled) for name, spelled in SWISHES.items()},
    "softplus": (F.softplus, lambda a: (1 + a.exp()).log()),
}


@pytest.mark.parametrize("name", SPELLED)
def test_an_activation_of_one_exponential_passes_relevance_on(name: str) -> None:
    (a,) = numbers((2, 4))
    function, spelled = SPELLED[name]
    (relevance,) = explained(Model(spelled), a, composite=LRP_0)
    close(relevance, function(a))


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("composite", [presets.AttnLRP(), presets.CPLRP(), presets.EpsilonGamma()], ids=repr)
@pytest.mark.parametrize("name", SPELLED)
def test_a_gate_of_one_exponential_is_a_gate(name: str, composite: Any, *, audit: bool) -> None:
    (x,) = numbers((2, 4))
    torch.manual_seed(0)
    up, gate, last = (nn.Linear(4, 4).double() for _ in range(3))

    def network(function: Weigh) -> Model:
        return Model(lambda x: last(up(x).tanh() * function(gate(x))), up, gate, last)

    function, spelled = SPELLED[name]
    expected = lp.LRP(network(function), composite, strict=True).explain(x, 0)
    explanation = lp.LRP(network(spelled), composite, strict=True).explain(x, 0, audit=audit)
    torch.testing.assert_close(explanation.relevance, expected.relevance, rtol=1e-6, atol=1e-9)
    assert explanation.audit is None or explanation.audit.unaccounted == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", sorted(SIGMOIDS.keys() - {"expit"}))
def test_no_logits_are_offered_in_front_of_a_sigmoid_by_hand(name: str) -> None:
    (a,) = numbers((2, 4))
    with pytest.warns(lp.RelevanceWarning, match="Return the logits from the model, or write torch.sigmoid"):
        explained(Model(SIGMOIDS[name]), a, composite=LRP_0)


def test_an_exponential_of_another_tensor_makes_no_activation() -> None:
    # z = a / (1 + exp(-b)): the divisor is a constant
    a, b = numbers((2, 4), (2, 4))
    of_a, of_b = explained(Model(lambda a, b: a / (1 + torch.exp(-b))), a, b, composite=LRP_0)
    close(of_a, a * b.sigmoid())
    assert not of_b.any()


def test_an_exponential_over_another_sum_keeps_its_relevance() -> None:
    a, b = numbers((2, 4), (2, 4))
    of_a, of_b = explained(Model(lambda a, b: a.exp() / b.exp().sum(-1, keepdim=True)), a, b)
    close(of_a, a.exp() / b.exp().sum(-1, keepdim=True))
    assert not of_b.any()


def test_an_exponential_over_a_sum_to_another_base_keeps_its_relevance() -> None:
    (a,) = numbers((2, 4))
    (relevance,) = explained(Model(lambda a: a.exp2() / a.exp().sum(-1, keepdim=True)), a)
    close(relevance, a.exp2() / a.exp().sum(-1, keepdim=True))


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
