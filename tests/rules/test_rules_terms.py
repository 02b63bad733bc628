"""The language of affine rules: weights of contributions, and the general form that says the same."""

from dataclasses import dataclass
from itertools import product

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import select
from lrprism.rules import AbstractAffineRule, Constant, Contributions, Part, Sign, Term, per_channel


@pytest.mark.parametrize(("positive", "negative"), list(product([0, 0.5, 1, 3], repeat=2)))
def test_weights_are_weighed_by_sign(positive: float, negative: float) -> None:
    w = torch.tensor([2.0, -1.0, 0.0])
    contributions = Contributions(positive, negative)
    expected = [2 * positive, -negative, 0.0]
    torch.testing.assert_close(contributions.weigh(w), torch.tensor(expected, dtype=torch.float32))
    swapped = [2 * negative, -positive, 0.0]
    torch.testing.assert_close(contributions.weigh_reversed(w), torch.tensor(swapped, dtype=torch.float32))
    assert w.tolist() == [2.0, -1.0, 0.0]


@dataclass(frozen=True)
class AsTerms(AbstractAffineRule):
    """Contributions, in the general form or as they are."""

    contributions: tuple[Contributions, ...]
    is_general: bool

    def terms(self) -> tuple[Term | Contributions, ...]:
        return tuple(
            contribution.as_term() if self.is_general else contribution for contribution in self.contributions
        )


@pytest.mark.parametrize(
    "contributions",
    [
        (Contributions(),),
        (Contributions(2, 2),),
        (Contributions(1, 0, bias=False),),
        (Contributions(1, 0, factor=2), Contributions(0, 1, factor=-1)),
        (Contributions(3, 1, Sign.POSITIVE), Contributions(1, 3, Sign.NEGATIVE)),
    ],
)
def test_the_general_form_gives_the_same_relevance(contributions: tuple[Contributions, ...]) -> None:
    torch.manual_seed(0)
    layer, a = nn.Linear(5, 3).double(), torch.randn(4, 5, dtype=torch.float64)

    def explain(*, is_general: bool) -> Tensor:
        rule = AsTerms(contributions, is_general)
        relevance = lp.LRP(layer, [(select.last(), rule)]).explain(a).relevance
        assert isinstance(relevance, Tensor)
        return relevance

    torch.testing.assert_close(explain(is_general=True), explain(is_general=False), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("contributions", "traits"),
    [
        (Contributions(), (True, False, False)),
        (Contributions(1, 0), (False, True, False)),
        (Contributions(0, 1), (False, True, False)),
        (Contributions(0, 0), (False, False, False)),
        (Contributions(2, 1, Sign.POSITIVE), (False, False, True)),
        (Contributions(1, 2, Sign.NEGATIVE), (False, False, True)),
        (Contributions(1, 2, Sign.POSITIVE), (False, False, False)),
        (Contributions(1, 0, Sign.POSITIVE), (False, False, True)),
    ],
)
def test_traits_of_contributions(contributions: Contributions, traits: tuple[bool, ...]) -> None:
    assert (contributions.is_plain, contributions.is_pure, contributions.favours) == traits


def test_a_term_counts_the_bias_where_a_part_does() -> None:
    without = Part(inputs=Constant(1.0), bias=False)
    assert Term((without, Part())).counts_bias
    assert not Term((without,)).counts_bias
    assert Contributions().counts_bias
    assert not Contributions(bias=False).counts_bias


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((2, 3, 4), (1, 3, 1)), ((2, 3, 4, 5), (1, 3, 1, 1)), ((2, 3), (3,)), ((2, 4, 3), (3,))],
)
def test_a_row_of_numbers_is_one_per_channel(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert per_channel(torch.ones(3), shape).shape == expected


def test_a_term_of_one_sign_is_split_by_the_sign_of_the_output() -> None:
    # z+ on a difference: where z grows, what is positive; where it falls, what is negative
    positive = Contributions(1, 0, bias=False, factor=2)
    assert positive.split_by_sign() == (
        Contributions(1, 0, Sign.POSITIVE, factor=2, bias=False),
        Contributions(0, 1, Sign.NEGATIVE, factor=2, bias=False),
    )
    assert Contributions(0, 3).split_by_sign() == (
        Contributions(0, 3, Sign.POSITIVE),
        Contributions(3, 0, Sign.NEGATIVE),
    )


@pytest.mark.parametrize(
    "contributions",
    [Contributions(), Contributions(2, 2), Contributions(2, 1, Sign.POSITIVE), Contributions(0, 0)],
)
def test_any_other_term_is_left_as_it_is(contributions: Contributions) -> None:
    assert contributions.split_by_sign() == (contributions,)
