"""The ledger of an audited pass: relevance is counted at aliases, so that each call's share is told apart."""

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
