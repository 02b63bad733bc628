import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import select
from lrprism.rules import AlphaBeta

LINEAR = select.kind(select.Kind.LINEAR)


def linear(weight: list[float], bias: float) -> nn.Linear:
    layer = nn.Linear(len(weight), 1).double()
    layer.weight.data = torch.tensor([weight], dtype=torch.float64)
    layer.bias.data = torch.tensor([bias], dtype=torch.float64)
    return layer


def explain_layer(model: nn.Module, x: Tensor, rule: AlphaBeta, target: int | None = 1) -> lp.Explanation:
    return lp.LRP(model, [(LINEAR, rule)]).explain(
        x, target=None if target is None else lp.target.side(target), audit=True
    )


def shares(bias: float, rule: AlphaBeta, target: int = 1) -> list[float]:
    """Relevance of contributions (2, -2, -3): one of them a negative input times a negative weight."""
    x = torch.tensor([[-1.0, -2.0, 3.0]], dtype=torch.float64)
    relevance = explain_layer(linear([-2.0, 1.0, -1.0], bias), x, rule, target).relevance
    assert isinstance(relevance, Tensor)
    return relevance[0].tolist()


def test_hand_worked_fractions_for_positive_z_and_bias() -> None:
    # b = 4: z = 2 - 2 - 3 + 4 = 1 = R, z+ = 2 + 4 = 6, z- = -2 - 3 = -5
    # R = (2 * 2/6, -1 * -2/-5, -1 * -3/-5)
    assert shares(4.0, AlphaBeta(2, 1, 0)) == pytest.approx([2 / 3, -2 / 5, -3 / 5], rel=1e-12)


def test_hand_worked_fractions_for_negative_z_and_bias() -> None:
    # b = -4: z = -7, class 0: R = 7; z+ = 2, z- = -5 - 4 = -9: R = 7 * (2 * 2/2, -1 * -2/-9, -1 * -3/-9)
    fractions = shares(-4.0, AlphaBeta(2, 1, 0), target=0)
    assert fractions == pytest.approx([14.0, -14 / 9, -7 / 3], rel=1e-12)


def test_hand_worked_fractions_for_shares_with_decimals() -> None:
    # alpha = 7/5, beta = 2/5, b = 4: R = (7/5 * 2/6, -2/5 * 2/5, -2/5 * 3/5)
    assert shares(4.0, AlphaBeta(1.4, 0.4, 0)) == pytest.approx([7 / 15, -4 / 25, -6 / 25], rel=1e-12)


def test_eps_moves_each_denominator_away_from_zero() -> None:
    # b = 4, eps = 1: z+ = 6 + 1, z- = -5 - 1: R = (2 * 2/7, -2/6, -3/6)
    assert shares(4.0, AlphaBeta(2, 1, 1.0)) == pytest.approx([4 / 7, -1 / 3, -1 / 2], rel=1e-12)


def test_without_bias_all_relevance_is_shared_among_the_inputs() -> None:
    # b = 4, R = 1, but z+ = 2: R = (2 * 2/2, -2/5, -3/5), in sum 1
    assert shares(4.0, AlphaBeta(2, 1, 0, bias=False)) == pytest.approx([2.0, -2 / 5, -3 / 5], rel=1e-12)


@pytest.mark.parametrize(
    ("bias", "target", "kept"),
    [
        (4.0, 1, 4 / 3),  # R = 1: the bias keeps alpha * 4/6
        (-4.0, 0, -28 / 9),  # R = 7: the bias keeps -beta * -4/-9 * 7
    ],
)
def test_what_the_bias_keeps_is_what_is_missing(bias: float, target: int, kept: float) -> None:
    x = torch.tensor([[-1.0, -2.0, 3.0]], dtype=torch.float64)
    explanation = explain_layer(linear([-2.0, 1.0, -1.0], bias), x, AlphaBeta(2, 1, 0), target)
    audit = explanation.audit
    assert audit is not None
    assert audit[0].to_bias == pytest.approx(kept, rel=1e-12)
    assert audit.explained - audit.reached == pytest.approx(kept, rel=1e-12)


def test_the_share_of_a_side_without_contributions_stays_there() -> None:
    # contributions 1 and 2, b = 0: z = 3 = R, z+ = 3 + eps = 4, z- = 0: R = 2 * (1, 2) * 3/4
    x = torch.ones(1, 2, dtype=torch.float64)
    relevance = explain_layer(linear([1.0, 2.0], 0.0), x, AlphaBeta(2, 1, 1.0)).relevance
    assert relevance.tolist() == [[1.5, 3.0]]


def test_relevance_is_linear_in_beta() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 4).double(), torch.randn(5, 6, dtype=torch.float64)
    none, some, all_ = (
        explain_layer(layer, x, AlphaBeta(1 + beta, beta), None).relevance for beta in (0.0, 0.4, 1.0)
    )
    torch.testing.assert_close(some, 0.6 * none + 0.4 * all_, rtol=1e-12, atol=1e-12)


def test_conserves_without_bias() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(8, 3, bias=False).double(), torch.randn(4, 8, dtype=torch.float64)
    explanation = explain_layer(layer, x, AlphaBeta(2, 1, 0), None)
    torch.testing.assert_close(
        explanation.relevance.sum(1), explanation.output.amax(1), rtol=1e-12, atol=1e-12
    )


def test_a_scaled_layer_scales_relevance() -> None:
    torch.manual_seed(0)
    layer, x = nn.Linear(6, 4).double(), torch.randn(5, 6, dtype=torch.float64)
    before = explain_layer(layer, x, AlphaBeta(2, 1, 0), None).relevance
    layer.weight.data *= 3
    layer.bias.data *= 3
    after = explain_layer(layer, x, AlphaBeta(2, 1, 0), None).relevance
    torch.testing.assert_close(after, 3 * before, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [(2, 0.5), (1, 1), (0.5, -0.5), (-1, -2), (float("nan"), 0), (float("inf"), float("inf"))],
)
def test_impossible_shares(alpha: float, beta: float) -> None:
    words = (
        rf"alpha and beta should be >= 0 with alpha - beta = 1\. Found alpha={alpha}, beta={beta}\. Try Al"
    )
    with pytest.raises(lp.RuleError, match=words):
        AlphaBeta(alpha, beta)


def test_impossible_eps() -> None:
    with pytest.raises(lp.RuleError, match=r"eps should be a finite number >= 0\. Found -1\.0\."):
        AlphaBeta(2, 1, -1.0)
