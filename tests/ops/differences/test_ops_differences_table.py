"""The table of ops on differences: each shares all of its change, or says by name that it does not."""

import pytest
import torch
from torch import nn

import lrprism as lp
from difference_cases import EXACT, STATED
from differences import check_sum, drawn, explain_difference, explain_with_gap, relevance_of, tensors_of
from lrprism import presets
from lrprism.ops import own
from small_models import Model, close


@pytest.mark.parametrize("name", EXACT)
def test_an_op_shares_all_of_its_difference(name: str) -> None:
    function, shapes = EXACT[name]
    inputs = tuple(drawn(*shape, seed=number) for number, shape in enumerate(shapes))
    whole = tuple(drawn(*shape, seed=19 + number) * 0.7 for number, shape in enumerate(shapes))
    model = function if isinstance(function, nn.Module) else Model(function)
    explanation = explain_difference(model, inputs, whole)
    with torch.no_grad():
        torch.testing.assert_close(explanation.output, model(*inputs))
        torch.testing.assert_close(explanation.reference_output, model(*whole))
    check_sum(explanation)


@pytest.mark.parametrize("name", EXACT)
def test_one_reference_is_as_good_as_a_row_of_it(name: str) -> None:
    function, shapes = EXACT[name]
    inputs = tuple(drawn(*shape, seed=number) for number, shape in enumerate(shapes))
    one = tuple(drawn(*shape, seed=19 + number)[:1] * 0.7 for number, shape in enumerate(shapes))
    model = function if isinstance(function, nn.Module) else Model(function)
    row = tuple(r.expand_as(x) for x, r in zip(inputs, one, strict=True))
    explainer = lp.LRP(model, presets.Epsilon(0))
    maps = [explainer.explain(inputs, torch.ones_like, reference=reference) for reference in (one, row)]
    for first, second in zip(*(tensors_of(found.relevance) for found in maps), strict=True):
        torch.testing.assert_close(first, second, rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(maps[0].change, maps[1].change)


@pytest.mark.parametrize("name", STATED)
def test_what_has_no_exact_way_is_said(name: str) -> None:
    function, ops = STATED[name]
    x, r = drawn(3, 6), drawn(3, 6, seed=9)
    explanation, lost, messages = explain_with_gap(function, x, r)
    missing = float(explanation.change.sum() - explanation.relevance.sum())
    assert set(lost) == ops
    assert sum(lost.values()) == pytest.approx(missing)
    assert any("relevance of a difference should add up to f(x) - f(reference)" in text for text in messages)


@pytest.mark.parametrize("name", ["sort", "experts", "gather by an order"])
def test_strict_refuses_what_has_no_exact_way(name: str) -> None:
    function, _ = STATED[name]
    explainer = lp.LRP(Model(function), presets.Epsilon(0), strict=True)
    with pytest.raises(lp.ModelError, match=r"every op should have a rule \(strict=True\)"):
        explainer.explain(drawn(3, 6), 0, reference=0.0)


def test_indices_that_agree_are_no_matter() -> None:
    x, r = drawn(3, 6), drawn(3, 6, seed=9)
    r = r.gather(1, r.argsort(1)).gather(1, x.argsort(1).argsort(1))  # in the order of x
    close(relevance_of(lambda a: a.gather(1, a.argsort(1)), x, r), x - r)


def test_the_plan_says_how_each_difference_is_shared() -> None:
    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.linear(x).tanh()
            return (y * y.softmax(1)).sort(1)[0]

    with pytest.warns(lp.RelevanceWarning, match="no rule is known for sort in"):
        plan = lp.LRP(Small(), presets.EpsilonGamma()).plan(torch.ones(2, 4), reference=0.0)
    assert [(row.op, not row.rule) for row in plan] == [
        ("linear", False),
        ("tanh", True),
        ("softmax", True),
        ("mul", True),
        ("sort", True),
    ]
    whys = [row.why for row in plan][1:]
    assert whys == [
        "difference: slope of the secant",
        "difference: written out",
        "difference: each factor beside the mean of the others",
        "difference: no exact way known, plain gradient",
    ]


def test_an_op_of_the_users_own_follows_the_secant() -> None:
    x, r = drawn(3, 6).abs(), drawn(3, 6, seed=9).abs()
    explainer = lp.LRP(
        Model(lambda a: torch.lgamma(a)),
        presets.Epsilon(0),
        strict=True,
        ops={torch.lgamma: own.activation("lgamma")},
    )
    relevance = explainer.explain(x, torch.ones_like, reference=r).relevance
    close(relevance, torch.lgamma(x) - torch.lgamma(r))
