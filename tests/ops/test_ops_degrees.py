"""Products of the entries of one tensor: each factor gets the same share, and relevance is conserved."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import lrprism as lp
from lrprism import presets
from small_models import Model, numbers_of, relevances


def test_each_factor_of_a_product_gets_the_same_share() -> None:
    # 1 * 2 * 3 = 6: two for each factor; written with * the order counts: (6 / 2) / 2, (6 / 2) / 2, 6 / 2
    x = torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64)
    (relevance,) = relevances(lambda x: x.prod(1), x)
    torch.testing.assert_close(relevance, torch.full_like(x, 2))
    (nested,) = relevances(lambda x: x[:, 0] * x[:, 1] * x[:, 2], x)
    torch.testing.assert_close(nested, torch.tensor([[1.5, 1.5, 3.0]], dtype=torch.float64))


PRODUCTS: dict[str, Callable[[Tensor], Tensor]] = {
    "all entries": lambda x: x.prod(),
    "named": lambda x: torch.prod(input=x, dim=0, keepdim=True),
    "determinant": torch.linalg.det,
    "power": lambda x: torch.linalg.matrix_power(x, 3),
    "covariance": torch.cov,
    "weighed covariance": lambda x: torch.cov(x, fweights=torch.tensor([1, 2, 3])),
    "correlation": torch.corrcoef,
    "variance": lambda x: x.var(1),
    "variance and mean": lambda x: torch.var_mean(x, 0)[0],
    "cross": lambda x: torch.linalg.cross(x, x.flip(1)),
    "vecdot": lambda x: torch.linalg.vecdot(x, x.flip(0)),
    "outer": lambda x: torch.ger(x[0], x[1]),
    "segments": lambda x: torch.segment_reduce(x, "prod", lengths=torch.tensor([1, 2])),
    "chain": lambda x: torch.linalg.multi_dot([x, x, x]),
}


@pytest.mark.parametrize("function", PRODUCTS.values(), ids=PRODUCTS)
def test_products_conserve_relevance(function: Callable[[Tensor], Tensor]) -> None:
    x = numbers_of(3, 3)
    (relevance,) = relevances(function, x)
    torch.testing.assert_close(relevance.sum(), function(x).sum())


def test_a_running_product_shares_each_step_among_the_factors_up_to_it() -> None:
    x = numbers_of(2, 4)
    (relevance,) = relevances(lambda x: x.cumprod(1), x)
    steps = x.cumprod(1) / torch.arange(1, 5)
    torch.testing.assert_close(relevance, steps.flip(1).cumsum(1).flip(1))
    (transposed,) = relevances(lambda x: x.cumprod(-2), x.T.contiguous())
    torch.testing.assert_close(transposed, relevance.T)


@pytest.mark.parametrize("function", [lambda x: x.prod(1), lambda x: x.cumprod(1), torch.linalg.det])
def test_zeros_in_a_product_stay_finite(function: Callable[[Tensor], Tensor]) -> None:
    (relevance,) = relevances(function, torch.tensor([[0.0, 2.0], [0.0, 0.0]], dtype=torch.float64))
    assert relevance.isfinite().all()
    torch.testing.assert_close(relevance.sum(), torch.zeros((), dtype=torch.float64))


INDEX = torch.tensor([0, 0, 2, 0])


@pytest.mark.filterwarnings("ignore:index_reduce")  # which torch calls beta
@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("along", [True, False])
@pytest.mark.parametrize("live_start", [True, False])
def test_products_by_index_share_equally(include_self: bool, along: bool, live_start: bool) -> None:
    start, source = numbers_of(2, 3), numbers_of(2, 4)

    def function(*tensors: Tensor) -> Tensor:
        source, target = tensors[0], (tensors[1] if live_start else start)
        if along:
            return target.index_reduce(1, INDEX, source, "prod", include_self=include_self)
        return target.scatter_reduce(1, INDEX.expand(2, 4), source, "prod", include_self=include_self)

    z = function(source, start)
    own = int(include_self and live_start)
    expected = torch.stack([z[:, 0] / (3 + own)] * 2 + [z[:, 2] / (1 + own), z[:, 0] / (3 + own)], 1)
    for_source, *for_start = relevances(function, source, *([start] if live_start else []))
    torch.testing.assert_close(for_source, expected)
    if live_start:
        torch.testing.assert_close(for_start[0].sum() + for_source.sum(), z.sum())


@pytest.mark.filterwarnings("ignore:index_reduce")  # as above
def test_a_reduction_by_index_with_sums_keeps_its_gradient() -> None:
    x = numbers_of(2, 4)
    (relevance,) = relevances(lambda x: torch.zeros(2, 3).double().index_reduce(1, INDEX, x, "mean"), x)
    torch.testing.assert_close(relevance, x * torch.tensor([0.25, 0.25, 0.5, 0.25]))


def test_the_variance_has_one_map_however_it_is_written() -> None:
    x = numbers_of(2, 5)
    deviations = x - x.mean(1, keepdim=True)
    for function in (
        lambda x: x.var(1, correction=0),
        lambda x: x.std(1, correction=0) ** 2,
        lambda x: (x - x.mean(1, keepdim=True)).pow(2).mean(1),
        lambda x: (x - x.mean(1, keepdim=True)).square().mean(1),
        lambda x: ((x - x.mean(1, keepdim=True)) * (x - x.mean(1, keepdim=True))).mean(1),
    ):
        (relevance,) = relevances(function, x)
        torch.testing.assert_close(relevance, x * deviations / 5)


def test_a_running_product_of_gates_is_a_gate() -> None:
    p, q = numbers_of(2, 3), numbers_of(3, 2).T
    for_p, for_q = relevances(lambda p, q: p * q.sigmoid().cumprod(1), p, q)
    torch.testing.assert_close(for_p, p * q.sigmoid().cumprod(1))
    assert not for_q.any()


def test_an_inverse_power_of_a_matrix_is_said_to_have_no_rule() -> None:
    explainer = lp.LRP(Model(lambda x: torch.linalg.matrix_power(x, -1)), presets.Epsilon(0), strict=True)
    with pytest.raises(lp.ModelError, match="matrix_power"):
        explainer.explain(numbers_of(3, 3), torch.ones_like)
