"""LRP-αβ of a difference: all of it arrives, whatever speaks against it."""

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import presets, select
from lrprism.rules import AlphaBeta

RULE = [(select.kind(select.Kind.LINEAR, select.Kind.CONVOLUTION), AlphaBeta(2, 1, 0))]


def test_all_arrives_where_nothing_speaks_against_the_difference() -> None:
    layer = nn.Linear(2, 1).double()
    layer.weight.data = torch.tensor([[1.0, 3.0]]).double()
    x, r = torch.tensor([[1.0, 2.0]]).double(), torch.zeros(1, 2).double()
    # the output grows by 1 + 6; alpha alone would hand on 14
    assert lp.LRP(layer, RULE).explain(x, reference=r).relevance.tolist() == [[1.0, 6.0]]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
def test_what_rounding_alone_speaks_against_is_no_opposition(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = nn.Conv1d(3, 8, 5, padding=2, bias=False)
    layer.weight.data.abs_()
    x = torch.rand(4, 3, 40) + 0.1
    model = nn.Sequential(layer, nn.Flatten()).to(dtype)
    explanation = lp.LRP(model, RULE).explain(
        x.to(dtype), lambda z: torch.ones_like(z), reference=torch.zeros(3, 40, dtype=dtype)
    )
    # nothing is negative: each input has what LRP-0 gives
    plain = lp.LRP(model, presets.Epsilon(0)).explain(x.to(dtype), lambda z: torch.ones_like(z))
    torch.testing.assert_close(
        explanation.relevance, plain.relevance, rtol=40 * torch.finfo(dtype).eps, atol=0
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_rounding_of_large_outputs_is_no_opposition_to_a_small_difference(dtype: torch.dtype) -> None:
    # one input for each output, so that nothing can speak against it; the bias is a thousand times the change
    layer = nn.Conv1d(8, 8, 1, groups=8).to(dtype)
    layer.weight.data = torch.linspace(-1, 1, 8, dtype=dtype).view(8, 1, 1)
    layer.bias.data = torch.linspace(0.3, 3, 8, dtype=dtype)
    x = torch.rand(4, 8, 50, dtype=dtype, generator=torch.Generator().manual_seed(0))
    r = x + 1e-3 * torch.rand(4, 8, 50, dtype=dtype, generator=torch.Generator().manual_seed(1))
    explanation = lp.LRP(layer, RULE).explain(x, torch.ones_like, reference=r)
    torch.testing.assert_close(explanation.relevance, explanation.change, rtol=1e-6, atol=1e-6)


def test_the_account_of_a_network_closes_with_what_the_stabiliser_keeps() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(1, 6, 5), nn.ReLU(), nn.Conv1d(6, 4, 3), nn.ReLU(), nn.Flatten())
    model = nn.Sequential(model, nn.Linear(4 * 14, 3)).double()
    x, r = torch.randn(5, 1, 20).double(), torch.randn(1, 1, 20).double()
    explanation = lp.LRP(model, presets.EpsilonAlpha2Beta1(eps=1e-5)).explain(x, 0, reference=r, audit=True)
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) < 1e-12
    assert sum(abs(row.to_rule) for row in explanation.audit) < 1e-12
    assert sum(abs(row.to_stabilizer) for row in explanation.audit) > 1e-8
