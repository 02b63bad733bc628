"""The plan before and the account after: the same rows, and every unit of relevance in one of them."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

import expected_warnings
import lrprism as lp
from function_models import FunctionModel, make_linear
from lrprism import presets, select
from lrprism.engine import Account
from lrprism.rules import AlphaBeta, Flat, Gamma, WSquare, ZPlus

LRP_0 = presets.Epsilon(0)
LINEAR = select.kind(select.Kind.LINEAR)


# a = (1, 2), class 1: the model, the rules, and (op, out, in, bias, stabiliser, rule, constant, unknown)
CASES: dict[str, tuple[nn.Module, Any, list[tuple[Any, ...]]]] = {
    # z = 3 - 2 + 4 = 5: the bias keeps 4
    "a bias": (make_linear([[0.0, 0.0], [3.0, -1.0]], [9.0, 4.0]), LRP_0, [("linear", 5, 1, 4, 0, 0, 0, 0)]),
    # z = 3, eps = 1: s = 3 / 4: inputs 3 * 3 / 4, the stabiliser 3 / 4
    "a stabiliser": (
        make_linear([[0.0, 0.0], [1.0, 1.0]]),
        presets.Epsilon(1.0),
        [("linear", 3, 2.25, 0, 0.75, 0, 0, 0)],
    ),
    # z = -3: its stabiliser is -1, so that it keeps a quarter again
    "a stabiliser below zero": (
        make_linear([[0.0, 0.0], [-1.0, -1.0]]),
        presets.Epsilon(1.0),
        [("linear", -3, -2.25, 0, -0.75, 0, 0, 0)],
    ),
    # z = (2 - 2, 3); logit 5 * z0 + z1, where z0 = 0 holds nothing
    "a pre-activation of zero": (
        nn.Sequential(make_linear([[2.0, -1.0], [1.0, 1.0]]), make_linear([[0.0, 0.0], [5.0, 1.0]])),
        LRP_0,
        [("linear", 3, 3, 0, 0, 0, 0, 0), ("linear", 3, 3, 0, 0, 0, 0, 0)],
    ),
    # 3 a2 + (a2 + 1) without its graph: 6 of 9 come back
    "a detached branch": (
        FunctionModel(lambda _, x: 3 * x + (x + 1).detach()),
        LRP_0,
        [("mul", 6, 6, 0, 0, 0, 0, 0), ("detach", 3, 0, 0, 0, 0, 3, 0), ("add", 9, 9, 0, 0, 0, 0, 0)],
    ),
    "an added constant": (
        FunctionModel(lambda _, x: x + torch.tensor([7.0, 5.0])),
        LRP_0,
        [("add", 7, 2, 0, 0, 0, 5, 0)],
    ),
    # softmax over (1, 1) with 0.5 each: gradient 1/4 and -1/4 times 1 and 1: nothing comes through
    "a softmax": (
        FunctionModel(lambda _, x: (0 * x + 1).softmax(1)),
        LRP_0,
        [("mul", 0, 0, 0, 0, 0, 0, 0), ("add", 0, 0, 0, 0, 0, 0, 0), ("softmax", 0.5, 0, 0, 0, 0.5, 0, 0)],
    ),
    # relevance at a sigmoid of zero has nowhere to go: lost to the rule
    "an activation of zero": (
        FunctionModel(lambda _, x: (x - 2).sigmoid()),
        LRP_0,
        [("sub", 0, 0, 0, 0, 0, 0, 0), ("sigmoid", 0.5, 0, 0, 0, 0.5, 0, 0)],
    ),
    # alpha 2, beta 1 on 3 and -2: zp = 3, zn = -2, z = 1: 2 - 1 comes in, of 2 / 3 * 3 and -1
    "alpha and beta": (
        make_linear([[0.0, 0.0], [3.0, -1.0]]),
        [(LINEAR, AlphaBeta(2, 1, 0))],
        [("linear", 1, 1, 0, 0, 0, 0, 0)],
    ),
    # only negative contributions and z+ = 0: everything is lost to the rule, none to a bias
    "z-plus with nothing positive": (
        make_linear([[0.0, 0.0], [-3.0, -1.0]]),
        [(LINEAR, ZPlus(0))],
        [("linear", -5, 0, 0, 0, -5, 0, 0)],
    ),
    # z = 1 - 4 + 5 = 2; squares 1 + 4 of the weights and 25 of the bias: 2 * 5 / 30 and 2 * 25 / 30
    "squares": (
        make_linear([[0.0, 0.0], [1.0, -2.0]], [0.0, 5.0]),
        [(LINEAR, WSquare(0))],
        [("linear", 2, 1 / 3, 5 / 3, 0, 0, 0, 0)],
    ),
    "equal shares": (
        make_linear([[0.0, 0.0], [1.0, -2.0]], [0.0, 4.5]),
        [(LINEAR, Flat(0))],
        [("linear", 1.5, 1.5, 0, 0, 0, 0, 0)],
    ),
    # gamma = 1: 3 -> 6, -2, bias 2 -> 4: zP = 8, z = 3: inputs 3 * 4 / 8, bias 3 * 4 / 8
    "gamma with a bias": (
        make_linear([[0.0, 0.0], [3.0, -1.0]], [0.0, 2.0]),
        [(LINEAR, Gamma(1.0, 0))],
        [("linear", 3, 1.5, 1.5, 0, 0, 0, 0)],
    ),
}


def numbers(audit: Account) -> list[tuple[Any, ...]]:
    names = [
        "relevance_out",
        "relevance_in",
        "to_bias",
        "to_stabilizer",
        "to_rule",
        "to_constant",
        "to_unknown",
    ]
    return [(row.op, *(getattr(row, name) for name in names)) for row in audit]


@pytest.mark.parametrize("case", CASES)
@expected_warnings.FLAT_ON_A_DENSE_LAYER
@expected_warnings.LITTLE_ARRIVES
@expected_warnings.LOGITS_BEHIND
def test_the_account_by_hand(case: str) -> None:
    model, composite, expected = CASES[case]
    explainer = lp.LRP(model, composite, strict=True)
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    audit = explainer.explain(x, 1, audit=True).audit
    assert [row[0] for row in numbers(audit)] == [row[0] for row in expected]
    for result, wanted in zip(numbers(audit), expected, strict=True):
        assert result[1:] == pytest.approx(wanted[1:], abs=1e-12)
    assert audit.explained == pytest.approx(expected[-1][1])
    assert audit.reached == pytest.approx(float(explainer.explain(x, 1).relevance.sum()))
    assert audit.unaccounted == pytest.approx(0, abs=1e-12)
    assert audit.explained == pytest.approx(audit.reached + sum(row.lost for row in audit))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    shifted = FunctionModel(lambda _, x: x + torch.ones(1, dtype=x.dtype))
    model = nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), shifted, nn.AvgPool1d(2))
    model.extend([nn.GELU(), nn.Flatten(), nn.Dropout(), nn.LayerNorm(8), nn.Linear(8, 3)])
    return model.double()


X = torch.randn(3, 2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
COMPOSITES = [
    LRP_0,
    presets.Epsilon(0.1),
    presets.EpsilonGamma(0.25, 0.1),
    presets.EpsilonPlus(0.1),
    presets.EpsilonAlpha2Beta1(0.1),
    presets.EpsilonPlusFlat(0.1),
    presets.EpsilonGammaBox(-4.0, 4.0, eps=0.1),
    presets.AttnLRP(),
    presets.Hyper3DNetTutorial(),
]


@pytest.mark.parametrize("composite", COMPOSITES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("target", [None, 1, "all", lp.target.each(2, 0), lp.target.contrast(0, 1)])
def test_every_row_and_the_whole_balance(composite: Any, target: Any) -> None:
    explanation = lp.LRP(network(), composite, strict=True).explain(X, target, audit=True)
    audit, z = explanation.audit, network().eval()(X).detach()
    for row in audit:
        assert row.relevance_out == pytest.approx(row.relevance_in + row.lost, rel=1e-10, abs=1e-10)
    for earlier, later in pairwise(audit):
        assert earlier.relevance_out == pytest.approx(later.relevance_in, rel=1e-10, abs=1e-10)
    explained = {"all": z.sum(), None: z.amax(1).sum(), 1: z[:, 1].sum()}
    if isinstance(target, int | str | lp.target.Each | None):
        expected = explained.get(target) if target in explained else z[:, [2, 0]].sum()
        assert audit.explained == pytest.approx(float(expected))
    else:
        assert audit.explained == pytest.approx(float((z[:, 0] - z[:, 1]).sum()))
    assert audit.reached == pytest.approx(float(explanation.relevance.sum()))
    assert audit.unaccounted == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("composite", COMPOSITES, ids=lambda each: type(each).__name__)
def test_the_plan_has_the_rows_of_the_account(composite: Any) -> None:
    explainer = lp.LRP(network(), composite)
    plan, audit = explainer.plan(X), explainer.explain(X, audit=True).audit
    replaced = [row for row in plan if not any(row.call == other.call for other in audit)]
    assert [row.op for row in replaced] in ([], ["conv1d"])  # batch norm takes it over
    kept = [(row.call, row.module, row.op, row.rule, row.why) for row in plan if row not in replaced]
    assert kept == [(row.call, row.module, row.op, row.rule, row.why) for row in audit]
    assert [row.call for row in plan] == sorted(row.call for row in plan)
    assert len(str(plan).splitlines()) == len(plan) + 2
    assert plan[1:3] == plan.rows[1:3]


def test_an_op_that_the_output_does_not_need_is_in_neither() -> None:
    model = FunctionModel(lambda _, x: (x.exp(), x.relu() + 1)[1])
    explainer = lp.LRP(model, LRP_0)
    assert [row.op for row in explainer.plan(X)] == ["relu", "add"]
    assert [row.op for row in explainer.explain(X, torch.ones_like, audit=True).audit] == ["relu", "add"]


def test_a_plan_depends_on_the_chosen_output() -> None:
    explainer = lp.LRP(FunctionModel(lambda _, x: {"a": x.relu(), "b": x * 2}), LRP_0)
    assert [row.op for row in explainer.plan(X, output="a")] == ["relu"]
    assert [row.op for row in explainer.plan((X,), output=lambda found: found["b"])] == ["mul"]


def test_the_account_as_a_table_and_as_a_frame() -> None:
    # 4 a + 1 with a = 1
    x = torch.tensor([[1.0]], dtype=torch.float64)
    audit = lp.LRP(make_linear([[4.0]], [1.0]), LRP_0).explain(x, 0, audit=True).audit
    frame = audit.to_frame()
    assert frame.loc[0, ["op", "relevance_out", "relevance_in", "to_bias"]].tolist() == ["linear", 5, 4, 1]
    assert list(frame.columns)[:5] == ["call", "module", "op", "rule", "why"]
    assert len(frame) == 1
    assert str(audit).endswith("explained 5 = at the inputs 4 + kept on the way 1 + unaccounted for 0")
