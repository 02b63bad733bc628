"""What a user is told about a map that is right by the formulas and still not what it is taken for."""

import re
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import FunctionModel, collect_warnings, make_linear
from lrprism import presets, select
from lrprism.rules import Epsilon, Flat, Gamma, WSquare, ZBox

LRP_0 = presets.Epsilon(0)
linear = partial(make_linear, dtype=torch.float32)


def collect(explain: Callable[[], Any]) -> list[str]:
    return collect_warnings(explain, __file__)


# --- little arrives


def make_shift(bias: float) -> nn.Module:
    """2 a + bias: with a = 1, 2 arrive of 2 + bias."""
    return linear([[2.0]], [bias])


LITTLE = (
    "at least 1% of what is explained should arrive at the inputs. Found {}, summed over samples without "
    "their sign: the map says little about the model. Biases, detach() or an eps that is large beside the "
    "output may keep the rest. See where it stayed: print(explain(..., audit=True).audit)."
)


@pytest.mark.parametrize("options", [{}, {"audit": True}, {"batch_size": 2}, {"layers": ["*"]}], ids=str)
def test_less_than_a_hundredth_arrives(options: Any) -> None:
    # 3 samples: 2 of 202 arrive of each, and one sample 2 of -202
    x = torch.ones(3, 1)
    assert collect(lambda: lp.LRP(make_shift(200.0), LRP_0).explain(x, **options)) == [
        LITTLE.format("6 of 606")
    ]
    assert collect(lambda: lp.LRP(make_shift(197.0), LRP_0).explain(x, **options)) == []


def test_samples_do_not_cancel() -> None:
    # 2 and -2 explained, 2 and -2 arrive: sums over the batch are 0
    x = torch.tensor([[1.0], [-1.0]])
    assert collect(lambda: lp.LRP(make_shift(0.0), LRP_0).explain(x)) == []
    # of 2 + 500 and -2 - 500 nothing to speak of
    model = FunctionModel(lambda m, x: m.layer(x) + 500 * x.detach(), layer=make_shift(0.0))
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x)) == [LITTLE.format("4 of 1e+03")]


def test_a_batch_that_loses_all_is_outweighed_by_one_that_does_not() -> None:
    model = FunctionModel(lambda m, x: torch.where(x > 0, m.layer(x), 3.0 + 0 * x), layer=make_shift(0.0))
    x = torch.tensor([[5.0], [-1.0]])
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x, batch_size=1)) == []
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x[1:])) == [LITTLE.format("0 of 3")]


def test_what_is_detached_does_not_arrive() -> None:
    model = FunctionModel(lambda _, x: x.detach() + 0 * x)
    assert collect(lambda: lp.LRP(model, LRP_0).explain(torch.ones(2, 1))) == [LITTLE.format("0 of 2")]


def test_an_eps_beside_a_tiny_output() -> None:
    layer = linear([[1e-9]])
    found = collect(lambda: lp.LRP(layer).explain(torch.ones(1, 1)))
    assert len(found) == 1
    assert found[0].startswith("at least 1% of what is explained should arrive")
    assert collect(lambda: lp.LRP(layer, LRP_0).explain(torch.ones(1, 1))) == []


NOTHING_TO_EXPLAIN: dict[str, tuple[nn.Module, Any]] = {
    "an output of zero": (make_shift(-2.0), None),
    "a contrast of equal logits": (linear([[2.0], [2.0]], [500.0, 500.0]), lp.target.contrast(0, 1)),
    "two logits that are equal but for rounding": (
        linear([[0.1 * 3], [0.3]], [1e3, 1e3]),
        lp.target.contrast(0, 1),
    ),
    "a seed of zeros": (make_shift(500.0), torch.zeros_like),
}


@pytest.mark.parametrize("what", NOTHING_TO_EXPLAIN)
def test_nothing_is_missed_where_nothing_is_explained(what: str) -> None:
    model, target = NOTHING_TO_EXPLAIN[what]
    assert collect(lambda: lp.LRP(model, LRP_0).explain(torch.ones(1, 1), target)) == []


