"""What the recording mode keeps of a forward pass."""

import torch
from torch import nn

from lrprism.engine import Request, Trace, trace
from lrprism.rules import AbstractAffineRule, Pass


def run(*layers: nn.Module, audit: bool = False) -> Trace:
    model = nn.Sequential(*layers).eval()
    return trace(model, [torch.rand(2, 3)], lambda live: (tuple(live), {}), request=Request(audit=audit))


def test_calls_are_numbered_and_know_their_module() -> None:
    calls = run(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).calls
    assert [(call.index, call.name, call.module, call.module_type) for call in calls] == [
        (0, "linear", "0", nn.Linear),
        (1, "relu", "1", nn.ReLU),
        (2, "linear", "2", nn.Linear),
    ]


def test_only_ops_that_follow_a_rule_have_a_tape() -> None:
    passed = run(nn.Linear(3, 4), nn.ReLU())
    linear, relu = passed.calls
    assert list(passed.tapes) == [linear]
    assert (linear.accepts, relu.accepts) == ((AbstractAffineRule, Pass), ())


def test_sinks_are_kept_in_an_audited_pass_alone() -> None:
    for audit in (False, True):
        (tape,) = run(nn.Linear(3, 4), audit=audit).tapes.values()
        assert (tape.sinks is not None) is audit


def test_a_merged_batch_norm_counts_in_the_module_of_the_layer_in_front() -> None:
    linear, merged = run(nn.Linear(3, 4), nn.BatchNorm1d(4)).calls
    assert merged.replaces is linear
    assert (merged.name, merged.module, merged.module_type) == ("linear + batch_norm", "0", nn.Linear)
