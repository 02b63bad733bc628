import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism import select
from lrprism.rules import ZBox

AFFINE = select.kind(select.Kind.LINEAR, select.Kind.CONVOLUTION)


def relevance(model: nn.Module, x: Tensor, rule: ZBox, target: int | None = None) -> Tensor:
    seed = torch.ones_like if target is None else lp.target.side(target)
    relevance = lp.LRP(model, [(AFFINE, rule)]).explain(x, target=seed).relevance
    assert isinstance(relevance, Tensor)
    return relevance


def tensor(*values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def with_weights(layer: nn.Linear | nn.Conv1d, weight: Tensor, bias: float) -> nn.Module:
    layer = layer.double()
    layer.weight.data = weight
    assert layer.bias is not None
    layer.bias.data = tensor(bias)
    return layer


@pytest.mark.parametrize(
    ("x", "bias", "target", "eps", "expected"),
    [
        # w = (2, -3), l = -1, h = 2: the lowest contributions are -2 and -6
        # a = (1, -1): 2 + 2 = 4 and 3 + 6 = 9 above them, d = 13; b = 1: z = 6 = R
        ([1.0, -1.0], 1.0, 1, 0.0, [24 / 13, 54 / 13]),
        # b = -7: z = -2, class 0: R = 2; the bias cancels in d
        ([1.0, -1.0], -7.0, 0, 0.0, [8 / 13, 18 / 13]),
        # eps = 1: d = 14
        ([1.0, -1.0], 1.0, 1, 1.0, [12 / 7, 27 / 7]),
        # a = (0, 1): 0 + 2 = 2 and -3 + 6 = 3 above, d = 5; b = 8: z = 5 = R; a zero input gets its share
        ([0.0, 1.0], 8.0, 1, 0.0, [2.0, 3.0]),
        # a = (-1, 2): each contribution is at its lowest, d = 0, nothing to share
        ([-1.0, 2.0], 1.0, 0, 1e-6, [0.0, 0.0]),
    ],
)
@expected_warnings.LITTLE_ARRIVES
def test_hand_worked_fractions(
    x: list[float], bias: float, target: int, eps: float, expected: list[float]
) -> None:
    layer = with_weights(nn.Linear(2, 1), tensor([2.0, -3.0]), bias)
    result = relevance(layer, tensor(x), ZBox(-1.0, 2.0, eps), target)
    assert result[0].tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "bounds",
    [
        (-1.0, 4.0),
        (-1, 4),
        (tensor(-1.0), tensor(4.0)),
        (torch.full((1, 3), -1.0), torch.full((1, 3), 4.0)),
        (torch.full((1, 1, 3), -1.0), 4.0),
    ],
)
def test_a_padded_convolution_pads_the_bounds_with_zeros(
    bounds: tuple[float | Tensor, float | Tensor],
) -> None:
    # x = (1, 2, 3), w = (1, -1, 2), padding 1, b = 2: z = (-1 + 4, 1 - 2 + 6, 2 - 3) + 2 = (5, 7, 1) = R
    # l = -1, h = 4: an input a stands a + 1, 4 - a, 2 a + 2 above its lowest, by the weight it meets
    # output 0: (3, 6), d = 9; output 1: (2, 2, 8), d = 12; output 2: (3, 1), d = 4; padding adds nothing
    # R = (3/9 * 5 + 2/12 * 7, 6/9 * 5 + 2/12 * 7 + 3/4, 8/12 * 7 + 1/4)
    layer = with_weights(nn.Conv1d(1, 1, 3, padding=1), tensor([[1.0, -1.0, 2.0]]), 2.0)
    result = relevance(layer, tensor([[1.0, 2.0, 3.0]]), ZBox(*bounds, eps=0))
    assert result.flatten().tolist() == pytest.approx([17 / 6, 21 / 4, 59 / 12], rel=1e-12)


def pointwise() -> nn.Module:
    """Over ((1, 0), (2, 3)) it gives (1 - 4, 0 - 6) + 9 = (6, 3)."""
    return with_weights(nn.Conv1d(2, 1, 1), tensor([[1.0], [-2.0]]), 9.0)


POINTS = tensor([[1.0, 0.0], [2.0, 3.0]])


