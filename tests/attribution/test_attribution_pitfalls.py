"""Warnings about presets, rules and inputs that do not fit the model."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import FunctionModel, collect_warnings
from lrprism import presets, select
from lrprism.rules import Flat, Gamma, WSquare, ZBox


def collect(explain: Callable[[], Any]) -> list[str]:
    return collect_warnings(explain, __file__)


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
        message
        for message in collect(lambda: explainer.explain(x, 0, batch_size=1))
        if "convolution" in message
    ] == [expected]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lp.RelevanceWarning)
        relevance = explainer.explain(x, 0).relevance
        epsilon = lp.LRP(nn.Sequential(model()), presets.Epsilon()).explain(x, 0).relevance
    if model is mlp and preset != "within":  # what the warning says of the map
        torch.testing.assert_close(relevance, epsilon, rtol=0, atol=0)


def test_the_flat_rule_at_the_input_is_named_too() -> None:
    for composite in (presets.EpsilonPlusFlat(), presets.EpsilonAlpha2Beta1Flat()):
        messages = collect(lambda composite=composite: lp.LRP(mlp(), composite).explain(torch.rand(2, 4), 0))
        assert any("presets.Epsilon(), with the flat rule at the input." in message for message in messages)


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
        message
        for message in collect(lambda: lp.explain(model, IMAGES, 0, composite=composite))
        if name in message
    ]
    rule = "ZBox" if name.endswith("Box") else "Flat"
    expected = f"{name} should meet a layer at the input, which alone gets {rule}. Found none: "
    assert [message.startswith(expected) for message in messages] == ([] if between is None else [True])
