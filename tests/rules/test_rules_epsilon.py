from fractions import Fraction

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism.composites import presets


def two_inputs_one_output(bias: float) -> nn.Module:
    layer = nn.Linear(2, 1).double()
    layer.weight.data = torch.tensor([[3.0, -1.0]], dtype=torch.float64)
    layer.bias.data = torch.tensor([bias], dtype=torch.float64)
    return layer


def explain(layer: nn.Module, x: list[float], eps: float) -> torch.Tensor:
    relevance = (
        lp.LRP(layer, presets.Epsilon(eps))
        .explain(torch.tensor([x], dtype=torch.float64), target=0)
        .relevance
    )
    assert isinstance(relevance, torch.Tensor)
    return relevance[0]


def test_hand_worked_fraction() -> None:
    # a = (1, 2), w = (3, -1), b = 1: z = 3 - 2 + 1 = 2 = R
    # With eps = 1/2: R_1 = 3 * 2 / 2.5, R_2 = -2 * 2 / 2.5
    expected = [float(Fraction(3 * 2 * 2, 5)), float(Fraction(-2 * 2 * 2, 5))]
    assert explain(two_inputs_one_output(1.0), [1.0, 2.0], eps=0.5).tolist() == pytest.approx(
        expected, rel=1e-14
    )


def test_lrp_0_is_the_contribution_itself() -> None:
    # LRP-0: R_i = a_i w_i * z / z
    assert explain(two_inputs_one_output(1.0), [1.0, 2.0], eps=0).tolist() == [3.0, -2.0]


def test_zero_pre_activation_gets_no_relevance_and_no_nan() -> None:
    # a = (1, 3): z = 0, so R = 0
    assert explain(two_inputs_one_output(0.0), [1.0, 3.0], eps=1e-6).tolist() == [0.0, 0.0]


def test_zero_input_gets_zero() -> None:
    assert explain(two_inputs_one_output(1.0), [0.0, 2.0], eps=1e-6)[0] == 0


@pytest.mark.parametrize("eps", [-1.0, float("nan")])
def test_impossible_eps(eps: float) -> None:
    with pytest.raises(lp.RuleError, match="eps should be a finite number >= 0"):
        lp.rules.Epsilon(eps)
