"""What a pass is asked for, and what its record says of the difference that is explained."""

import torch
from torch import nn

from differences import drawn
from lrprism.engine import Request, trace
from lrprism.engine.passes import Trace
from lrprism.ops import Needs
from small_models import close


def run(model: nn.Module, x: torch.Tensor, request: Request) -> Trace:
    return trace(model, [x], lambda tensors: (tuple(tensors), {}), request=request)


def test_an_account_and_layers_need_the_inputs() -> None:
    nothing = Needs(False, False, False, False, False)
    assert not Request(needs=nothing).all_needs.inputs
    assert Request(needs=nothing, audit=True).all_needs.inputs
    assert Request(needs=nothing, layers=("0",)).all_needs.inputs


def test_a_difference_needs_live_gates_and_steps() -> None:
    nothing = Needs(False, False, False, False, False)
    needs = Request(needs=nothing, reference=(torch.zeros(1),)).all_needs
    assert needs.gates
    assert needs.steps


def test_a_record_says_what_is_explained() -> None:
    x, r = drawn(3, 6), drawn(1, 6, seed=9)
    alone = run(nn.Tanh(), x, Request())
    assert alone.reference is None
    close(alone.change, x.tanh())
    compared = run(nn.Tanh(), x, Request(reference=(r,)))
    assert compared.reference is not None
    close(compared.change, x.tanh() - r.tanh())
    compared.settle()


def test_a_difference_may_be_negative_where_the_input_is_not() -> None:
    class Behind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(6, 2).double()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.linear(x)

    model, x = Behind(), drawn(3, 6).abs()
    alone, compared = (
        run(model, x, Request(nonnegative=(0,), reference=reference)).collect_facts()
        for reference in (None, (x + 1,))
    )
    assert alone.nonnegative
    assert not compared.nonnegative
    assert compared.compared
    assert not alone.compared
