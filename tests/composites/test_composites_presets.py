"""The rule that each preset gives to each op, read from plans."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets, select
from lrprism.composites import AbstractComposite
from lrprism.rules import AbstractRule, AlphaBeta, Epsilon, Flat, Gamma, SignalTakesAll, Uniform, ZBox, ZPlus
from lrprism.stabilizers import Unsigned


class Gated(nn.Module):
    """A small network whose first layer in the order of execution is registered last."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.hidden = nn.Linear(4, 4)
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.middle = nn.Conv1d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm1d(4)
        self.first = nn.Conv1d(2, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.norm(self.first(x)).relu()
        a = self.middle(a)
        a = self.pool(a * a.mean(2, keepdim=True).sigmoid()).flatten(1)
        return self.head(self.hidden(a).relu())


class ConvolutionAndAttention(nn.Module):
    """Tokens from a convolution, mixed by attention."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Conv1d(2, 4, 3)
        self.mix = nn.Linear(4, 12)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.mix(self.tokens(x).relu().transpose(1, 2)).chunk(3, -1)
        return self.head(F.scaled_dot_product_attention(query, key, value).mean(1))


X = torch.rand(2, 2, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TUTORIAL = Unsigned(1e-9)
ROWS = ["first", "middle", "(mean)", "(mul)", "pool", "hidden", "head"]
# a preset, and its rules for the first convolution, the middle one, linear layers and pooling, products
CASES: list[tuple[AbstractComposite, AbstractRule, AbstractRule, AbstractRule, AbstractRule]] = []
for bias in (True, False):
    eps, gate = Epsilon(0.01, bias), SignalTakesAll()
    plus, two_one, gamma = ZPlus(0.01, bias), AlphaBeta(2, 1, 0.01, bias), Gamma(0.5, 0.01, bias)
    CASES += [
        (presets.Epsilon(0.01, bias), eps, eps, eps, gate),
        (presets.EpsilonGamma(0.5, 0.01, bias), gamma, gamma, eps, gate),
        (presets.EpsilonGammaBox(-1.0, 2.0, 0.5, 0.01, bias), ZBox(-1.0, 2.0, 0.01), gamma, eps, gate),
        (presets.EpsilonPlus(0.01, bias), plus, plus, eps, gate),
        (presets.EpsilonPlusFlat(0.01, bias), Flat(0.01), plus, eps, gate),
        (presets.EpsilonAlpha2Beta1(0.01, bias), two_one, two_one, eps, gate),
        (presets.EpsilonAlpha2Beta1Flat(0.01, bias), Flat(0.01), two_one, eps, gate),
        (presets.AttnLRP(0.01, bias), eps, eps, eps, Uniform()),
        (presets.CPLRP(0.01, bias), eps, eps, eps, gate),
    ]
CASES += [(presets.Hyper3DNetTutorial(), Epsilon(TUTORIAL), Gamma(0.25, TUTORIAL), Epsilon(TUTORIAL), gate)]


def read_plan(model: nn.Module, composite: AbstractComposite) -> dict[str, str]:
    """The rule of each op that can have one: by module, or by name where it is no module's own."""
    plan = lp.LRP(model.double(), composite, strict=True).plan(X)
    return {row.module or f"({row.op})": row.rule for row in plan if row.rule}


@pytest.mark.parametrize(("composite", "first", "middle", "dense", "product"), CASES, ids=str)
def test_each_op_gets_its_rule(
    composite: AbstractComposite,
    first: AbstractRule,
    middle: AbstractRule,
    dense: AbstractRule,
    product: AbstractRule,
) -> None:
    expected = [first, middle, dense, product, dense, dense, dense]
    rules = read_plan(Gated(), composite)
    assert rules == {row: repr(rule) for row, rule in zip(ROWS, expected, strict=True)}
    assert list(rules) == ROWS


@pytest.mark.parametrize(("composite", "first", "middle", "dense", "product"), CASES, ids=str)
@expected_warnings.LITTLE_ARRIVES
@expected_warnings.OUTSIDE_THE_BOX
def test_relevance_is_that_of_the_same_rules_given_one_by_one(
    composite: AbstractComposite,
    first: AbstractRule,
    middle: AbstractRule,
    dense: AbstractRule,
    product: AbstractRule,
) -> None:
    torch.manual_seed(0)
    model = Gated().double()
    entries = [
        (select.module("first"), first),
        (select.module("middle"), middle),
        (select.module("h*") | select.module("pool") | select.op("mean"), dense),
        (select.op("mul"), product),
    ]
    relevance, expected = (lp.LRP(model, rules).explain(X).relevance for rules in (composite, entries))
    torch.testing.assert_close(relevance, expected, rtol=0, atol=0)
    assert relevance.abs().sum() > 0


@pytest.mark.parametrize(
    ("composite", "first", "dense", "product"), [(*c[:2], *c[3:]) for c in CASES], ids=str
)
def test_one_composite_serves_convolution_and_attention_together(
    composite: AbstractComposite, first: AbstractRule, dense: AbstractRule, product: AbstractRule
) -> None:
    torch.manual_seed(0)
    model = ConvolutionAndAttention().double()
    assert read_plan(model, composite) == {
        "tokens": repr(first),
        "mix": repr(dense),
        "(scaled_dot_product_attention)": repr(product),
        "(mean)": repr(dense),
        "head": repr(dense),
    }
    explanation = lp.LRP(model, composite).explain(X)
    assert torch.isfinite(explanation.relevance).all()
    assert (explanation.relevance.flatten(1).abs().sum(1) > 0).all()


@pytest.mark.parametrize("flat", [presets.EpsilonPlusFlat(), presets.EpsilonAlpha2Beta1Flat()])
def test_the_flat_rule_serves_a_linear_layer_at_the_input_and_the_box_does_not(
    flat: AbstractComposite,
) -> None:
    model, x = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)), torch.rand(2, 4)
    for composite, first in ((flat, Flat()), (presets.EpsilonGammaBox(0.0, 1.0), Epsilon())):
        rules = [row.rule for row in lp.LRP(model, composite).plan(x) if row.rule]
        assert rules == [repr(first), repr(Epsilon())]


def test_the_tutorial_keeps_lrp_0_at_both_ends_and_gamma_between() -> None:
    layers = [nn.Conv1d(2, 4, 3), nn.Conv1d(4, 4, 3), nn.Conv1d(4, 4, 3), nn.Conv1d(4, 3, 2), nn.Flatten()]
    plan = lp.LRP(nn.Sequential(*layers).double(), presets.Hyper3DNetTutorial()).plan(X)
    rules, ends = [row.rule for row in plan], repr(Epsilon(TUTORIAL))
    assert rules == [ends, repr(Gamma(0.25, TUTORIAL)), ends, ends, ""]


def test_without_a_composite_it_is_epsilon_gamma() -> None:
    model = Gated().double()
    assert lp.LRP(model).plan(X) == lp.LRP(model, presets.EpsilonGamma(0.25, 1e-6)).plan(X)
