import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism import select
from lrprism.rules import AbstractRule, AlphaBeta, Gamma, ZPlus

AFFINE = select.kind(select.Kind.LINEAR, select.Kind.CONVOLUTION)


def linear(weight: list[float], bias: float) -> nn.Linear:
    layer = nn.Linear(len(weight), 1).double()
    layer.weight.data = torch.tensor([weight], dtype=torch.float64)
    layer.bias.data = torch.tensor([bias], dtype=torch.float64)
    return layer


def relevance(model: nn.Module, x: Tensor, rule: AbstractRule, target: int | None = None) -> Tensor:
    relevance = (
        lp.LRP(model, [(AFFINE, rule)])
        .explain(x, target=None if target is None else lp.target.side(target))
        .relevance
    )
    assert isinstance(relevance, Tensor)
    return relevance


def shares(bias: float, rule: ZPlus, target: int = 1) -> list[float]:
    """Relevance of contributions (2, 2, -3): one of them a negative input times a negative weight."""
    x = torch.tensor([[1.0, -2.0, 3.0]], dtype=torch.float64)
    return relevance(linear([2.0, -1.0, -1.0], bias), x, rule, target)[0].tolist()


@pytest.mark.parametrize(
    ("bias", "target", "rule", "expected"),
    [
        # b = 1: z = 2 = R, z+ = 2 + 2 + 1 = 5: R = 2 * (2/5, 2/5, 0)
        (1.0, 1, ZPlus(0), [4 / 5, 4 / 5, 0.0]),
        # b = 1 left out: z+ = 4: R = 2 * (2/4, 2/4, 0)
        (1.0, 1, ZPlus(0, bias=False), [1.0, 1.0, 0.0]),
        # b = 1, eps = 1: z+ = 5 + 1: R = 2 * (2/6, 2/6, 0)
        (1.0, 1, ZPlus(1.0), [2 / 3, 2 / 3, 0.0]),
        # b = -2: z = -1, class 0: R = 1; a negative bias has no share: z+ = 4
        (-2.0, 0, ZPlus(0), [1 / 2, 1 / 2, 0.0]),
    ],
)
def test_hand_worked_fractions(bias: float, target: int, rule: ZPlus, expected: list[float]) -> None:
    assert shares(bias, rule, target) == pytest.approx(expected, rel=1e-12)


@expected_warnings.LITTLE_ARRIVES
def test_nothing_arrives_where_nothing_is_positive() -> None:
    # contributions -1 and -2: z = -3, z+ = 0
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    assert relevance(linear([-1.0, -1.0], 0.0), x, ZPlus(), target=0).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("bias", [True, False])
def test_is_alpha_one_beta_zero(*, bias: bool) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(15, 4)).double()
    x = torch.randn(3, 2, 5, dtype=torch.float64)
    result, expected = (
        relevance(model, x, ZPlus(1e-3, bias)),
        relevance(model, x, AlphaBeta(1, 0, 1e-3, bias)),
    )
    torch.testing.assert_close(result, expected, rtol=0, atol=0)


def test_is_where_gamma_tends_to_for_positive_z() -> None:
    # Gamma(1/t) is ZPlus up to terms of order t; halving t halves what is left
    torch.manual_seed(0)
    layer, x = nn.Linear(5, 3).double(), torch.rand(4, 5, dtype=torch.float64)
    layer.bias.data = torch.tensor([9.0, 8.0, 7.0], dtype=torch.float64)  # every z is positive
    limit = relevance(layer, x, ZPlus(0))
    far, near = (relevance(layer, x, Gamma(gamma, 0)) - limit for gamma in (1e6, 2e6))
    assert far.abs().max() < 1e-5
    torch.testing.assert_close(near, far / 2, rtol=1e-4, atol=1e-10)


def test_conserves_without_bias() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 6, bias=False), nn.ReLU(), nn.Linear(6, 3, bias=False)).double()
    x = torch.randn(4, 8, dtype=torch.float64)
    torch.testing.assert_close(relevance(model, x, ZPlus(0)).sum(1), model(x).amax(1), rtol=1e-12, atol=1e-12)


def test_what_the_bias_keeps_is_what_is_missing() -> None:
    # b = 1, z = 2 = R, z+ = 5: the bias keeps 2 * 1/5
    x = torch.tensor([[1.0, -2.0, 3.0]], dtype=torch.float64)
    explainer = lp.LRP(linear([2.0, -1.0, -1.0], 1.0), [(AFFINE, ZPlus(0))])
    audit = explainer.explain(x, target=0, audit=True).audit
    assert audit is not None
    assert audit[0].to_bias == pytest.approx(2 / 5, rel=1e-12)
    assert audit.reached == pytest.approx(8 / 5, rel=1e-12)


@pytest.mark.parametrize("factor", [0.5, -3.0])
def test_relevance_scales_with_what_is_explained(factor: float) -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 4).double(), torch.randn(5, 6, dtype=torch.float64)
    explainer = lp.LRP(layer, [(AFFINE, ZPlus())])
    once = explainer.explain(x, target=torch.ones_like).relevance
    scaled = explainer.explain(x, target=lambda z: torch.full_like(z, factor)).relevance
    torch.testing.assert_close(scaled, factor * once, rtol=1e-12, atol=1e-12)


def test_impossible_eps() -> None:
    with pytest.raises(lp.RuleError, match=r"eps should be a finite number >= 0\. Found -0\.1\."):
        ZPlus(-0.1)
