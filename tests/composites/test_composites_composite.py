"""How a composite gives rules, what it refuses, and what a plan shows of it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets, select
from lrprism.composites import AbstractComposite, Composite, Within
from lrprism.composites.composite import Entry
from lrprism.composites.selectors import AbstractSelector
from lrprism.engine import Assignment, Choice
from lrprism.rules import AbstractRule, AlphaBeta, Epsilon, Flat, Gamma, Pass, Uniform, WSquare, ZBox, ZPlus
from lrprism.stabilizers import Clip, Unsigned

LINEAR = select.kind(select.Kind.LINEAR)
ANY = select.module("*")
X = torch.rand(2, 4, generator=torch.Generator().manual_seed(0))


class Gate(nn.Module):
    """A linear layer and a gate from another, with a layer norm behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.signal, self.gate = nn.Linear(4, 4), nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.signal(x) * self.gate(x).sigmoid()) + x.mean(1, keepdim=True)


def rules_of(model: nn.Module, composite: AbstractComposite | Sequence[Entry]) -> dict[str, tuple[str, str]]:
    return {row.op: (row.rule, row.why) for row in lp.LRP(model, composite).plan(X)}


def test_a_rule_that_cannot_serve_an_op_leaves_it_to_the_next_entry() -> None:
    found = rules_of(Gate(), [(ANY, Uniform()), (ANY, ZPlus()), (ANY, Epsilon())])
    assert found["mul"] == ("Uniform()", "module *")
    assert found["linear"] == ("ZPlus(eps=1e-06)", "module *")
    assert found["layer_norm"] == ("Epsilon(eps=1e-06)", "module *")
    assert found["sigmoid"] == ("", "activation: relevance passes unchanged")


def test_what_no_entry_mentions_goes_its_own_way_and_says_so() -> None:
    found = rules_of(nn.Sequential(Gate(), nn.Softmax(1), nn.Dropout(), nn.Flatten()), [])
    assert found == {
        "linear": ("", "no selector matches: plain gradient"),
        "sigmoid": ("", "activation: relevance passes unchanged"),
        "mul": ("SignalTakesAll()", "default for products"),
        "layer_norm": ("", "normalization: statistics are constants"),
        "mean": ("", "no selector matches: plain gradient"),
        "add": ("", "routing: plain gradient"),
        "softmax": ("", "softmax: plain gradient"),
        "dropout": ("", "switched off while explaining"),
        "flatten": ("", "routing: plain gradient"),
    }


def test_a_list_is_a_composite_and_so_is_a_class_of_the_user_s_own() -> None:
    entries = [(select.first(), Gamma()), (LINEAR, Epsilon())]

    @dataclass(frozen=True)
    class Own(AbstractComposite):
        def entries(self) -> Sequence[Entry]:
            return entries

    expected = rules_of(Gate(), entries)
    assert rules_of(Gate(), lp.Composite(entries)) == rules_of(Gate(), Own()) == expected


@pytest.mark.parametrize("rule", [ZBox(0.0, 1.0), WSquare(), Flat()])
@pytest.mark.parametrize("between", [nn.ReLU(), nn.Linear(4, 4), nn.LayerNorm(4), nn.Softmax(1)])
def test_rules_for_the_input_are_refused_elsewhere(rule: AbstractRule, between: nn.Module) -> None:
    model = nn.Sequential(between, nn.Linear(4, 3))
    words = (
        rf"{type(rule).__name__} should serve the first op behind an input, with nothing but moves and "
        r"constant shifts and scales between: it gives relevance to inputs that are zero\. "
        r"Found linear in module '1' by the selector 'last affine op'\. Try select\.at_input\(\)\."
    )
    explainer = lp.LRP(model, [(select.last(), rule)])
    with pytest.raises(lp.RuleError, match=words):
        explainer.explain(X)
    with pytest.raises(lp.RuleError, match=words):
        explainer.plan(X)


@pytest.mark.parametrize("rule", [ZBox(0.0, 1.0), WSquare(), Flat()])
def test_rules_for_the_input_serve_behind_moves_shifts_and_scales(rule: AbstractRule) -> None:
    class Shifted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 3, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(((x - 0.5) / 0.25).flip(1).view(-1, 4))

    (row,) = [row for row in lp.LRP(Shifted(), [(select.at_input(), rule)]).plan(X) if row.rule]
    assert (row.module, row.rule, row.why) == ("layer", repr(rule), "affine op at the input")


