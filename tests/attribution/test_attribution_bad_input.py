"""Inputs, targets and models that are refused in one clear line: rule, finding, way out."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import check_refusal
from lrprism import presets, select
from lrprism.rules import Epsilon, Flat
from small_models import Model

NAN, INF = float("nan"), float("inf")


NO_INPUTS: dict[str, tuple[Any, str]] = {
    "a list of lists": (
        [[1.0, 2.0]],
        "inputs should be a tensor. Found list. Try torch.tensor(inputs, dtype=torch.float32).",
    ),
    "a list of tensors": (
        [torch.ones(1, 2)],
        "inputs should be what the model takes, and a list is one argument of it. Found that",
    ),
    "a list of masks": (
        [torch.ones(1, 2).bool()],
        "inputs should be a tensor. Found list. It holds no float tensor. Try a float tensor, or token ids.",
    ),
    "an array": (
        np.ones((1, 2)),
        "inputs should be a tensor. Found ndarray. Try torch.tensor(inputs).float().",
    ),
    "None": (None, "inputs should be a tensor. Found NoneType."),
    "a number": (1.0, "inputs should be a tensor. Found float."),
    "text": ("image.png", "inputs should be a tensor. Found str."),
    "an array in a tuple": (
        (torch.ones(1, 2), np.ones((1, 2))),
        "inputs[1] should be a tensor. Found ndarray. Try torch.tensor(inputs[1]).float().",
    ),
    "an empty tuple": ((), "inputs should hold at least one tensor. Found an empty tuple."),
    "an empty mapping": ({}, "inputs should hold a float tensor or token ids. Found nothing."),
    "a mapping without tensors": (
        {"x": [1.0], "mask": torch.ones(1, 2).bool()},
        "inputs should hold a float tensor or token ids. Found 'x', 'mask'.",
    ),
    "bool": (
        torch.ones(1, 2).bool(),
        "inputs should be a float tensor. Found torch.bool. Try inputs.float().",
    ),
    "complex": (
        torch.ones(1, 2, dtype=torch.complex64),
        "inputs should be a float tensor. Found torch.complex64. Try torch.view_as_real(inputs), and a "
        "module that calls torch.view_as_complex first.",
    ),
    "bool in a tuple": (
        (torch.ones(1, 2), torch.ones(1, 2).bool()),
        "inputs[1] should be a float tensor. Found torch.bool. Try explain(inputs[:1], args=inputs[1:]), "
        "which makes it a constant.",
    ),
    "NaN": (
        torch.tensor([[0.0, 1.0], [2.0, NAN]]),
        "inputs should hold finite numbers. Found nan at index (1, 1).",
    ),
    "inf": (
        torch.tensor([[0.0, INF], [NAN, 2.0]]),
        "inputs should hold finite numbers. Found inf at index (0, 1).",
    ),
    "minus inf by name": (
        {"x": torch.tensor([[-INF, 0.0]])},
        "inputs['x'] should hold finite numbers. Found -inf at index (0, 0).",
    ),
    "NaN in the second": (
        (torch.ones(1, 2), torch.tensor([NAN])),
        "inputs[1] should hold finite numbers. Found nan at index (0,).",
    ),
    "NaN without dimensions": (
        torch.tensor(NAN),
        "inputs should hold finite numbers. Found nan at index ().",
    ),
    "NaN in half precision": (
        torch.tensor([[NAN, 0.0]], dtype=torch.bfloat16),
        "inputs should hold finite numbers. Found nan at index (0, 0).",
    ),
    "whole numbers that nothing looks up": (
        torch.ones(1, 2, dtype=torch.int64),
        "inputs should be float tensors, or token ids that the model looks up. Found torch.int64. "
        "Try inputs.float().",
    ),
}


@pytest.mark.parametrize("what", NO_INPUTS)
def test_inputs_that_cannot_be_explained(what: str) -> None:
    inputs, message = NO_INPUTS[what]
    explainer = lp.LRP(nn.Linear(2, 2))
    check_refusal(lp.InputError, message, lambda: explainer.explain(inputs))
    check_refusal(lp.InputError, message, lambda: explainer.plan(inputs))
    if not isinstance(inputs, dict):
        check_refusal(lp.InputError, message, lambda: explainer.attribute(inputs))


def test_whole_numbers_beside_a_float_input_that_nothing_looks_up() -> None:
    def shift(x: Tensor, ids: Tensor) -> Tensor:
        return x + ids

    message = (
        "inputs[1] should be a float tensor, or token ids that the model looks up. Found torch.int64 that no "
        "embedding looks up. Try inputs[1].float(), or give it in args= or kwargs= as a constant."
    )
    x, ids = torch.ones(1, 2), torch.ones(1, 2, dtype=torch.int64)
    check_refusal(lp.InputError, message, lambda: lp.explain(Model(shift), (x, ids), 1))
    assert set(lp.explain(Model(shift), {"x": x, "ids": ids}, 1).relevance) == {"x"}


def test_layers_that_are_not_there() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
    explainer, x = lp.LRP(model), torch.rand(1, 2)
    for layers in ("conv*", ["0", "conv*"], ("conv*",)):
        message = "layers should name modules of the model. Found 'conv*'; it has 0, 1, 1.0"
        check_refusal(lp.InputError, message, lambda layers=layers: explainer.explain(x, layers=layers))


@pytest.mark.parametrize("composite", [presets.Epsilon, "epsilon", [Epsilon()], [("0", Epsilon())], 3])
def test_a_composite_that_is_none(composite: Any) -> None:
    message = "composite should be a preset such as presets.EpsilonGamma(), or a list of (selector, rule)"
    check_refusal(lp.RuleError, message, lambda: lp.LRP(nn.Linear(2, 2), composite))


def test_a_rule_for_inputs_that_are_no_inputs() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    message = "Flat should serve the first op behind an input"
    check_refusal(
        lp.RuleError, message, lambda: lp.LRP(model, [(select.first(), Flat())]).explain(torch.rand(1, 2))
    )
