"""The ledger of an audited pass: relevance is counted at aliases, so that each call's share is told apart."""

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.engine import Account
from lrprism.engine.ledger import Ledger
from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind


class Fork(nn.Module):
    """``2 x + (x - 1)``: two calls that share an input."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x + (x - 1)


def audit(model: nn.Module, x: Tensor) -> Account:
    account = lp.LRP(model).explain(x, torch.ones_like, audit=True).audit
    assert account is not None
    return account


def test_calls_that_share_an_input_get_each_their_share() -> None:
    rows = {row.op: (row.relevance_out, row.relevance_in) for row in audit(Fork(), torch.full((1, 1), 3.0))}
    # 2 x = 6 hands on 6; x - 1 = 2 hands 3 to x and -1 to the constant; their sum hands on 6 + 2
    assert rows == {"mul": (6, 6), "sub": (2, 3), "add": (8, 8)}


def test_a_marked_input_is_an_alias_with_the_same_numbers() -> None:
    a = torch.ones(2, requires_grad=True) * 2
    alias = Ledger().mark_input(Call(0, Kind.ACTIVATION, "log", "", nn.Module), a)
    assert alias is not a
    assert alias.data_ptr() == a.data_ptr()
    assert alias.grad_fn is not a.grad_fn


def test_of_a_difference_the_rows_count_changes() -> None:
    # from 1 to 3: 2 x grows by 4, x - 1 by 2, and constants have no part in it
    account = (
        lp.LRP(Fork()).explain(
            torch.full((1, 1), 3.0), torch.ones_like, reference=torch.ones(1, 1), audit=True
        )
    ).audit
    assert account is not None
    rows = {row.op: (row.relevance_out, row.relevance_in) for row in account}
    assert rows == {"mul": (4, 4), "sub": (2, 2), "add": (6, 6)}
    assert (account.explained, account.reached) == (6, 6)


def test_a_constant_that_differs_between_the_runs_keeps_its_share() -> None:
    class Detached(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * 2 + x.detach() * 3

    explainer = lp.LRP(Detached())
    with pytest.warns(lp.RelevanceWarning, match=r"Found 6 of 10 missing"):
        explanation = explainer.explain(
            torch.full((1, 1), 3.0), torch.ones_like, reference=torch.ones(1, 1), audit=True
        )
    assert explanation.audit is not None
    kept = {row.op: row.to_constant for row in explanation.audit if row.lost}
    assert sum(kept.values()) == 6
    assert explanation.relevance.item() == 4


def test_a_stabiliser_keeps_its_share_of_a_difference() -> None:
    layer = nn.Linear(1, 1)
    layer.weight.data.fill_(2.0)
    explainer = lp.LRP(layer, lp.presets.Epsilon(1.0))
    # z grows by 4, of which 4 / 5 goes on
    with pytest.warns(lp.RelevanceWarning, match=r"Found 0.8 of 4 missing"):
        account = explainer.explain(torch.full((1, 1), 3.0), reference=torch.ones(1, 1), audit=True).audit
    assert account is not None
    (row,) = account
    assert row.to_stabilizer == pytest.approx(0.8)
    assert row.to_bias == 0
    assert row.relevance_in == pytest.approx(3.2)
