"""A rule of the user's own whose formula is not what it should be."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import select
from lrprism.rules import AbstractAffineRule, Constant, Contributions, Part, Term


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