@pytest.mark.parametrize(
    ("op", "accepted", "rule", "where"),
    [
        ("linear", "AffineRule or Pass", Uniform(), "'signal'"),
        ("mul", "ProductRule", Epsilon(), "''"),
        ("mul", "ProductRule", Pass(), "''"),
        ("layer_norm", "Epsilon or Pass", Gamma(), "'norm'"),
        ("mean", "Epsilon", ZPlus(), "''"),
        ("sigmoid", "no rule", Epsilon(), "''"),
    ],
)
def test_an_entry_whose_rule_serves_none_of_its_ops_is_refused(
    op: str, accepted: str, rule: AbstractRule, where: str
) -> None:
    words = (
        f"{op} should get {accepted}. Found {rule!r} for {op} in module {where}. Narrow the selector '{op}'."
    )
    with pytest.raises(lp.RuleError, match=f"^{re.escape(words)}$"):
        lp.LRP(Gate(), [(select.op(op), rule)]).plan(X)


def test_a_selector_that_means_nothing_is_said() -> None:
    explainer = lp.LRP(Gate(), [(select.module("nowhere"), Epsilon()), (select.op("conv3d"), Gamma())])
    words = (
        r"^selectors should mean at least one op\. Found none for 'module nowhere' among signal, gate, norm, "
        r"\(model\); none for 'conv3d' among linear\. See print\(explainer\.plan\(inputs\)\)\.$"
    )
    with pytest.warns(lp.RelevanceWarning, match=words):
        explainer.plan(X)


