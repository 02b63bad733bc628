"""All steps of a recurrent layer as one call: what they are written out, with one row in plan and account."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES, NO_CONVOLUTION
from lrprism import Composite, presets, rules, select
from lrprism.attribution.plan import Plan
from lrprism.composites import AbstractComposite
from lrprism.composites.within import Within
from lrprism.engine import Assignment, Facts
from lrprism.errors import RuleError
from lrprism.ops import Call, Kind
from lrprism.stabilizers import NormScaled, Unsigned
from small_models import Model, close, explained, numbers

pytestmark = [LITTLE_ARRIVES, NO_CONVOLUTION]

KINDS = ["LSTM", "GRU", "RNN"]
LINEAR = select.kind(Kind.LINEAR)
RULES = [rules.Epsilon(0), rules.Epsilon(0.05), rules.Epsilon(Unsigned(0.3))]


def whole(rule: rules.Epsilon) -> AbstractComposite:
    return Composite([(LINEAR, rule)])


def in_steps(rule: rules.Epsilon) -> AbstractComposite:
    """The same rule, meant for linear layers by their name: each step is a call of its own."""
    return Composite([(select.op("linear"), rule)])


def two_layers(kind: str, *, batch_first: bool = False) -> nn.RNNBase:
    torch.manual_seed(1)
    return getattr(nn, kind)(3, 4, 2, bidirectional=True, batch_first=batch_first, dropout=0.5).double()


def end_of(state: Tensor | tuple[Tensor, ...]) -> Tensor:
    return torch.cat(state) if isinstance(state, tuple) else state


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("batch_first", [False, True])
def test_outputs_and_last_states_of_stacked_layers(
    kind: str, rule: rules.Epsilon, *, batch_first: bool
) -> None:
    network = two_layers(kind, batch_first=batch_first)
    (a,) = numbers((2, 5, 3) if batch_first else (5, 2, 3))

    def run(a: Tensor) -> Tensor:
        outputs, state = network(a)
        return torch.cat([outputs.flatten(), end_of(state).flatten()])[None]

    models = [Model(run, network)] * 2
    maps = [
        explained(model, a, composite=how(rule), seed=torch.sin)[0]
        for model, how in zip(models, (whole, in_steps), strict=True)
    ]
    assert maps[0].any()
    close(*maps)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [[4, 4, 4], [4, 3, 1]])
def test_packed_sequences(kind: str, lengths: list[int]) -> None:
    network = two_layers(kind)
    (a,) = numbers((4, 3, 3))

    def run(a: Tensor) -> Tensor:
        outputs, state = network(nn.utils.rnn.pack_padded_sequence(a, lengths))
        return torch.cat([outputs.data.flatten(), end_of(state).flatten()])[None]

    maps = [
        explained(Model(run, network), a, composite=how(RULES[1]), seed=torch.sin)[0]
        for how in (whole, in_steps)
    ]
    close(*maps)


class Classifier(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.steps = getattr(nn, kind)(3, 4, 2, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.steps(x)[0][:, -1])
        return scores


def classifier(kind: str) -> Classifier:
    torch.manual_seed(3)
    return Classifier(kind).double().eval()


def layers_in(plan: Plan) -> list[str]:
    return [row.op for row in plan if row.kind == "linear"]


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_one_row_for_each_layer_in_plan_and_account(kind: str) -> None:
    model = classifier(kind)
    (x,) = numbers((2, 5, 3))
    explainer = lp.LRP(model, presets.Epsilon(0.05))
    assert layers_in(explainer.plan(x)) == [kind.lower(), kind.lower(), "linear"]
    audits = [lp.LRP(model, how(RULES[1])).explain(x, audit=True).audit for how in (whole, in_steps)]
    kept = [(sum(row.to_bias for row in audit), sum(row.to_stabilizer for row in audit)) for audit in audits]
    assert kept[0] == pytest.approx(kept[1], rel=1e-10)
    assert abs(audits[0].unaccounted) < 1e-9
    rows = [row for row in audits[0] if row.op == kind.lower()]
    assert len(rows) == 2
    assert all(row.to_bias and row.to_stabilizer and not row.to_unknown for row in rows)


def test_the_first_step_of_a_gru_is_written_out_where_its_reset_gate_scales_a_bias() -> None:
    model = classifier("GRU")
    (x,) = numbers((2, 5, 3))
    found = layers_in(lp.LRP(model, presets.Epsilon(0.05)).plan(x))
    assert found.count("gru") == 2
    assert found.count("linear") == 2 * 3 + 1  # two gates and the signal, of each layer; the head


@pytest.mark.parametrize("kind", KINDS)
def test_all_classes_and_inner_layers(kind: str) -> None:
    model = classifier(kind)
    (x,) = numbers((2, 5, 3))
    explainer = lp.LRP(model, presets.Epsilon(0.05))
    of_all = explainer.explain(x, "all", layers=["steps"])
    for target in range(3):
        alone = explainer.explain(x, target, layers=["steps"])
        close(of_all.relevance[target], alone.relevance)
        for all_targets, one in zip(of_all.layers["steps"], alone.layers["steps"], strict=True):
            close(all_targets[target], one)
    in_each = lp.LRP(model, in_steps(RULES[1])).explain(x, "all", layers=["steps"])
    fast = lp.LRP(model, whole(RULES[1])).explain(x, "all", layers=["steps"])
    close(fast.relevance, in_each.relevance)
    for one, other in zip(fast.layers["steps"], in_each.layers["steps"], strict=True):
        close(one, other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_near_double_precision(kind: str, dtype: torch.dtype) -> None:
    model = classifier(kind)
    (x,) = numbers((2, 5, 3))
    expected = lp.LRP(model, presets.Epsilon(0.05)).explain(x, 1).relevance
    relevance = lp.LRP(model.to(dtype), presets.Epsilon(0.05)).explain(x.to(dtype), 1).relevance
    assert relevance.dtype is dtype
    assert (relevance.double() - expected).norm() < 0.05 * expected.norm()


WHOLE = {
    "LRP-0": presets.Epsilon(0),
    "a preset for convolutions": presets.EpsilonGamma(),
    "constant gates": presets.CPLRP(),
    "no rule": Composite([]),
    "by module": Composite([(select.module("steps") & LINEAR, rules.Epsilon(0.1))]),
    "by class": Composite([(select.module_type(nn.LSTM), rules.Epsilon(0.1))]),
    "by its name": Composite([(select.op("lstm"), rules.Epsilon(0.1))]),
    "within": Within("steps", presets.Epsilon(0.1)),
}
IN_STEPS = {
    "shared gates": presets.AttnLRP(),
    "a flat input": presets.EpsilonPlusFlat(),
    "first and last": presets.Hyper3DNetTutorial(),
    "gamma": Composite([(LINEAR, rules.Gamma(0.25))]),
    "no bias": presets.Epsilon(0.1, bias=False),
    "a step in proportion": Composite([(LINEAR, rules.Epsilon(NormScaled(0.1)))]),
    "the last two": Composite([(select.last(2), rules.Epsilon(0.1)), (LINEAR, rules.Epsilon(0))]),
    "not the last": Composite([(~select.last(), rules.Epsilon(0.1))]),
    "a predicate": Composite([(select.where(lambda call, _: call.index > 9), rules.Epsilon(0.1))]),
    "linear layers by name": Composite([(select.op("linear"), rules.Epsilon(0.1))]),
}


@pytest.mark.parametrize("name", [*WHOLE, *IN_STEPS])
def test_steps_are_calls_of_their_own_where_a_rule_may_tell_them_apart(name: str) -> None:
    (x,) = numbers((2, 5, 3))
    found = layers_in(lp.LRP(classifier("LSTM"), (WHOLE | IN_STEPS)[name]).plan(x))
    assert ("lstm" in found) is (name in WHOLE)


def test_a_rule_that_was_not_among_the_entries_is_refused() -> None:
    class Late(AbstractComposite):
        def entries(self) -> list[tuple[select.AbstractSelector, rules.AbstractRule]]:
            return [(LINEAR, rules.Epsilon(0.1))]

        def assign(self, calls: Sequence[Call], facts: Facts) -> Assignment:
            chosen = super().assign(calls, facts)
            return {
                call: choice._replace(rule=rules.Gamma(0.25) if call.name == "lstm" else None)
                for call, choice in chosen.items()
            }

    (x,) = numbers((2, 5, 3))
    with pytest.raises(RuleError, match=r"more than LRP-ε should be among the entries\(\).*lstm in module"):
        lp.LRP(classifier("LSTM"), Late()).explain(x)
