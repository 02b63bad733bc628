"""The preset of the 2020 tutorial against the tutorial's own loop, written out literally."""

import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism.spectral.networks import Hyper3DNetLite
from oracles import tutorial

LRP_0_LAYERS = ("conv3d_1", "block_3.pointwise", "pool", "linear")


def steps(model: Hyper3DNetLite) -> list[tuple[str, nn.Module, str]]:
    """The network as the tutorial lists it: one module after the other, the two reshapes among them."""
    result: list[tuple[str, nn.Module, str]] = []
    for path, module in model.named_modules():
        if isinstance(module, nn.ReLU):
            result.append((path, module, "pass"))
        elif not list(module.children()):
            result.append((path, module, "zero" if path in LRP_0_LAYERS else "gamma"))
        if path == "relu_2":
            result.append(("reshape to 2-D", nn.Flatten(1, 2), "shape"))
        if path == "pool":
            result.append(("flatten", nn.Flatten(), "shape"))
    return result


def network(dtype: torch.dtype, *, trained: bool) -> tuple[Hyper3DNetLite, Tensor]:
    torch.manual_seed(0)
    model, x = Hyper3DNetLite(bands=18, classes=3), torch.rand(4, 1, 18, 25, 25)
    if trained:
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(8):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), torch.tensor([0, 1, 2, 1])).backward()
            optimizer.step()
    # trained in float32, and two samples explained: a convolution in float64 has no fast kernel
    return model.to(dtype), x[:2].to(dtype)


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-9)])
@expected_warnings.LITTLE_ARRIVES
def test_equals_the_tutorial_s_loop(dtype: torch.dtype, tolerance: float, *, trained: bool) -> None:
    model, x = network(dtype, trained=trained)
    layers = steps(model)
    expected = tutorial([(module, what) for _, module, what in layers], x)[0]
    relevance = lp.LRP(model, lp.presets.Hyper3DNetTutorial(), strict=True).explain(x).relevance
    assert isinstance(relevance, Tensor)
    assert (relevance - expected).norm() / expected.norm() <= tolerance


@expected_warnings.LITTLE_ARRIVES
def test_relevance_at_every_layer_equals_the_tutorial_s_loop() -> None:
    model, x = network(torch.float64, trained=False)
    layers = steps(model)
    expected = tutorial([(module, what) for _, module, what in layers], x)[1:]
    paths = [path for path, _, _ in layers]
    explanation = lp.LRP(model, lp.presets.Hyper3DNetTutorial()).explain(
        x, layers=[p for p in paths if " " not in p and p != "flatten"]
    )
    for path, at_output in zip(paths, expected, strict=True):
        if path in explanation.layers:
            torch.testing.assert_close(explanation.layers[path], at_output, rtol=1e-9, atol=1e-12)


def test_the_preset_gives_lrp_0_to_the_ends_and_gamma_between() -> None:
    model = Hyper3DNetLite(bands=6, classes=3)
    plan = lp.LRP(model, lp.presets.Hyper3DNetTutorial()).plan(torch.rand(1, 1, 6, 25, 25))
    rules = {row.module: row.rule.split("(")[0] for row in plan if row.rule}
    assert [path for path, rule in rules.items() if rule == "Epsilon"] == list(LRP_0_LAYERS)
    assert [path for path, rule in rules.items() if rule == "Gamma"] == [
        "conv3d_2",
        "block_1.depthwise",
        "block_1.pointwise",
        "block_2.depthwise",
        "block_2.pointwise",
        "block_3.depthwise",
    ]
