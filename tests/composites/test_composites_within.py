"""Rules for the network alone, LRP-0 for the preprocessing in front of it."""

import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import Within, presets, select
from lrprism.composites import AbstractComposite
from lrprism.rules import Epsilon, Flat, Gamma, WSquare, ZBox

INPUT_RULES = [ZBox(-3.0, 3.0), Flat(), WSquare()]


class Model(nn.Module):
    """Steps, then a network with a channel axis in front of the bands."""

    def __init__(self, steps: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.steps, self.network = steps, network

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.network(self.steps(x).unsqueeze(1))
        return output


class Mix(nn.Module):
    """Three mixtures of five bands, as PCA makes them."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", torch.randn(3, 5))
        self.register_buffer("bias", torch.randn(3))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x.movedim(1, -1), self.weight, self.bias).movedim(-1, 1)


class Shift(nn.Module):
    """A constant shift and scale."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - 0.5) / 2


class Centre(nn.Module):
    """Each spectrum minus its mean, divided by its deviation: not affine."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(1, 4, (2, 3, 3)), nn.ReLU(), nn.Conv3d(4, 4, 2), nn.ReLU(), nn.Flatten(1),
        nn.LazyLinear(6), nn.ReLU(), nn.Linear(6, 3),
    )  # fmt: skip


def made(steps: Callable[[], nn.Module]) -> tuple[Model, Tensor]:
    torch.manual_seed(0)
    model = Model(steps(), network())
    x = torch.randn(2, 5, 5, 5, dtype=torch.float64)
    model(x.float())
    return model.double(), x


def alone(model: Model, x: Tensor, composite: AbstractComposite) -> tuple[Tensor, Tensor]:
    """The preprocessed input and its relevance for class 1 by the network alone."""
    z = model.steps(x)
    found = lp.LRP(model.network, composite, strict=True).explain(z.unsqueeze(1), 1).relevance
    assert isinstance(found, Tensor)
    return z, found.squeeze(1)


@pytest.mark.parametrize(
    "inner",
    [
        presets.Hyper3DNetTutorial(),
        presets.EpsilonGamma(),
        presets.EpsilonAlpha2Beta1(),
        lp.Composite([(select.position(1, 3), Gamma(0.5)), (select.module("network.*"), Epsilon(0.1))]),
    ],
    ids=lambda inner: type(inner).__name__,
)
def test_relevance_is_that_of_the_network_alone_carried_back_by_lrp_0(inner: AbstractComposite) -> None:
    model, x = made(Mix)
    own = inner
    if isinstance(inner, lp.Composite):  # the network alone has other paths
        own = lp.Composite([inner.rules[0], (select.module("*"), Epsilon(0.1))])
    z, relevance = alone(model, x, own)
    weight = model.steps.get_buffer("weight")
    expected = x * torch.einsum("kb,nkyx->nbyx", weight, relevance / z)
    found = lp.LRP(model, Within("network", inner), strict=True).explain(x, 1, audit=True)
    torch.testing.assert_close(found.relevance, expected, rtol=1e-9, atol=1e-12)
    assert found.audit is not None
    (step,) = [row for row in found.audit if row.module == "steps" and row.op == "linear"]
    bias = model.steps.get_buffer("bias")[:, None, None]
    assert step.to_bias == pytest.approx(float((bias * relevance / z).sum()), rel=1e-9)
    assert found.audit.unaccounted == pytest.approx(0, abs=1e-10)


def test_the_composite_alone_takes_the_step_for_the_first_layer() -> None:
    model, x = made(Mix)
    plan = {
        name: {row.module: row.rule for row in lp.LRP(model, composite).plan(x) if row.rule}
        for name, composite in (
            ("bare", presets.Hyper3DNetTutorial()),
            ("within", Within("network", presets.Hyper3DNetTutorial())),
        )
    }
    lrp_0 = "Epsilon(eps=Unsigned(eps=1e-09))"
    assert plan["within"]["network.0"] == lrp_0
    assert plan["within"]["steps"] == "Epsilon(eps=0)"
    assert plan["bare"]["network.0"].startswith("Gamma")
    assert plan["bare"]["steps"] == lrp_0


def test_plans_say_where_a_rule_comes_from() -> None:
    model, x = made(Mix)
    plan = lp.LRP(model, Within("network", presets.EpsilonGamma())).plan(x)
    why = {row.module: row.why for row in plan if row.rule}
    assert why["steps"] == "(outside network & convolution or linear)"
    assert why["network.0"] == "convolution in network"


def test_each_way_into_the_module_has_a_first_op() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right, self.top = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            output: Tensor = self.top(self.left(x).relu() + self.right(x.relu()).relu())
            return output

    model = nn.Sequential(nn.Linear(4, 3), Branches())
    inner = lp.Composite([(select.first(), Gamma(0.5)), (select.last(), Epsilon(0.1))])
    plan = lp.LRP(model, Within("1", inner)).plan(torch.randn(2, 4))
    assert {row.module: row.rule for row in plan if row.rule} == {
        "0": "Epsilon(eps=0)",
        "1.left": "Gamma(gamma=0.5, eps=1e-06)",
        "1.right": "Gamma(gamma=0.5, eps=1e-06)",
        "1.top": "Epsilon(eps=0.1)",
    }


def test_a_path_may_be_deep_and_what_follows_gets_lrp_0_too() -> None:
    model, x = made(Mix)
    found = {
        row.module: row.rule
        for row in lp.LRP(model, Within("network.0", presets.EpsilonGamma())).plan(x)
        if row.rule
    }
    assert found.pop("network.0").startswith("Gamma")
    assert set(found.values()) == {"Epsilon(eps=0)"}


@pytest.mark.parametrize("rule", INPUT_RULES, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize("selector", [select.at_input(), select.first(), select.op("conv3d")], ids=str)
@pytest.mark.parametrize("steps", [Mix, Centre])
def test_rules_for_the_input_are_refused_behind_more_than_a_shift(
    rule: ZBox | Flat | WSquare, selector: select.AbstractSelector, steps: type[nn.Module]
) -> None:
    model, x = made(steps)
    words = (
        rf"^{type(rule).__name__} should serve the first op behind the model's input, .*"
        r"Found conv3d in module 'network\.0', with other ops between it and the input\. Choose a composite"
    )
    with pytest.raises(lp.RuleError, match=words):
        lp.LRP(model, Within("network", lp.Composite([(selector, rule)]))).plan(x)


def test_the_box_of_a_preset_is_refused_rather_than_left_out() -> None:
    model, x = made(Mix)
    with pytest.raises(lp.RuleError, match="ZBox should serve the first op behind the model's input"):
        lp.LRP(model, Within("network", presets.EpsilonGammaBox(-3.0, 3.0))).explain(x)


def test_the_box_is_refused_at_a_convolution_merged_with_a_batch_norm_in_front() -> None:
    model, x = made(Mix)
    model.network.insert(0, nn.BatchNorm3d(1))
    with pytest.raises(lp.RuleError, match=r"Found batch_norm \+ conv3d in module 'network\.1'"):
        lp.LRP(model.double(), Within("network", presets.EpsilonGammaBox(-3.0, 3.0))).plan(x)


@pytest.mark.parametrize("rule", INPUT_RULES, ids=lambda rule: type(rule).__name__)
def test_rules_for_the_input_are_exact_behind_a_shift_and_scale(rule: ZBox | Flat | WSquare) -> None:
    model, x = made(Shift)
    inner = lp.Composite([(select.at_input(), rule), (select.kind(select.Kind.LINEAR), Epsilon())])
    _, relevance = alone(model, x, inner)
    found = lp.LRP(model, Within("network", inner)).explain(x, 1).relevance
    assert float(relevance.abs().sum()) > 0
    torch.testing.assert_close(found, relevance, rtol=1e-9, atol=1e-12)


def test_a_path_without_ops_is_refused() -> None:
    model, x = made(Mix)
    words = (
        r"^path should name a module in which ops run\. Found 'netwrok', but ops in \(model\), network\.0, "
    )
    with pytest.raises(lp.RuleError, match=words):
        lp.LRP(model, Within("netwrok", presets.Epsilon())).explain(x)


def test_a_list_in_the_place_of_a_composite_is_refused() -> None:
    with pytest.raises(lp.RuleError, match=r"^inner should be a composite .*\. Found \[\]\. Wrap a list"):
        Within("network", [])  # type: ignore[arg-type]
    with pytest.raises(lp.RuleError, match=r"^inner should be a composite .* Try presets\.CPLRP\(\)\.$"):
        Within("network", presets.CPLRP)  # type: ignore[arg-type]


def test_it_can_be_pickled() -> None:
    within = Within("network", presets.EpsilonGamma(0.5))
    assert pickle.loads(pickle.dumps(within)) == within