@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 2, 1)])
def test_bounds_per_channel(shape: tuple[int, ...]) -> None:
    # l = (-1, 0), h = (1, 4): the channels stand a + 1 = (2, 1) and 8 - 2 a = (4, 2) above; d = (6, 3) = R
    box = ZBox(tensor(-1.0, 0.0).view(shape), tensor(1.0, 4.0).view(shape), 0)
    assert relevance(pointwise(), POINTS, box).tolist() == [[[2.0, 1.0], [4.0, 2.0]]]


def test_bounds_per_entry() -> None:
    # l = ((-1, 0), (0, 0)), h = ((1, 1), (4, 5)): ((1 + 1, 0), (8 - 4, 10 - 6)) above; d = (6, 4), R = (6, 3)
    box = ZBox(tensor([-1.0, 0.0], [0.0, 0.0]), tensor([1.0, 1.0], [4.0, 5.0]), 0)
    assert relevance(pointwise(), POINTS, box).tolist() == [[[2.0, 0.0], [4.0, 3.0]]]


def test_bounds_per_feature_of_a_linear_layer() -> None:
    # w = (2, -3), a = (1, -1), l = (0, -2), h = (1, 1): 2 - 0 and 3 + 3 above, d = 8; b = 3: z = 8 = R
    layer = with_weights(nn.Linear(2, 1), tensor([2.0, -3.0]), 3.0)
    box = ZBox(tensor(0.0, -2.0), tensor(1.0, 1.0), 0)
    assert relevance(layer, tensor([1.0, -1.0]), box, 1).tolist() == [[2.0, 6.0]]


def test_conserves_with_a_bias_as_it_cancels() -> None:
    torch.manual_seed(0)
    layer, x = nn.Conv2d(2, 3, 3, padding=1).double(), torch.rand(2, 2, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(
        relevance(layer, x, ZBox(0.0, 1.0, 0)).sum((1, 2, 3)),
        layer(x).sum((1, 2, 3)),
        rtol=1e-12,
        atol=1e-12,
    )


def test_another_unit_of_the_input_changes_nothing() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 4).double(), torch.rand(5, 6, dtype=torch.float64)
    before = relevance(layer, x, ZBox(0.0, 1.0, 0))
    layer.weight.data /= 100
    torch.testing.assert_close(relevance(layer, 100 * x, ZBox(0.0, 100.0, 0)), before, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("low", "high"),
    [(1.0, 0.0), (float("-inf"), 0.0), (0.0, float("nan")), (tensor(0.0, 2.0), tensor(1.0, 1.0))],
)
def test_impossible_bounds(low: float | Tensor, high: float | Tensor) -> None:
    words = r"low and high should be finite with low <= high everywhere\. Found low=.+, high=.+\."
    with pytest.raises(lp.RuleError, match=words):
        ZBox(low, high)


def test_impossible_eps() -> None:
    with pytest.raises(lp.RuleError, match=r"eps should be a finite number >= 0\. Found -1\.0\."):
        ZBox(0.0, 1.0, -1.0)


def test_bounds_that_do_not_fit_the_input() -> None:
    words = (
        r"one number per channel, or tensors that broadcast to the input \(1, 2, 2\)\. Found shape \(3,\)\."
    )
    with pytest.raises(lp.RuleError, match=words):
        relevance(pointwise(), POINTS, ZBox(torch.zeros(3), 9.0))


@expected_warnings.OUTSIDE_THE_BOX
def test_one_bound_per_channel_and_one_per_pixel_go_together() -> None:
    low, high = torch.tensor([0.0, 5.0]), torch.tensor([1.0, 6.0]).view(1, 2, 1).expand(1, 2, 2)
    full = low.view(1, 2, 1).expand(1, 2, 2)
    torch.manual_seed(0)
    model, x = nn.Conv1d(2, 3, 1).double(), torch.rand(1, 2, 2, dtype=torch.float64)
    maps = [
        lp.LRP(model, [(select.at_input(), ZBox(bound, high))]).explain(x, torch.ones_like).relevance
        for bound in (low, full)
    ]
    torch.testing.assert_close(*maps, rtol=0, atol=0)


def test_bounds_that_do_not_go_together_are_refused() -> None:
    words = r"low and high should broadcast to one shape, that of the input\. Found \(2, 1\) and \(3, 1\)\."
    with pytest.raises(lp.RuleError, match=words):
        ZBox(torch.zeros(2, 1), torch.ones(3, 1))
