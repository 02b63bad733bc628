"""What cannot be explained is refused in one clear line: what should hold, what was found, what to do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets, select
from lrprism.ops import own
from lrprism.rules import Epsilon, Flat, Gamma
from small_models import Model

NAN, INF = float("nan"), float("inf")


def check_refusal(error: type[lp.LRPrismError], message: str, call: Callable[[], Any]) -> None:
    """Check the error and that its message is one line that holds the whole of ``message``."""
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).count("\n") == 0
    assert message in str(caught.value)


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


@pytest.mark.parametrize(
    ("model", "x", "message"),
    [
        (
            nn.Linear(2, 2, device="meta"),
            torch.ones(1, 2),
            "inputs should lie on the model's device meta. Found cpu. Try inputs.to('meta').",
        ),
        (
            nn.LayerNorm(2),
            torch.ones(1, 2).double(),
            "inputs should have the model's type torch.float32. Found torch.float64. "
            "Try inputs.to(torch.float32).",
        ),
        (
            nn.BatchNorm1d(2).half(),
            torch.ones(1, 2),
            "inputs should have the model's type torch.float16. Found torch.float32. "
            "Try inputs.to(torch.float16).",
        ),
    ],
)
def test_inputs_on_another_device_or_of_another_type_than_the_model(
    model: nn.Module, x: Tensor, message: str
) -> None:
    check_refusal(lp.InputError, message, lambda: lp.explain(model, x, 1))


def test_an_error_of_the_model_itself_comes_through_as_it_is() -> None:
    class OwnError(RuntimeError):
        pass

    def failing(_: Tensor) -> Tensor:
        raise OwnError("the model's own words")

    with pytest.raises(OwnError, match=r"^the model's own words$"):
        lp.explain(Model(failing), torch.ones(1, 2))
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        lp.explain(nn.Linear(3, 2), torch.ones(1, 2))


RANGE = "target should be a class from 0 to 2, as the model has 3. Found "
WHOLE = "target should hold whole numbers. Found "
KINDS = "target should be None, a class, one class per sample, 'all', each(...) or a callable. Found "
SEED = "a callable target should return a seed of the output's shape (2, 3). Found "
TARGETS: dict[str, tuple[Any, str]] = {
    "too large": (3, f"{RANGE}3."),
    "negative": (-1, f"{RANGE}-1."),
    "one of them too large": ([0, 7], f"{RANGE}7."),
    "one of them negative": (torch.tensor([-2, 1]), f"{RANGE}-2."),
    "each, too large": (lp.target.each(0, 5), f"{RANGE}5."),
    "contrast, too large": (lp.target.contrast(0, 3), f"{RANGE}3."),
    "contrast, negative": (lp.target.contrast(-1, 0), f"{RANGE}-1."),
    "True": (True, f"{WHOLE}torch.bool."),
    "a mask": ([True, False], f"{WHOLE}torch.bool."),
    "a fraction": (0.5, f"{WHOLE}torch.float32."),
    "float classes": (torch.tensor([0.0, 1.0]), f"{WHOLE}torch.float32."),
    "a complex number": (1j, f"{WHOLE}torch.complex64."),
    "too few": ([0], "target should be one class or one per sample (2). Found shape (1,)."),
    "too many": ([0, 1, 2], "target should be one class or one per sample (2). Found shape (3,)."),
    "a column": (torch.tensor([[0], [1]]), "one class or one per sample (2). Found shape (2, 1)."),
    "one-hot": (torch.eye(3).long()[:2], "one class or one per sample (2). Found shape (2, 3)."),
    "contrast, too few": (lp.target.contrast([0], 1), "one per sample (2). Found shape (1,)."),
    "another word": ("ALL", f"{KINDS}'ALL'."),
    "no word": ("", f"{KINDS}''."),
    "a seed per sample": (lambda z: z[:, 0], f"{SEED}(2,)."),
    "a seed that would broadcast": (lambda z: z[:1], f"{SEED}(1, 3)."),
    "a seed without dimensions": (lambda z: z.sum(), f"{SEED}()."),
    "no seed": (lambda _: None, f"{SEED}NoneType."),
    "an array": (lambda z: np.ones(tuple(z.shape)), f"{SEED}ndarray."),
}


@pytest.mark.parametrize("what", TARGETS)
def test_targets_that_do_not_fit(what: str) -> None:
    target, message = TARGETS[what]
    check_refusal(lp.TargetError, message, lambda: lp.explain(nn.Linear(4, 3), torch.rand(2, 4), target))


def test_each_without_a_class() -> None:
    check_refusal(
        lp.TargetError, "each() should name at least one class. Found none. Try each(0, 1).", lp.target.each
    )


def test_layers_that_are_not_there() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
    explainer, x = lp.LRP(model), torch.rand(1, 2)
    for layers in ("conv*", ["0", "conv*"], ("conv*",)):
        message = "layers should name modules of the model. Found 'conv*'; it has 0, 1, 1.0"
        check_refusal(lp.InputError, message, lambda layers=layers: explainer.explain(x, layers=layers))


def test_a_selector_that_means_nothing_is_named_in_a_warning() -> None:
    rules = [
        (select.module("encoder.*"), Gamma()),
        (select.op("conv9d"), Epsilon()),
        (select.last(), Epsilon()),
    ]
    explainer = lp.LRP(nn.Linear(2, 2), rules)
    expected = (
        r"^selectors should mean at least one op\. Found none for 'module encoder\.\*' among \(model\); "
        r"none for 'conv9d' among linear\. See print\(explainer\.plan\(inputs\)\)\.$"
    )
    for call in (explainer.explain, explainer.plan):
        with pytest.warns(lp.RelevanceWarning, match=expected) as caught:
            call(torch.rand(1, 2))
        assert [each.filename for each in caught] == [__file__]


@pytest.mark.parametrize("composite", [presets.Epsilon, "epsilon", [Epsilon()], [("0", Epsilon())], 3])
def test_a_composite_that_is_none(composite: Any) -> None:
    message = "composite should be a preset such as presets.EpsilonGamma(), or a list of (selector, rule)"
    check_refusal(lp.RuleError, message, lambda: lp.LRP(nn.Linear(2, 2), composite))


def test_an_op_that_is_known_already() -> None:
    twice = {torch.lgamma: own.activation("first"), Tensor.lgamma: own.routing("second")}
    message = "ops should name functions that have no op yet. Found lgamma, which is activation already."
    check_refusal(lp.InputError, message, lambda: lp.LRP(nn.Linear(2, 2), ops=twice))
    message = "ops should name functions that have no op yet. Found conv2d, which is convolution already."
    known = {torch.conv2d: own.routing("conv2d")}
    check_refusal(lp.InputError, message, lambda: lp.LRP(nn.Linear(2, 2), ops=known))


def test_a_rule_for_inputs_that_are_no_inputs() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    message = "Flat should serve the first op behind an input"
    check_refusal(
        lp.RuleError, message, lambda: lp.LRP(model, [(select.first(), Flat())]).explain(torch.rand(1, 2))
    )