def test_every_entry_of_a_class_axis_and_tokens_count() -> None:
    one, other = linear([[2.0], [3.0]], [0.0, 900.0]), linear([[2.0], [3.0]], [900.0, 900.0])
    assert collect(lambda: lp.LRP(one, LRP_0).explain(torch.ones(2, 1), lp.target.each(1))) == [
        LITTLE.format("6 of 1.81e+03")
    ]
    assert collect(lambda: lp.LRP(other, LRP_0).explain(torch.ones(2, 1), "all")) == [
        LITTLE.format("10 of 3.61e+03")
    ]
    table = nn.Embedding(4, 1)
    table.weight.data.fill_(1.0)
    for bias, expected in ((0.0, []), (900.0, [LITTLE.format("8 of 1.81e+03")])):
        model = nn.Sequential(table, nn.Flatten(), linear([[2.0, 2.0]], [bias]))
        assert (
            collect(lambda model=model: lp.LRP(model, LRP_0).explain(torch.tensor([[0, 1], [2, 3]])))
            == expected
        )


def test_inputs_without_the_samples_in_front_are_summed_up() -> None:
    # time first: [5, 2, 1] -> [2, 1]; the outputs 5 and -5 cancel, so that nothing is missed
    model = FunctionModel(lambda _, x: x.sum(0))
    x = torch.ones(5, 2, 1) * torch.tensor([[1.0], [-1.0]])
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x)) == []
    model = FunctionModel(lambda _, x: x.sum(0) + 900)
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x.abs())) == [LITTLE.format("10 of 1.81e+03")]


# --- presets for convolutions


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x).mean(1))


def mlp() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6, bias=False), nn.ReLU(), nn.Linear(6, 3, bias=False))


WITHOUT_CONVOLUTION: dict[str, tuple[lp.Composite | Any, str, str]] = {
    "gamma": (presets.EpsilonGamma(), "EpsilonGamma", "Gamma(gamma=0.25, eps=1e-06)"),
    "z plus": (presets.EpsilonPlus(), "EpsilonPlus", "ZPlus(eps=1e-06)"),
    "alpha-beta": (
        presets.EpsilonAlpha2Beta1(), "EpsilonAlpha2Beta1", "AlphaBeta(alpha=2, beta=1, eps=1e-06)"
    ),
    "a box": (
        presets.EpsilonGammaBox(-9.0, 9.0),
        "EpsilonGammaBox",
        "ZBox(low=-9.0, high=9.0, eps=1e-06), Gamma(gamma=0.25, eps=1e-06)",
    ),
    "within": (lp.Within("0", presets.EpsilonPlus()), "EpsilonPlus", "ZPlus(eps=1e-06)"),
}  # fmt: skip


@pytest.mark.parametrize("preset", WITHOUT_CONVOLUTION)
@pytest.mark.parametrize("model", [mlp, Transformer], ids=lambda each: each.__name__)
def test_a_preset_for_convolutions_meets_none(preset: str, model: Callable[[], nn.Module]) -> None:
    composite, name, rule = WITHOUT_CONVOLUTION[preset]
    x = torch.rand(2, 4) if model is mlp else torch.rand(2, 5, 4)
    explainer = lp.LRP(nn.Sequential(model()), composite)
    expected = (
        f"{name} should meet a convolution, which alone gets {rule}. Found none, so that the map is that of "
        "presets.Epsilon(). Choose that preset, presets.AttnLRP() for a transformer, or a rule for linear "
        "layers: [(select.kind(select.Kind.LINEAR), rules.Gamma(0.25))]."
    )
    assert [
        each for each in collect(lambda: explainer.explain(x, 0, batch_size=1)) if "convolution" in each
    ] == [expected]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lp.RelevanceWarning)
        found = explainer.explain(x, 0).relevance
        epsilon = lp.LRP(nn.Sequential(model()), presets.Epsilon()).explain(x, 0).relevance
    if model is mlp and preset != "within":  # what the warning says of the map
        torch.testing.assert_close(found, epsilon, rtol=0, atol=0)


