"""Relevance that a detach stops stands in the row of the detach, worked out by hand."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets

X = torch.tensor([[1.0, 2.0], [4.0, -3.0]], dtype=torch.float64)
KEEP = torch.tensor([True, False])


class Model(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def join_constants(x: Tensor) -> Tensor:
    return torch.cat([x, 2 * x.detach()], 1).view(2, 2, 2).sum(1)


# the sum of x is 4; every function adds, beside x itself, what was detached
CASES: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "added": (lambda x: x + x.detach(), 4.0),
    "subtracted": (lambda x: 3 * x - x.detach(), -4.0),
    "data": (lambda x: x + x.data, 4.0),
    "moved and scaled": (lambda x: x + x.detach().flip(0).flip(0).view(4).view(2, 2) * 2, 8.0),
    "joined": (join_constants, 8.0),
    "chosen": (lambda x: torch.where(KEEP, x, x.detach()), -1.0),
    "in place": (lambda x: (x * 1).add_(x.detach()), 4.0),
}


@pytest.mark.parametrize("case", CASES)
def test_the_row_of_a_detach_holds_what_it_stops(case: str) -> None:
    function, stopped = CASES[case]
    explainer = lp.LRP(Model(function), presets.Epsilon(0))
    explanation = explainer.explain(X, torch.ones_like, audit=True)
    (row,) = [row for row in explanation.audit or () if row.op in {"detach", "data"}]
    assert (row.relevance_out, row.to_constant) == pytest.approx((stopped, stopped))
    assert sum(row.lost for row in explanation.audit or ()) == pytest.approx(stopped)
    assert explanation.audit is not None
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-12)
    assert torch.equal(explanation.relevance, explainer.explain(X, torch.ones_like).relevance)


def test_two_constants_in_one_op_stay_with_it() -> None:
    # x + (2 x - 1): the detached part was joined with a constant before
    model = Model(lambda x: x + (2 * x.detach() - torch.ones(2, 2).double()))
    stop, add = lp.LRP(model, presets.Epsilon(0)).explain(X, torch.ones_like, audit=True).audit or ()
    assert (stop.op, stop.to_constant) == ("detach", 0.0)
    assert (add.op, add.to_constant) == ("add", 2 * 4.0 - 4.0)


def test_two_detached_tensors_each_have_a_row() -> None:
    model = Model(lambda x: x + x.detach() + (3 * x).detach())
    audit = lp.LRP(model, presets.Epsilon(0)).explain(X, torch.ones_like, audit=True).audit or ()
    assert [row.to_constant for row in audit if row.op == "detach"] == [4.0, 12.0]
