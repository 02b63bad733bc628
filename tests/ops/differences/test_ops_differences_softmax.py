"""Softmax of a difference against its pieces, computed one by one with Python's own numbers."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import lrprism as lp
from differences import doubles, drawn, explain_with_gap, relevance_of
from expected_warnings import NOT_IN_FULL
from lrprism import presets
from small_models import Model, close


def slope(f: Callable[[float], float], derivative: Callable[[float], float], a: float, b: float) -> float:
    """The slope of a secant; the derivative where both arguments are equal, but for rounding."""
    return derivative((a + b) / 2) if abs(a - b) < 1e-9 else (f(a) - f(b)) / (a - b)


def weights_of_log(a: list[float], r: list[float]) -> list[float]:
    """How the logarithm of a sum of exponentials depends on each score: exp, sum, log."""
    total, total_r = sum(map(math.exp, a)), sum(map(math.exp, r))
    of_log = slope(math.log, lambda s: 1 / s, total, total_r)
    return [slope(math.exp, math.exp, x, y) * of_log for x, y in zip(a, r, strict=True)]


def relevance_of_logsumexp(a: list[float], r: list[float], seed: float) -> list[float]:
    return [p * (x - y) * seed for p, x, y in zip(weights_of_log(a, r), a, r, strict=True)]


def relevance_of_log_softmax(a: list[float], r: list[float], seed: list[float]) -> list[float]:
    """Each logarithm is its score, less the logarithm of the sum."""
    weights = weights_of_log(a, r)
    return [(g - p * sum(seed)) * (x - y) for g, p, x, y in zip(seed, weights, a, r, strict=True)]


def relevance_of_softmax(a: list[float], r: list[float], seed: list[float]) -> list[float]:
    """The exponential of each logarithm of the softmax."""
    log, log_r = (math.log(sum(map(math.exp, scores))) for scores in (a, r))
    slopes = [slope(math.exp, math.exp, x - log, y - log_r) for x, y in zip(a, r, strict=True)]
    return relevance_of_log_softmax(a, r, [g * s for g, s in zip(seed, slopes, strict=True)])


SCORES = {
    "some scores": ([0.3, -1.2, 2.0, 0.7], [-0.5, 0.4, 1.0, 0.7]),
    "far apart": ([9.0, -3.0, 0.0, 1.0], [-8.0, 5.0, 2.0, 1.0]),
    "one changes": ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, -4.0]),
    "none changes": ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]),
    "all grow alike": ([4.0, 5.0, 6.0, 7.0], [1.0, 2.0, 3.0, 4.0]),
}
SEED = doubles([1.0, -2.0, 0.5, 3.0])


@pytest.mark.parametrize("name", SCORES)
def test_softmax_and_its_logarithms_are_shared_by_their_pieces(name: str) -> None:
    a, r = SCORES[name]
    x, reference = doubles([a]), doubles([r])

    def found(function: Callable[[Tensor], Tensor]) -> Tensor:
        relevance: Tensor = relevance_of(function, x, reference)
        return relevance[0]

    seed = SEED.tolist()
    close(found(lambda a: a.softmax(1) * SEED), doubles(relevance_of_softmax(a, r, seed)))
    expected = doubles(relevance_of_log_softmax(a, r, seed))
    close(found(lambda a: a.log_softmax(1) * SEED), expected)
    close(found(lambda a: a.logsumexp(1) * 2), doubles(relevance_of_logsumexp(a, r, 2.0)))


def test_two_scores_by_hand() -> None:
    # exp(a) goes from (1, 1) to (1, 3), the sum from 2 to 4: its logarithm grows by log 2, by one alone
    x, r = doubles([[0.0, math.log(3)]]), torch.zeros(1, 2).double()
    close(relevance_of(lambda a: a.logsumexp(1), x, r), doubles([[0.0, math.log(2)]]))
    # the softmax of the second grows from 1/2 to 3/4, by its own score alone
    close(relevance_of(lambda a: a.softmax(1)[:, 1], x, r), doubles([[0.0, 0.25]]))


WAYS: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax": lambda x: x.softmax(1),
    "F.softmax": lambda x: F.softmax(x, dim=1),
    "softmin": lambda x: F.softmin(x, dim=1),
    "along the one before the last": lambda x: x.view(-1, 2, 3).softmax(-2),
    "twice": lambda x: x.view(-1, 2, 3).softmax(1).softmax(2),
    "in another type": lambda x: x.softmax(1, dtype=torch.float64),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "logsumexp": lambda x: x.logsumexp(1),
    "logsumexp over two": lambda x: x.view(-1, 2, 3).logsumexp((1, 2)),
    "logsumexp that keeps": lambda x: x.view(-1, 2, 3).logsumexp((-1,), keepdim=True),
    "logaddexp": lambda x: torch.logaddexp(x, x.roll(1, 1)),
    "logaddexp2": lambda x: torch.logaddexp2(x, x.roll(1, 1)),
    "an entropy": lambda x: -(x.softmax(1) * x.log_softmax(1)).sum(1),
    "pooling by attention": lambda x: (x.softmax(1) * x).sum(1),
    "written by hand": lambda x: x.exp() / x.exp().sum(1, keepdim=True),
    "a temperature that changes": lambda x: (x * x.mean(1, keepdim=True).exp()).softmax(1),
    "a soft argmax": lambda x: (x.softmax(1) * torch.arange(6)).sum(1),
}


@pytest.mark.parametrize("name", WAYS)
def test_nothing_is_lost_on_any_way_to_a_softmax(name: str) -> None:
    def weigh(x: Tensor) -> Tensor:
        y = WAYS[name](x)
        return (
            y * torch.arange(1.0, y[0].numel() + 1).view(y[0].shape).cos()
        )  # sums of a softmax never change

    x, r = drawn(3, 6), drawn(3, 6, seed=9)
    for reference in (r, r[:1]):
        relevance_of(weigh, x, reference)


def test_masked_scores_get_nothing() -> None:
    mask = torch.tensor([False, False, True, False, False, True])
    x, r = drawn(3, 6), drawn(3, 6, seed=9)
    weights = drawn(6, seed=2)
    relevance = relevance_of(lambda x: (x.masked_fill(mask, -math.inf).softmax(1) * weights).sum(1), x, r)
    assert not relevance[:, mask].any()
    alone = relevance_of(lambda x: (x.softmax(1) * weights[~mask]).sum(1), x[:, ~mask], r[:, ~mask])
    close(relevance[:, ~mask], alone)


@NOT_IN_FULL  # float32 rounds the scores themselves
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shift", [0.0, 3.0, 30.0, 100.0, -100.0])
def test_scores_that_all_grow_stay_in_bounds(shift: float, dtype: torch.dtype) -> None:
    # as a quotient of exponentials, a shift of 30, which changes nothing, would bring relevance of 1e12
    r = torch.tensor([[0.0, 1.0, -1.0]], dtype=dtype)
    x = r + torch.tensor([[0.1, 0.2, 0.3]], dtype=dtype) + shift
    k = torch.tensor([1.0, 2.0, 3.0], dtype=dtype)
    explanation = lp.LRP(Model(lambda x: x.softmax(1) * k), presets.Epsilon(0)).explain(
        x, torch.ones_like, reference=r
    )
    change = float(explanation.change.sum())
    rounding = 100 * torch.finfo(dtype).eps * max(1.0, abs(shift))
    assert float(explanation.relevance.sum()) == pytest.approx(change, abs=rounding)
    assert float(explanation.relevance.abs().max()) <= (1 + abs(shift)) * float(k.max())


def test_half_precision_is_computed_in_a_wider_type() -> None:
    x, r = drawn(3, 6).half(), drawn(3, 6, seed=9).half()
    explanation = lp.LRP(Model(lambda x: x.softmax(1)[:, :2]), presets.Epsilon(0)).explain(
        x, torch.ones_like, reference=r
    )
    assert explanation.relevance.dtype is torch.float16
    exact = relevance_of(lambda x: x.softmax(1)[:, :2], x.double(), r.double())
    torch.testing.assert_close(explanation.relevance.double(), exact, rtol=0.02, atol=1e-3)


def test_a_logarithm_of_running_sums_has_no_exact_way() -> None:
    _, lost, messages = explain_with_gap(lambda x: x.logcumsumexp(1), drawn(3, 6), drawn(3, 6, seed=9))
    assert set(lost) == {"logcumsumexp"}
    assert "no rule is known for logcumsumexp in (model)" in messages[0]


@NOT_IN_FULL  # of three dimensions it is the first one: a sample's scores move with those of others
@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (2, 3, 2, 2)])
@pytest.mark.parametrize("f", [F.softmax, F.log_softmax])
def test_a_call_without_a_dimension_takes_that_of_torch(
    f: Callable[..., Tensor], shape: tuple[int, ...]
) -> None:
    x, r = drawn(*shape), drawn(*shape, seed=9)
    weights = drawn(*shape[1:], seed=3)
    dim = 0 if len(shape) == 3 else 1
    close(relevance_of(lambda a: f(a) * weights, x, r), relevance_of(lambda a: f(a, dim) * weights, x, r))
