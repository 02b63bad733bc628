import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import select
from lrprism.rules import WSquare

LINEAR = select.kind(select.Kind.LINEAR)


def linear(weight: list[float], bias: float) -> nn.Linear:
    layer = nn.Linear(len(weight), 1).double()
    layer.weight.data = torch.tensor([weight], dtype=torch.float64)
    layer.bias.data = torch.tensor([bias], dtype=torch.float64)
    return layer


def explain_layer(model: nn.Module, x: Tensor, rule: WSquare, target: int | None = 1) -> lp.Explanation:
    return lp.LRP(model, [(LINEAR, rule)]).explain(
        x, target=None if target is None else lp.target.side(target), audit=True
    )


@pytest.mark.parametrize(
    ("x", "bias", "target", "rule", "expected"),
    [
        # w = (2, -1), b = 1: z = 6 - 1 + 1 = 6 = R; squares 4 + 1 + 1 = 6
        ([3.0, 1.0], 1.0, 1, WSquare(0), [4.0, 1.0]),
        # b = -2: z = 3 = R; squares 4 + 1 + 4 = 9
        ([3.0, 1.0], -2.0, 1, WSquare(0), [4 / 3, 1 / 3]),
        # the same without the bias: squares 4 + 1
        ([3.0, 1.0], -2.0, 1, WSquare(0, bias=False), [12 / 5, 3 / 5]),
        # the same with eps = 1: squares 9 + 1
        ([3.0, 1.0], -2.0, 1, WSquare(1.0), [6 / 5, 3 / 10]),
        # z = -2 - 2 = -4, class 0: R = 4; the second input is zero and gets its share
        ([-1.0, 0.0], -2.0, 0, WSquare(0), [16 / 9, 4 / 9]),
    ],
)
def test_hand_worked_fractions(
    x: list[float], bias: float, target: int, rule: WSquare, expected: list[float]
) -> None:
    inputs = torch.tensor([x], dtype=torch.float64)
    relevance = explain_layer(linear([2.0, -1.0], bias), inputs, rule, target).relevance
    assert relevance[0].tolist() == pytest.approx(expected, rel=1e-12)


def test_what_the_bias_keeps_is_what_is_missing() -> None:
    # b = -2, R = 3: the bias keeps 3 * 4/9
    x = torch.tensor([[3.0, 1.0]], dtype=torch.float64)
    audit = explain_layer(linear([2.0, -1.0], -2.0), x, WSquare(0)).audit
    assert audit is not None
    assert audit[0].to_bias == pytest.approx(4 / 3, rel=1e-12)
    assert audit.reached == pytest.approx(5 / 3, rel=1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_conserves_when_the_bias_has_no_share(*, bias: bool) -> None:
    # without a bias in the layer, or with one that the rule leaves out
    torch.manual_seed(0)
    layer, x = nn.Linear(8, 3, bias=bias).double(), torch.randn(4, 8, dtype=torch.float64)
    explanation = explain_layer(layer, x, WSquare(0, bias=not bias), None)
    torch.testing.assert_close(
        explanation.relevance.sum(1), explanation.output.amax(1), rtol=1e-12, atol=1e-12
    )


def test_shares_do_not_depend_on_the_input_or_on_the_size_of_the_layer() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 1).double(), torch.rand(5, 6, dtype=torch.float64) + 1
    explanation = explain_layer(layer, x, WSquare(0))
    first = explanation.relevance / explanation.output
    torch.testing.assert_close(first, first[:1].expand_as(first), rtol=1e-12, atol=1e-12)
    layer.weight.data *= -3
    layer.bias.data *= -3
    explanation = explain_layer(layer, x, WSquare(0))
    torch.testing.assert_close(explanation.relevance / explanation.output, first, rtol=1e-12, atol=1e-12)


def test_an_output_without_weights_and_bias_gives_nothing() -> None:
    x = torch.tensor([[3.0, 1.0]], dtype=torch.float64)
    assert explain_layer(linear([0.0, 0.0], 0.0), x, WSquare()).relevance.tolist() == [[0.0, 0.0]]


def test_impossible_eps() -> None:
    with pytest.raises(lp.RuleError, match=r"eps should be a finite number >= 0\. Found -1\.0\."):
        WSquare(-1.0)
