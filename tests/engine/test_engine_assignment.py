"""An assignment has one choice for every call, of an op with one way too."""

import torch
from torch import nn

from lrprism import select
from lrprism.composites import Composite
from lrprism.engine import Choice, Request, trace
from lrprism.rules import Gamma


def test_every_call_has_its_choice() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    passed = trace(model, [torch.rand(2, 3)], lambda live: (tuple(live), {}), request=Request())
    assignment = Composite([(select.first(), Gamma(0.25))]).assign(passed.calls, passed.collect_facts())
    assert [assignment[call] for call in passed.calls] == [
        Choice(Gamma(0.25), "first affine op"),
        Choice(None, "routing: plain gradient"),
        Choice(None, "no selector matches: plain gradient"),
    ]
