import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import select
from lrprism.rules import AbstractRule, Epsilon, Pass

LINEAR = select.kind(select.Kind.LINEAR)
NORMALIZATION = select.kind(select.Kind.NORMALIZATION)
ROWS = [[2.0, 1.0], [1.0, -3.0]]


def linear(rows: list[list[float]], bias: list[float]) -> nn.Linear:
    layer = nn.Linear(len(rows[0]), len(rows)).double()
    layer.weight.data = torch.tensor(rows, dtype=torch.float64)
    layer.bias.data = torch.tensor(bias, dtype=torch.float64)
    return layer


def explain_layer(
    model: nn.Module, x: list[list[float]], entries: list[tuple[select.AbstractSelector, AbstractRule]]
) -> lp.Explanation:
    inputs = torch.tensor(x, dtype=torch.float64)
    return lp.LRP(model, entries).explain(inputs, target=torch.ones_like, layers=["*"], audit=True)


@pytest.mark.parametrize("x", [[3.0, -1.0], [0.0, 1.0], [0.0, 0.0]])
def test_hands_relevance_on_entry_by_entry_to_zero_inputs_too(x: list[float]) -> None:
    layer = linear(ROWS, [1.0, 4.0])
    explanation = explain_layer(layer, [x], [(LINEAR, Pass())])
    assert explanation.relevance.tolist() == layer(torch.tensor([x], dtype=torch.float64)).tolist()


def test_hand_worked_account_of_an_activation_of_zero() -> None:
    # x = (3, 1): the first layer gives (2 * 3 + 1, 3 - 3 - 1) = (7, -1), ReLU (7, 0),
    # the second (14 + 0 + 1, 7 + 0 - 2) = (15, 5) = R. Pass hands 15 to the 7; the 5 falls on the zero.
    # LRP-0 then shares the 15: (6 * 15/7, 1 * 15/7), with nothing for the bias of 0.
    model = nn.Sequential(linear(ROWS, [0.0, -1.0]), nn.ReLU(), linear(ROWS, [1.0, -2.0]))
    explanation = explain_layer(model, [[3.0, 1.0]], [(select.last(), Pass()), (LINEAR, Epsilon(0))])
    assert isinstance(explanation.layers["1"], Tensor)
    assert explanation.layers["1"].tolist() == [pytest.approx([15.0, 0.0], rel=1e-12)]
    assert explanation.relevance[0].tolist() == pytest.approx([90 / 7, 15 / 7], rel=1e-12)
    assert explanation.audit is not None
    assert explanation.audit[2].rule == "Pass()"
    assert explanation.audit[2].to_rule == pytest.approx(5.0, rel=1e-12)


@pytest.mark.parametrize(
    "norm", [nn.BatchNorm1d(4), nn.LayerNorm(4), nn.GroupNorm(2, 4)], ids=lambda norm: type(norm).__name__
)
def test_makes_a_normalization_change_nothing(norm: nn.Module) -> None:
    torch.manual_seed(0)
    for parameter in norm.parameters():
        parameter.data = torch.randn(4)
    model = nn.Sequential(nn.ReLU(), norm).double().eval()
    x = torch.rand(3, 4, dtype=torch.float64) + 0.1
    explanation = lp.LRP(model, [(NORMALIZATION, Pass())], strict=True).explain(x, target=torch.ones_like)
    torch.testing.assert_close(explanation.relevance, model(x).detach(), rtol=1e-12, atol=1e-12)


def test_an_op_that_changes_the_shape_is_refused() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))
    words = (
        r"Pass should serve an op that keeps the shape\. Found \(2, 4\) -> \(2, 3\) in linear "
        r"in module '2'\. Narrow its selector\."
    )
    with pytest.raises(lp.RuleError, match=words):
        lp.LRP(model, [(LINEAR, Pass())]).explain(torch.rand(2, 4))


def test_a_layer_norm_at_the_input_loses_nothing_at_inputs_of_zero() -> None:
    norm = nn.LayerNorm(3).double()
    norm.bias.data += 1
    x = torch.tensor([[0.0, 1.0, 5.0]], dtype=torch.float64)
    explanation = lp.LRP(norm, [(NORMALIZATION, Pass())]).explain(x, torch.ones_like)
    torch.testing.assert_close(explanation.relevance, explanation.output)
