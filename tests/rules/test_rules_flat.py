import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism import select
from lrprism.rules import Flat

AFFINE = select.kind(select.Kind.LINEAR, select.Kind.CONVOLUTION)


def relevance(model: nn.Module, x: Tensor, rule: Flat, target: int | None = None) -> Tensor:
    seed = torch.ones_like if target is None else lp.target.side(target)
    relevance = lp.LRP(model, [(AFFINE, rule)]).explain(x, target=seed).relevance
    assert isinstance(relevance, Tensor)
    return relevance


def linear(weight: list[float], bias: float) -> nn.Linear:
    layer = nn.Linear(len(weight), 1).double()
    layer.weight.data = torch.tensor([weight], dtype=torch.float64)
    layer.bias.data = torch.tensor([bias], dtype=torch.float64)
    return layer


def conv(bias: float, **options: int) -> nn.Conv1d:
    layer = nn.Conv1d(1, 1, 3, **options).double()
    layer.weight.data = torch.tensor([[[1.0, -1.0, 2.0]]], dtype=torch.float64)
    layer.bias.data = torch.tensor([bias], dtype=torch.float64)
    return layer


X = torch.tensor([[[1.0, 2.0, 3.0]]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("bias", "target", "eps", "expected"),
    [
        # a = (1, 2, 0), w = (5, -1, 1): z = 3 + b = 7 = R in three parts; the bias keeps none
        (4.0, 1, 0.0, 7 / 3),
        # eps = 1: in four parts, of which three are handed on
        (4.0, 1, 1.0, 7 / 4),
        # b = -4: z = -1, class 0: R = 1
        (-4.0, 0, 0.0, 1 / 3),
    ],
)
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_hand_worked_fractions(bias: float, target: int, eps: float, expected: float) -> None:
    x = torch.tensor([[1.0, 2.0, 0.0]], dtype=torch.float64)
    result = relevance(linear([5.0, -1.0, 1.0], bias), x, Flat(eps), target)
    assert result[0].tolist() == pytest.approx([expected] * 3, rel=1e-12)


def test_border_outputs_of_a_padded_convolution_divide_by_their_real_inputs() -> None:
    # x = (1, 2, 3), w = (1, -1, 2), padding 1, b = 2: z = (-1 + 4, 1 - 2 + 6, 2 - 3) + 2 = (5, 7, 1) = R
    # inputs per output: 2, 3, 2: R = (5/2 + 7/3, 5/2 + 7/3 + 1/2, 7/3 + 1/2)
    result = relevance(conv(2.0, padding=1), X, Flat(0))
    assert result.flatten().tolist() == pytest.approx([29 / 6, 16 / 3, 17 / 6], rel=1e-12)


def test_a_stride_that_leaves_out_the_middle_output() -> None:
    # as above with stride 2: outputs 5 and 1 with two inputs each: R = (5/2, 5/2 + 1/2, 1/2)
    result = relevance(conv(2.0, padding=1, stride=2), X, Flat(0))
    assert result.flatten().tolist() == pytest.approx([5 / 2, 3.0, 1 / 2], rel=1e-12)


def test_an_output_that_sees_padding_alone_gives_nothing_to_the_inputs() -> None:
    # padding 3 adds, on each side, an output of b = 2 over no input, and one over a single input:
    # 2 * 1 + 2 = 4 before the (5, 7, 1) of above, 1 * 3 + 2 = 5 behind them
    # R = (4/1 + 5/2 + 7/3, 5/2 + 7/3 + 1/2, 7/3 + 1/2 + 5/1)
    result = relevance(conv(2.0, padding=3), X, Flat(0))
    assert result.flatten().tolist() == pytest.approx([53 / 6, 16 / 3, 47 / 6], rel=1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_conserves_with_or_without_bias(*, bias: bool) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 3, 3, padding=1, bias=bias).double()
    x = torch.randn(2, 2, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(
        relevance(layer, x, Flat(0)).sum((1, 2, 3)), layer(x).sum((1, 2, 3)), rtol=1e-12, atol=1e-12
    )


@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_inputs_and_weights_change_nothing_but_the_amount() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 1).double(), torch.randn(5, 6, dtype=torch.float64)
    expected = (layer(x) / 6).expand(5, 6)
    torch.testing.assert_close(relevance(layer, x, Flat(0), 1), expected, rtol=1e-12, atol=1e-12)


def test_impossible_eps() -> None:
    with pytest.raises(lp.RuleError, match=r"eps should be a finite number >= 0\. Found inf\."):
        Flat(float("inf"))
