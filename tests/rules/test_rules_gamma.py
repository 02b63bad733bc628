import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import select
from lrprism.rules import Epsilon, Gamma

EVERYTHING = select.kind(select.Kind.LINEAR)


def explain(layer: nn.Module, x: torch.Tensor, rule: lp.rules.AbstractRule, target: int = 1) -> torch.Tensor:
    seed = lp.target.side(target) if layer.weight.shape[0] == 1 else target
    relevance = lp.LRP(layer, [(EVERYTHING, rule)]).explain(x, target=seed).relevance
    assert isinstance(relevance, torch.Tensor)
    return relevance


def linear(weight: list[float], bias: float) -> nn.Linear:
    layer = nn.Linear(len(weight), 1).double()
    layer.weight.data = torch.tensor([weight], dtype=torch.float64)
    layer.bias.data = torch.tensor([bias], dtype=torch.float64)
    return layer


def test_hand_worked_fraction_for_positive_z() -> None:
    # a = (1, -2), w = (2, 1), b = 1: contributions 2 and -2, z = 1 = R. gamma = 1 doubles what is positive:
    # shares 4 and -2, b -> 2, zP = 4: R = (4/4, -2/4)
    explanation = explain(
        linear([2.0, 1.0], 1.0), torch.tensor([[1.0, -2.0]], dtype=torch.float64), Gamma(1.0, 0)
    )
    assert explanation[0].tolist() == [1.0, -0.5]


def test_hand_worked_fraction_for_negative_z() -> None:
    # a = (1, 2), w = (1, -2), b = 0: contributions 1 and -4, z = -3, class 0 is explained: R = 3 seen as -z.
    # gamma = 1 doubles what is negative: shares 1 and -8, zN = -7: R = -(1/-7, -8/-7) * -3 = (-3/7, 24/7)
    explanation = explain(
        linear([1.0, -2.0], 0.0), torch.tensor([[1.0, 2.0]], dtype=torch.float64), Gamma(1.0, 0), target=0
    )
    assert explanation[0].tolist() == pytest.approx([-3 / 7, 24 / 7], rel=1e-14)


def test_gamma_zero_is_epsilon() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 4).double(), torch.randn(5, 6, dtype=torch.float64)
    torch.testing.assert_close(
        explain(layer, x, Gamma(0.0)), explain(layer, x, Epsilon()), rtol=1e-12, atol=1e-14
    )


def test_large_gamma_tends_to_positive_contributions_only() -> None:
    # a = (1, 1), w = (3, -1), z = 2: with gamma -> infinity all relevance goes to the first input
    explanation = explain(linear([3.0, -1.0], 0.0), torch.ones(1, 2, dtype=torch.float64), Gamma(1e9, 0))
    assert explanation[0].tolist() == pytest.approx([2.0, 0.0], abs=1e-8)


def test_conserves_without_bias() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(8, 3, bias=False).double(), torch.randn(4, 8, dtype=torch.float64)
    explained = lp.LRP(layer, [(EVERYTHING, Gamma(0.25, 0))]).explain(x)
    torch.testing.assert_close(explained.relevance.sum(1), explained.output.amax(1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("gamma", [-0.1, float("inf")])
def test_impossible_gamma(gamma: float) -> None:
    with pytest.raises(lp.RuleError, match="gamma should be a finite number >= 0"):
        Gamma(gamma)
