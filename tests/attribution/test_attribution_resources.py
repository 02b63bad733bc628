"""The resources that an explanation takes and gives back: memory, and packages that are loaded."""

import ast
import gc
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism import presets


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True),
        nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3),
    )  # fmt: skip


def tensors_alive() -> int:
    return sum(issubclass(type(value), Tensor) for value in gc.get_objects())


@pytest.mark.parametrize(
    "options", [{}, {"target": "all"}, {"audit": True}, {"layers": ["*"]}, {"target": "all", "audit": True}]
)
@pytest.mark.parametrize("composite", [presets.EpsilonGamma(), presets.EpsilonGammaBox(-3.0, 3.0)])
@expected_warnings.OUTSIDE_THE_BOX
def test_nothing_is_left_for_the_garbage_collector(options: dict[str, Any], composite: Any) -> None:
    explainer, x = lp.LRP(network(), composite), torch.randn(2, 2, 6, 6)
    explainer.explain(x, **options)
    gc.collect()
    gc.disable()
    try:
        before = tensors_alive()
        explainer.explain(x, **options)
        assert tensors_alive() == before
    finally:
        gc.enable()


def test_the_output_of_a_layer_is_given_up_for_its_positive_part() -> None:
    seen: list[tuple[bool, bool]] = []

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.last = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            z = self.layer(x)
            kept = z.grad_fn.tape.output
            seen.append((kept.read(rectified=True).lt(0).any().item(), kept._value is None))
            r = torch.relu(z)
            seen.append((kept.read(rectified=True).lt(0).any().item(), kept._value is None))
            return self.last(r)

    torch.manual_seed(0)
    lp.LRP(Watched()).explain(torch.randn(5, 3))
    assert seen == [(False, False), (False, True)]


@pytest.mark.parametrize("composite", [presets.Epsilon(0.1), presets.EpsilonGamma(), presets.EpsilonPlus()])
def test_an_output_that_was_given_up_is_worked_out_again_where_it_is_needed(composite: Any) -> None:
    class TwoUses(nn.Module):
        def __init__(self, rectify: Callable[[Tensor], Tensor]) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.last, self.rectify = nn.Conv1d(1, 3, 3), nn.Linear(15, 2), rectify

        def forward(self, x: Tensor) -> Tensor:
            z = self.conv(x)
            return self.last((self.rectify(z) + z).flatten(1))

    x = torch.randn(4, 1, 7, dtype=torch.float64)
    models = [TwoUses(torch.relu).double(), TwoUses(lambda z: z.clamp_min(0)).double()]  # which keeps z
    maps = [lp.LRP(model, composite).explain(x, 0).relevance for model in models]
    torch.testing.assert_close(*maps, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("composite", [presets.Epsilon(0.1), presets.EpsilonGamma(), presets.EpsilonPlus()])
def test_an_output_that_a_batch_norm_and_a_relu_take_is_worked_out_again(composite: Any) -> None:
    class TwoUses(nn.Module):
        def __init__(self, rectify: Callable[[Tensor], Tensor]) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.norm, self.last = nn.Conv1d(1, 3, 3), nn.BatchNorm1d(3), nn.Linear(15, 2)
            self.norm.running_mean += torch.randn(3)
            self.rectify = rectify

        def forward(self, x: Tensor) -> Tensor:
            z = self.conv(x)
            r = self.rectify(z)
            return self.last((r + self.norm(z)).flatten(1))

    x = torch.randn(4, 1, 7, dtype=torch.float64)
    models = [TwoUses(torch.relu).double(), TwoUses(lambda z: z.clamp_min(0)).double()]
    explanations = [lp.LRP(model, composite).explain(x, 0, audit=True) for model in models]
    torch.testing.assert_close(explanations[0].relevance, explanations[1].relevance, rtol=1e-12, atol=1e-12)
    assert abs(explanations[0].audit.unaccounted) < 1e-12


@pytest.mark.parametrize("relu", ["module", "function", "method"])
def test_a_relu_in_place_writes_over_what_no_other_call_has_seen(relu: str) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.relu, self.last = nn.Conv1d(1, 3, 3), nn.ReLU(inplace=True), nn.Linear(15, 2)
            self.same = False

        def forward(self, x: Tensor) -> Tensor:
            z = self.conv(x)
            if relu == "module":
                r = self.relu(z)
            else:
                r = nn.functional.relu(z, inplace=True) if relu == "function" else z.relu_()
            self.same = r.data_ptr() == z.data_ptr() and not z.lt(0).any()
            return self.last(r.flatten(1))

    x = torch.randn(4, 1, 7)
    model = Model()
    explanation = lp.LRP(model).explain(x, 0)
    assert model.same
    plain = nn.Sequential(model.conv, nn.ReLU(), nn.Flatten(), model.last)
    assert torch.equal(explanation.relevance, lp.LRP(plain).explain(x, 0).relevance)
    kept = lp.LRP(model).explain(x, 0, audit=True, layers=["conv"])
    assert torch.equal(kept.relevance, explanation.relevance)
    assert torch.equal(kept.layers["conv"], lp.LRP(model).explain(x, 0, layers=["conv"]).layers["conv"])


def test_a_relu_in_place_spares_what_another_call_has_seen() -> None:
    class Gated(nn.Module):
        def __init__(self, *, in_place: bool) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.last, self.in_place = nn.Conv1d(1, 3, 3), nn.Linear(15, 2), in_place

        def forward(self, x: Tensor) -> Tensor:
            z = self.conv(x)
            gate = z.tanh()  # relevance passes it by the values of z, not of its positive part
            r = z.relu_() if self.in_place else z.relu()
            return self.last((r + gate).flatten(1))

    x = torch.randn(4, 1, 7)
    maps = [lp.LRP(Gated(in_place=in_place)).explain(x, 0).relevance for in_place in (True, False)]
    assert torch.equal(*maps)


def test_a_first_explanation_loads_no_more_than_torch() -> None:
    code = (
        "import sys, torch; before = set(sys.modules); import lrprism as lp;"
        "lp.explain(torch.nn.Sequential(torch.nn.Linear(3, 2)), torch.rand(2, 3));"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - {'lrprism', 'torch'}))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not set(ast.literal_eval(output)) - sys.stdlib_module_names
