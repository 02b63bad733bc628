"""A rule of the user's own whose formula is not what it should be."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import select
from lrprism.rules import (
    AbstractAffineRule,
    AlphaBeta,
    Constant,
    Contributions,
    Epsilon,
    Flat,
    Gamma,
    Part,
    Sign,
    Term,
    WSquare,
    ZBox,
    ZPlus,
)


@dataclass(frozen=True, eq=False)
class Returning(AbstractAffineRule):
    returned: Any

    def terms(self) -> Any:
        return self.returned


def explain_returned(returned: Any) -> torch.Tensor:
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.data.copy_(torch.tensor([[2.0, -1.0]]))
    return lp.LRP(layer, [(select.last(), Returning(returned))]).explain(torch.tensor([[3.0, 4.0]])).relevance


@pytest.mark.parametrize("returned", [Term((Part(),)), Contributions(), None, (Part(),), Term, ["plain"]])
def test_terms_that_are_no_tuple_of_terms_are_refused(returned: Any) -> None:
    words = (
        f"Returning.terms() should return a tuple of Term or Contributions. Found {returned!r}. "
        "Try return (Contributions(),), with the comma, for a single one."
    )
    with pytest.raises(lp.RuleError, match=f"^{re.escape(words)}$"):
        explain_returned(returned)


@pytest.mark.parametrize("parts", [Part(), (Constant(1.0),), None, (part for part in (Part(),))])
def test_parts_that_are_no_tuple_of_parts_are_refused(parts: Any) -> None:
    words = (
        f"the parts of each Term in Returning.terms() should be a tuple of Part. Found {parts!r}. "
        "Try Term((Part(),)), with the comma, for a single one."
    )
    with pytest.raises(lp.RuleError, match=f"^{re.escape(words)}$"):
        explain_returned((Term(parts),))


@pytest.mark.parametrize(
    "returned",
    [(Contributions(),), [Term((Part(),))], [Term([Part()])], (term for term in [Contributions()])],
)
def test_terms_in_any_row_share_relevance(returned: Any) -> None:
    assert explain_returned(returned).tolist() == [[6.0, -4.0]]


@pytest.mark.parametrize(
    "rule", [Epsilon(0.1), Gamma(0.25), WSquare(), Flat(), ZBox(0, 1), Returning((Term((Part(),)),))]
)
def test_a_rule_that_knows_no_sign_is_its_own_on_differences(rule: AbstractAffineRule) -> None:
    assert rule.of_differences is rule


@pytest.mark.parametrize(("rule", "parts"), [(ZPlus(0.5), 2), (AlphaBeta(2, 1, 0.5), 4)])
def test_a_rule_of_one_sign_has_a_term_for_each_sign_of_the_difference(
    rule: AbstractAffineRule, parts: int
) -> None:
    signed = rule.of_differences
    assert len(signed.stated) == parts
    assert {term.outputs for term in signed.stated} == {Sign.POSITIVE, Sign.NEGATIVE}
    assert signed.stabilizer == rule.stabilizer
    assert signed.of_differences is signed
