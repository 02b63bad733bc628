"""Ops on differences run as they are on the reference, on constants, and where no difference is explained."""

import torch
from torch import nn
from torch.nn import functional as F

import lrprism as lp
from differences import drawn, relevance_of
from lrprism import presets
from small_models import Model, close

K = drawn(6, seed=5)


def test_calls_on_constants_alone_are_no_rows() -> None:
    def forward(x: torch.Tensor) -> torch.Tensor:
        k = F.layer_norm((K * K.exp()).softmax(0), (6,)).clamp(min=0).sort()[0]
        return x * k

    explanation = lp.LRP(Model(forward), presets.Epsilon(0), strict=True).explain(
        drawn(3, 6), torch.ones_like, reference=0.0, audit=True
    )
    assert [row.op for row in explanation.audit] == ["mul"]
    close(relevance_of(forward, drawn(3, 6), 0.0), forward(drawn(3, 6)))


def test_the_same_ops_without_a_reference_are_as_before() -> None:
    x = drawn(3, 6)
    model = nn.Sequential(nn.Linear(6, 5), nn.LayerNorm(5), nn.GELU(), nn.Linear(5, 2)).double()
    explainer = lp.LRP(model, presets.AttnLRP())
    before = explainer.explain(x, 0)
    explainer.explain(x, 0, reference=0.0)
    after = explainer.explain(x, 0)
    assert torch.equal(before.relevance, after.relevance)
    assert after.reference_output is None
    assert torch.equal(after.change, after.output)


def test_both_runs_compute_what_a_plain_call_does() -> None:
    model = nn.Sequential(
        nn.Conv1d(2, 3, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Flatten(),
        nn.Linear(9, 4),
        nn.Softmax(1),
    )
    x, r = drawn(2, 2, 6).float(), drawn(1, 2, 6, seed=9).float()
    explanation = lp.LRP(model, presets.EpsilonPlus()).explain(x, 0, reference=r)
    with torch.no_grad():
        torch.testing.assert_close(explanation.output, model(x))
        torch.testing.assert_close(explanation.reference_output, model(r).expand(2, 4))