def test_the_flat_rule_at_the_input_is_named_too() -> None:
    composite = [presets.EpsilonPlusFlat(), presets.EpsilonAlpha2Beta1Flat()]
    for each in composite:
        found = collect(lambda each=each: lp.LRP(mlp(), each).explain(torch.rand(2, 4), 0))
        assert any("presets.Epsilon(), with the flat rule at the input." in message for message in found)


OTHERS = [None, presets.Epsilon(), presets.AttnLRP(), presets.CPLRP(), presets.Hyper3DNetTutorial()]


@pytest.mark.parametrize("composite", [*OTHERS, [(select.last(), Gamma())]], ids=lambda of: type(of).__name__)
def test_nobody_is_told_that_a_default_or_a_composite_without_convolutions_meets_none(composite: Any) -> None:
    assert collect(lambda: lp.LRP(mlp(), composite).explain(torch.rand(2, 4), 0)) == []
    assert collect(lambda: lp.LRP(mlp(), composite).plan(torch.rand(2, 4))) == []


def test_a_patch_embedding_is_a_convolution() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 2, 2), nn.Flatten(2), nn.Linear(4, 4), nn.Flatten(), nn.Linear(16, 3)
    )
    for composite in (presets.EpsilonGamma(), presets.EpsilonPlusFlat(), presets.EpsilonGammaBox(0.0, 1.0)):
        assert collect(lambda each=composite: lp.LRP(model, each).explain(torch.rand(2, 3, 4, 4), 0)) == []


# --- flat

FLAT = (
    "Flat should serve a layer that sees the input in windows, such as a convolution. Found one that feeds "
    "every input to every output, so that the map is constant over each sample. Try WSquare or Epsilon: they "
    "look at weights or values."
)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Linear(4, 3), (2, 4), [FLAT]),
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), (2, 2, 2), [FLAT]),
        (nn.Sequential(nn.Conv1d(1, 2, 4), nn.Flatten()), (2, 1, 4), [FLAT]),  # a window as wide as the input
        (nn.Sequential(nn.Conv1d(1, 2, 3), nn.Flatten()), (2, 1, 4), []),
        (nn.Linear(1, 3), (2, 1), []),  # one number has no map
    ],
    ids=str,
)
def test_flat_gives_every_input_of_a_dense_layer_the_same(
    layer: nn.Module, shape: Any, expected: Any
) -> None:
    explainer = lp.LRP(layer, [(select.at_input(), Flat())])
    for options in ({}, {"batch_size": 1}):
        assert collect(lambda options=options: explainer.explain(torch.rand(shape), 0, **options)) == expected


def test_flat_over_the_features_of_each_step_and_other_rules_are_no_constant_map() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Flatten(), nn.Linear(15, 2))
    assert collect(lambda: lp.LRP(model, [(select.at_input(), Flat())]).explain(torch.rand(2, 5, 4), 0)) == []
    assert collect(lambda: lp.LRP(mlp(), [(select.at_input(), WSquare())]).explain(torch.rand(2, 4), 0)) == []


# --- z-box


def make_box_explainer(low: Any, high: Any) -> lp.LRP:
    torch.manual_seed(0)
    return lp.LRP(nn.Sequential(nn.Conv1d(2, 3, 2), nn.Flatten()), [(select.at_input(), ZBox(low, high))])


X = torch.tensor([[[0.0, 0.5, 1.0], [0.2, 0.7, 0.9]]])


def test_a_number_outside_the_box() -> None:
    high, low = X.clone(), X.clone()
    high[0, 1, 2], low[0, 0, 1] = 3.5, -0.25
    words = (
        "inputs should lie between low and high of ZBox. Found {} at index {} of the input of conv1d in 0, "
        "{}; 16.67% of its numbers lie outside and can get relevance of the wrong sign. Give the bounds of "
        "the numbers that the layer sees, behind all preprocessing."
    )
    assert collect(lambda: make_box_explainer(0.0, 1.0).explain(high, 0)) == [
        words.format(3.5, (0, 1, 2), "2.5 above high=1")
    ]
    assert collect(lambda: make_box_explainer(0.0, 1.0).explain(low, 0)) == [
        words.format(-0.25, (0, 0, 1), "0.25 below low=0")
    ]
    both = torch.cat([high, high])
    assert len(collect(lambda: make_box_explainer(0.0, 1.0).explain(both, 0, batch_size=1))) == 1


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.0, 1.0), (torch.tensor([0.0, 0.2]), torch.tensor([1.0, 0.9])), (X, X + 1), (0.00001, 0.99999)],
)
def test_numbers_inside_the_box_and_on_its_faces(low: Any, high: Any) -> None:
    assert collect(lambda: make_box_explainer(low, high).explain(X, 0)) == []


