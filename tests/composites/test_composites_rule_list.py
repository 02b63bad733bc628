"""A list of selectors and rules as a composite, and the advice for what is none."""

import re
from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import presets, select
from lrprism.rules import Epsilon, Gamma, Pass, Uniform, WSquare

LINEAR = select.kind(select.Kind.LINEAR)
LAYERS = "select.kind(select.Kind.CONVOLUTION, select.Kind.LINEAR)"
GAMMA = "rules.Gamma(gamma=0.25, eps=1e-06)"


@pytest.mark.parametrize(
    "composite", [lp.presets.Epsilon, Epsilon(), "epsilon", [Epsilon()], [(Epsilon(), LINEAR)]]
)
def test_what_is_no_composite_is_refused(composite: object) -> None:
    words = r"composite should be a preset such as presets\.EpsilonGamma\(\), or a list of \(selector, rule\)"
    with pytest.raises(lp.RuleError, match=words):
        lp.LRP(nn.Linear(4, 2), composite)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("composite", "advice"),
    [
        ("EpsilonPlus", "presets.EpsilonPlus()"),
        ("epsilon_gamma_box", "presets.EpsilonGammaBox(low=..., high=...)"),
        (presets.EpsilonPlus, "presets.EpsilonPlus()"),
        ([presets.AttnLRP()], "presets.AttnLRP(eps=0.0, bias=True)"),
        (Gamma(0.25), f"[({LAYERS}, {GAMMA})]"),
        (Gamma, f"[({LAYERS}, rules.Gamma())]"),
        (Uniform(), "[(select.kind(select.Kind.PRODUCT, select.Kind.ATTENTION), rules.Uniform())]"),
        ([WSquare()], "[(select.at_input(), rules.WSquare(eps=1e-06))]"),
        (
            {"0": Gamma(), nn.Conv2d: Pass},
            f"[(select.module('0'), {GAMMA}), (select.module_type(nn.Conv2d), rules.Pass())]",
        ),
        (("0", Gamma()), f"[(select.module('0'), {GAMMA})]"),
        ([(nn.Conv2d, Gamma())], f"[(select.module_type(nn.Conv2d), {GAMMA})]"),
        ([(select.Kind.LINEAR, Gamma())], f"[(select.kind(select.Kind.LINEAR), {GAMMA})]"),
        ([(torch.matmul, Gamma())], f"[(select.op('matmul'), {GAMMA})]"),
        ([(select.last, Gamma())], f"[(select.last(), {GAMMA})]"),
        ((LINEAR, Gamma()), f"[(..., {GAMMA})]"),
        ([(Gamma(), LINEAR)], f"[(..., {GAMMA})]"),
        ([(LINEAR, Gamma)], "[(..., rules.Gamma())]"),
    ],
)
def test_what_is_no_composite_is_answered_with_what_to_type(composite: Any, advice: str) -> None:
    with pytest.raises(lp.RuleError, match=rf"rules\.Epsilon\(\)\)\. Found .*\. Try {re.escape(advice)}\.$"):
        lp.LRP(nn.Linear(4, 2), composite)


@pytest.mark.parametrize("composite", [3, None, {}, {"0": 3}, "no such name", LINEAR, (LINEAR, 3)])
def test_what_tells_nothing_gets_no_advice(composite: Any) -> None:
    with pytest.raises(lp.RuleError, match=r"rules\.Epsilon\(\)\)\. Found [^.]*\.$"):
        lp.Composite(composite)
