"""Backward passes over one forward pass, worked out by hand."""

from typing import Any

import torch
from torch import Tensor, nn

from lrprism.composites import Composite
from lrprism.composites import selectors as select
from lrprism.engine import Relevances, Request, propagate, trace
from lrprism.rules import Epsilon, Flat


class Chain(nn.Module):
    """``2 max(x - 1, 0)`` by two layers and a ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(1, 1), nn.Linear(1, 1, bias=False)
        for parameter, value in zip(self.parameters(), (1.0, -1.0, 2.0), strict=True):
            nn.init.constant_(parameter, value)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.b(self.a(x).relu())
        return result


def carry_back(x: Tensor, seeds: list[Tensor], **request: Any) -> Relevances:
    passed = trace(Chain(), [x], lambda live: (tuple(live), {}), request=Request(**request))
    facts = passed.collect_facts()
    composite = Composite([(select.op("linear"), Epsilon(0))])
    return propagate(passed, seeds, facts, composite.assign(passed.calls, facts))


def test_each_seed_gets_its_own_relevance() -> None:
    x = torch.tensor([[3.0]])
    relevances = carry_back(x, [torch.ones(1, 1), torch.full((1, 1), -2.0)])
    # x g = 3 * 2 = 6 of an output of 4; the bias of -1 takes -2
    assert [each[0].item() for each in relevances.inputs] == [6, -12]


def test_relevance_at_a_layer() -> None:
    relevances = carry_back(torch.tensor([[3.0]]), [torch.ones(1, 1)], layers={"a"})
    assert [layer.item() for layer in relevances.layers[0]] == [4]


def test_an_audited_pass_gives_the_account() -> None:
    relevances = carry_back(torch.tensor([[3.0]]), [torch.ones(1, 1)], audit=True)
    account = relevances.audit
    assert account is not None
    assert (account.explained, account.reached, account.unaccounted) == (4, 6, 0)
    assert [row.to_bias for row in account] == [-2, 0, 0]


def test_relevance_of_an_input_of_zero_travels_beside_the_gradient() -> None:
    model = Chain()
    nn.init.constant_(model.a.bias, 5.0)
    passed = trace(model, [torch.zeros(1, 1)], lambda live: (tuple(live), {}), request=Request())
    facts = passed.collect_facts()
    rules = Composite([(select.at_input(), Flat(0)), (select.op("linear"), Epsilon(0))])
    relevances = propagate(passed, [torch.ones(1, 1)], facts, rules.assign(passed.calls, facts))
    assert relevances.inputs[0][0].item() == 10  # all of 2 * 5