def test_the_box_is_that_of_the_numbers_the_layer_sees() -> None:
    torch.manual_seed(0)
    model = FunctionModel(lambda m, x: m.layer((x - 100) / 50).flatten(1), layer=nn.Conv1d(2, 3, 2))
    explainer = lp.LRP(model, [(select.at_input(), ZBox(-2.0, 3.0))])
    assert collect(lambda: explainer.explain(250 * X, 0)) == []
    (message,) = collect(lambda: explainer.explain(300 * X, 0))
    assert "Found 4 at index (0, 0, 2) of the input of conv1d in layer, 1 above high=3;" in message
    model = nn.Sequential(nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3), nn.Flatten()).eval()
    (message,) = collect(lambda: lp.LRP(model, presets.EpsilonGammaBox(0.0, 0.5)).explain(X, 0))
    assert "Found 1 at index (0, 0, 2)" in message


# --- all of them


def test_python_s_filters_switch_each_of_them_off() -> None:
    net = nn.Sequential(mlp(), nn.Softmax(1))
    explainer = lp.LRP(net, presets.EpsilonPlusFlat())
    found = collect(lambda: explainer.explain(torch.rand(2, 4), 0))
    assert [each.split()[0] for each in found] == ["logits", "EpsilonPlusFlat", "Flat", "at"][: len(found)]
    assert len(found) >= 3
    for message in found:
        with warnings.catch_warnings():
            for other in found:
                warnings.filterwarnings("error" if other == message else "ignore", re.escape(other))
            with pytest.raises(lp.RelevanceWarning, match=re.escape(message)):
                explainer.explain(torch.rand(2, 4), 0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error")
        warnings.filterwarnings("ignore", category=lp.RelevanceWarning)
        explainer.explain(torch.rand(2, 4), 0)


def test_an_op_without_a_rule_is_named_once_for_all_batches() -> None:
    model = FunctionModel(lambda _, x: torch.lgamma(x))
    found = collect(
        lambda: lp.LRP(model, [(select.last(), Epsilon())]).explain(torch.full((4, 1), 3.0), batch_size=1)
    )
    assert [each[:22] for each in found] == ["no rule is known for l", "selectors should mean "]


# --- no layer sees the input

BETWEEN: dict[str, Callable[..., Tensor]] = {
    "a clamp": lambda _, a: a.clamp(0, 1),
    "numbers in the place of NaN": lambda _, a: a.nan_to_num(),
    "a resize": lambda _, a: nn.functional.interpolate(a, scale_factor=2.0),
}
IMAGES = torch.rand(2, 3, 5, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("composite", [presets.EpsilonGammaBox(-3.0, 3.0), presets.EpsilonPlusFlat()])
@pytest.mark.parametrize("between", [*BETWEEN, None])
def test_a_rule_for_the_input_that_meets_no_layer(composite: Any, between: str | None) -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)]
    model = (
        nn.Sequential(*layers) if between is None else nn.Sequential(FunctionModel(BETWEEN[between]), *layers)
    )
    name = type(composite).__name__
    messages = [
        each for each in collect(lambda: lp.explain(model, IMAGES, 0, composite=composite)) if name in each
    ]
    rule = "ZBox" if name.endswith("Box") else "Flat"
    expected = f"{name} should meet a layer at the input, which alone gets {rule}. Found none: "
    assert [each.startswith(expected) for each in messages] == ([] if between is None else [True])