class Blocks(nn.Module):
    """Seven layers in a module of their own, and a convolution merged with the batch norm behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(1, 1, 1), nn.BatchNorm1d(1))
        self.blocks = nn.Sequential(*(nn.Linear(4, 4) for _ in range(7)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(self.stem(x.unsqueeze(1)).flatten(1))


SPOTS = "conv1d + batch_norm in stem.0, linear in blocks.0, linear in blocks.1, linear in blocks.2, "
SPOTS += "linear in blocks.3, ..."
PATHS = "stem.0, blocks.0, blocks.1, blocks.2, blocks.3, ..."


@pytest.mark.parametrize(
    ("selector", "rule", "found"),
    [
        (select.op("linaer"), Gamma(), "'linaer' among conv1d + batch_norm, linear (perhaps 'linear')"),
        (
            select.op("batch_norm"),
            Epsilon(),
            "'batch_norm' among conv1d + batch_norm, linear (perhaps 'conv1d + batch_norm')",
        ),
        (select.module("blocks"), Gamma(), f"'module blocks' among {PATHS} (perhaps 'blocks.*')"),
        (select.module("block.1"), Gamma(), f"'module block.1' among {PATHS} (perhaps 'blocks.1')"),
        (select.kind(select.Kind.AVERAGE_POOLING), Gamma(), "'average pooling' among convolution, linear"),
        (select.kind(select.Kind.PRODUCT), Uniform(), "'product' as no op takes Uniform()"),
        (select.module_type(nn.Conv2d), Gamma(), "'Conv2d' among Conv1d, Linear (perhaps 'Conv1d')"),
        (select.position(9), Gamma(), f"'affine ops [9:]' among {SPOTS}"),
        (
            select.last() & select.kind(select.Kind.CONVOLUTION),
            Gamma(),
            f"'(last affine op & convolution)' among {SPOTS}",
        ),
    ],
)
def test_what_there_was_to_choose_from_is_said(
    selector: AbstractSelector, rule: AbstractRule, found: str
) -> None:
    words = (
        f"selectors should mean at least one op. Found none for {found}. See print(explainer.plan(inputs))."
    )
    with pytest.warns(lp.RelevanceWarning, match=f"^{re.escape(words)}$"):
        lp.LRP(Blocks().eval(), [(selector, rule), (LINEAR, Epsilon())]).plan(X)


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (Epsilon(), "Epsilon(eps=1e-06)"),
        (Epsilon(0, bias=False), "Epsilon(eps=0, bias=False)"),
        (Epsilon(Unsigned(1e-9)), "Epsilon(eps=Unsigned(eps=1e-09))"),
        (Gamma(0.1, Clip(0.5)), "Gamma(gamma=0.1, eps=Clip(eps=0.5))"),
        (AlphaBeta(1.4, 0.4, bias=False), "AlphaBeta(alpha=1.4, beta=0.4, eps=1e-06, bias=False)"),
        (ZPlus(0.5), "ZPlus(eps=0.5)"),
        (ZBox(-1, 2.5), "ZBox(low=-1, high=2.5, eps=1e-06)"),
        (WSquare(bias=False), "WSquare(eps=1e-06, bias=False)"),
        (Flat(0), "Flat(eps=0)"),
        (Pass(), "Pass()"),
    ],
)
def test_a_plan_shows_a_rule_with_its_settings(rule: AbstractRule, shown: str) -> None:
    plan = lp.LRP(nn.Sequential(nn.Linear(4, 4)), [(LINEAR, rule)]).plan(X)
    assert plan[0].rule == repr(rule) == shown
    assert shown in str(plan)


@pytest.mark.parametrize(
    "make", [lambda: lp.presets.AttnLRP(-1), lambda: lp.presets.EpsilonGammaBox(2.0, 1.0)]
)
def test_impossible_settings_of_a_preset_are_refused_at_once(make: Callable[[], object]) -> None:
    with pytest.raises(lp.RuleError, match=r"Found (-1|low=2\.0, high=1\.0)\."):
        make()


@pytest.mark.parametrize(
    "norm", [nn.BatchNorm1d(2), nn.LayerNorm(2), nn.GroupNorm(1, 2), nn.InstanceNorm1d(2)]
)
def test_a_preset_without_bias_leaves_the_bias_of_a_norm_out(norm: nn.Module) -> None:
    if norm.weight is not None:
        norm.bias.data += 3.0
    model, x = nn.Sequential(nn.ReLU(), norm, nn.ReLU()).double(), torch.rand(3, 2, 4, dtype=torch.float64)
    x = x.movedim(1, 2) if isinstance(norm, nn.LayerNorm) else x
    explainer = lp.LRP(model, lp.presets.Epsilon(0, bias=False))
    audit = explainer.explain(x, torch.ones_like, audit=True).audit
    assert audit is not None
    assert audit.explained > 1
    assert audit.reached == pytest.approx(audit.explained, rel=1e-9)


def test_bounds_of_many_numbers_are_shown_by_their_shape() -> None:
    rule = ZBox(torch.zeros(2, 1, 1), torch.ones(2, 4, 4))
    assert repr(rule) == "ZBox(low=Tensor(2, 1, 1), high=Tensor(2, 4, 4), eps=1e-06)"


@pytest.mark.parametrize(
    ("composite", "expected"),
    [
        (presets.Epsilon(), (False, True)),
        (presets.Epsilon(0), (False, False)),
        (presets.AttnLRP(), (False, False)),
        (presets.EpsilonAlpha2Beta1(), (False, True)),
        (presets.Epsilon(bias=False), (True, True)),
        (presets.EpsilonPlusFlat(), (True, True)),
        (Within("network", presets.EpsilonGamma()), (False, True)),
        (Composite([(select.kind(select.Kind.LINEAR), Gamma())]), (True, True)),
        (Composite([(select.kind(select.Kind.NORMALIZATION), Pass())]), (True, True)),
        (Composite([(select.kind(select.Kind.PRODUCT), Uniform())]), (False, False)),
    ],
)
def test_what_the_rules_ask_of_linear_layers_and_of_outputs(
    composite: AbstractComposite, expected: tuple[bool, bool]
) -> None:
    assert (composite.needs.inputs, composite.needs.outputs) == expected


def test_a_rule_from_elsewhere_than_the_entries_is_refused_where_its_input_is_gone() -> None:
    @dataclass(frozen=True)
    class Secretive(AbstractComposite):
        def entries(self) -> list[Any]:
            return [(select.last(), Epsilon())]

        def assign(self, calls: Any, facts: Any) -> Assignment:
            del facts
            return {call: Choice(ZPlus(), "") for call in calls}

    with pytest.raises(lp.RuleError, match=r"among the entries\(\) .* Found ZPlus\(eps=1e-06\) for linear"):
        lp.LRP(nn.Linear(2**8, 2), Secretive()).explain(torch.rand(2**8, 2**8), 0)


def test_a_difference_takes_the_rules_of_layers_and_its_own_ways_for_the_rest() -> None:
    product = select.kind(select.Kind.PRODUCT)
    composite = [(product, Uniform()), (LINEAR, Gamma(0.25, eps=1e-3))]
    plan = lp.LRP(Gate(), composite).plan(X, reference=0.0)
    assert [(row.op, row.rule, row.why) for row in plan] == [
        ("linear", "Gamma(gamma=0.25, eps=0.001)", "linear"),
        ("linear", "Gamma(gamma=0.25, eps=0.001)", "linear"),
        ("sigmoid", "", "difference: slope of the secant"),
        ("mul", "", "difference: each factor beside the mean of the others"),
        ("layer_norm", "", "difference: written out"),
        ("mean", "", "no selector matches: plain gradient"),
        ("add", "", "difference: moves, sums and maxima, exactly"),
    ]


def test_a_layer_that_is_left_out_passes_its_difference_on() -> None:
    norm = nn.BatchNorm1d(3).double().eval()
    norm.running_var.fill_(4.0)
    x, r = torch.tensor([[3.0, 1.0, 2.0]]).double(), torch.tensor([[1.0, 1.0, 5.0]]).double()
    relevance = lp.LRP(norm, [(ANY, Pass())]).explain(x, torch.ones_like, reference=r).relevance
    torch.testing.assert_close(relevance, (norm(x) - norm(r)).detach())
