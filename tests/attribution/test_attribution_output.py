"""The choice of a tensor from what a model returns, and of a target in it."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from transformers.utils import ModelOutput

import lrprism as lp
from lrprism import presets
from lrprism.rules import Epsilon
from lrprism.stabilizers import Signed
from small_models import Model

LRP_0 = presets.Epsilon(0)


class Named(NamedTuple):
    logits: Tensor
    hidden: Tensor


@dataclass
class Record:
    scores: Tensor
    hidden: Tensor


@dataclass
class Output(ModelOutput):
    logits: Tensor | None = None
    hidden: Tensor | None = None


X = torch.tensor([[1.0, 2.0], [5.0, 3.0]])


def explain_output(returned: Callable[[Tensor], Any], target: Any = 1, **options: Any) -> lp.Explanation:
    return lp.LRP(Model(returned), LRP_0, strict=True).explain(X, target, **options)


FORMS: dict[str, tuple[Callable[[Tensor], Any], Any]] = {
    "a tensor": (lambda x: 3 * x, None),
    "a tuple of one": (lambda x: (3 * x,), None),
    "a list of one": (lambda x: [3 * x], None),
    "a dict of one": (lambda x: {"scores": 3 * x}, None),
    "one float tensor among other things": (lambda x: (3 * x, x.argmax(1), None, "text"), None),
    "a dict with logits": (lambda x: {"hidden": 5 * x, "logits": 3 * x}, None),
    "an ordered dict with logits": (lambda x: OrderedDict(hidden=5 * x, logits=3 * x), None),
    "a named tuple with logits": (lambda x: Named(3 * x, 5 * x), None),
    "a model output with logits": (lambda x: Output(logits=3 * x, hidden=5 * x), None),
    "a key": (lambda x: {"a": 5 * x, "b": 3 * x}, "b"),
    "a key instead of logits": (lambda x: {"logits": 5 * x, "b": 3 * x}, "b"),
    "a key of a model output": (lambda x: Output(logits=5 * x, hidden=3 * x), "hidden"),
    "a position of a tuple": (lambda x: (5 * x, 3 * x), 1),
    "a position from the end": (lambda x: [5 * x, 3 * x, 7 * x], -2),
    "a position of a model output": (lambda x: Output(logits=5 * x, hidden=3 * x), 1),
    "a number as a key": (lambda x: {4: 5 * x, 7: 3 * x}, 7),
    "an attribute of a named tuple": (lambda x: Named(5 * x, 3 * x), "hidden"),
    "an attribute of a dataclass": (lambda x: Record(5 * x, 3 * x), "hidden"),
    "an attribute of an object": (lambda x: SimpleNamespace(head=3 * x), "head"),
    "a path of keys": (lambda x: {"head": {"a": 5 * x, "b": 3 * x}}, "head.b"),
    "a path with a position": (lambda x: {"head": (5 * x, 3 * x)}, ("head", 1)),
    "a path with a position as text": (lambda x: {"head": (5 * x, 3 * x)}, "head.1"),
    "a path into an object": (lambda x: SimpleNamespace(head=Record(5 * x, 3 * x)), "head.hidden"),
    "a key with a dot": (lambda x: {"head.b": 3 * x, "head": {"b": 5 * x}}, "head.b"),
    "a tuple as a key": (lambda x: {("head", 0): 3 * x, "head": [5 * x]}, ("head", 0)),
    "the only one further down": (lambda x: {"head": {"scores": 3 * x}, "n": 1}, None),
    "logits further down": (lambda x: {"head": {"aux": 5 * x, "logits": 3 * x}}, None),
    "a callable": (lambda x: {"deep": [5 * x, (3 * x,)]}, lambda found: found["deep"][1][0]),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_output_is_found_in_what_the_model_returns(form: str) -> None:
    returned, output = FORMS[form]
    explanation = explain_output(returned, output=output)
    assert torch.equal(explanation.output, 3 * X)
    assert explanation.relevance.tolist() == [[0.0, 6.0], [0.0, 9.0]]
    assert not explanation.output.requires_grad
    plan = lp.LRP(Model(returned), LRP_0).plan(X, output=output)
    assert "mul" in [row.op for row in plan]


OPEN: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "two of a tuple": (lambda x: (x * 2, x * 3), r"Found tuple\. Try output= with one of 0, 1\.$"),
    "two of a list": (lambda x: [None, x * 2, x * 3], r"Found list\. Try output= with one of 1, 2\.$"),
    "two of a dict": (lambda x: {"a": x * 2, "b": x}, r"Found dict\. Try output= with one of 'a', 'b'\.$"),
    "two of a model output": (
        lambda x: OrderedDict(hidden=x, scores=x),
        r"Found OrderedDict\. Try output= with one of 'hidden', 'scores'\.$",
    ),
    "nothing": (lambda _: None, r"Found NoneType\. Try output= with a function that picks one\.$"),
    "a number": (lambda x: float(len(x)), r"Found float\. Try output= with a function that picks one\.$"),
    "nested": (
        lambda x: ((x, x), (x,)),
        r"Found tuple\. Try output= with one of \(0, 0\), \(0, 1\), \(1, 0\)\.$",
    ),
    "nested dicts": (
        lambda x: {"one": {"a": x}, "two": Record(x, x)},
        r"Found dict\. Try output= with one of 'one\.a', 'two\.scores', 'two\.hidden'\.$",
    ),
}


@pytest.mark.parametrize("form", OPEN)
def test_an_open_choice_is_refused_with_what_there_is(form: str) -> None:
    returned, message = OPEN[form]
    with pytest.raises(lp.ModelError, match=rf"^the model should return one tensor\. {message}"):
        explain_output(returned)


MISSING: dict[str, tuple[Any, str]] = {
    "a key": ("c", r"should name a part of what the model returns\. Found 'c'\. Try .* one of 'a', 'b'\.$"),
    "a position": (5, r"should name a part of what the model returns\. Found 5\. Try .* one of 'a', 'b'\.$"),
    "no tensor": (lambda found: found, r"should choose a tensor\. Found dict\. Try .* one of 'a', 'b'\.$"),
    "a part that is no tensor": ("n", r"should choose a tensor\. Found int\. Try .* one of 'a', 'b'\.$"),
}


@pytest.mark.parametrize("what", MISSING)
def test_an_output_that_is_not_there(what: str) -> None:
    output, message = MISSING[what]
    with pytest.raises(lp.InputError, match=f"^output {message}"):
        explain_output(lambda x: {"a": x * 2, "b": x, "n": 3}, output=output)


def test_an_attribute_that_is_not_there() -> None:
    with pytest.raises(lp.InputError, match=r"Found 'head'\. Try output= with one of 'a', 'b'\.$"):
        explain_output(lambda x: {"a": x * 2, "b": x}, output="head")
    with pytest.raises(lp.InputError, match=r"Found 4\. Try output= with one of 0, 1\.$"):
        explain_output(lambda x: (x * 2, x), output=4)


INDEPENDENT: dict[str, Callable[[Tensor], Tensor]] = {
    "a constant": lambda _: torch.ones(2, 2),
    "detached": lambda x: (2 * x).detach(),
    "through numpy": lambda x: torch.from_numpy(2 * x.detach().numpy()),
    "through a list": lambda x: torch.tensor(x.tolist()),
    "a comparison": lambda x: (x > 0).float(),
    "a class": lambda x: x.argmax(1, keepdim=True),
    "whole numbers": lambda x: (3 * x).long(),
}


@pytest.mark.parametrize("what", INDEPENDENT)
def test_an_output_that_does_not_depend_on_the_input(what: str) -> None:
    with pytest.raises(lp.ModelError, match=r"^the model's output should depend on the inputs\. Found one"):
        explain_output(INDEPENDENT[what])


def test_the_other_outputs_get_no_relevance() -> None:
    # two heads of one trunk: the relevance of the second does not contain that of the first
    explanation = explain_output(lambda x: (100 * x, 2 * x[:, :1] - x[:, 1:]), 0, output=1)
    assert explanation.relevance.tolist() == [[2.0, -2.0], [10.0, -3.0]]


def test_a_map_of_classes_is_explained_by_a_seed() -> None:
    # a segmentation [N, C, H, W]: class 1 at one pixel is 3 a - 2 b there, and 0 elsewhere
    layer = nn.Conv2d(2, 2, 1, bias=False)
    layer.weight.data = torch.tensor([[7.0, 9.0], [3.0, -2.0]])[..., None, None]
    image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])

    def pixel(z: Tensor) -> Tensor:
        seed = torch.zeros_like(z)
        seed[:, 1, 1, 0] = 1.0
        return seed

    explanation = lp.LRP(layer, LRP_0).explain(image, pixel)
    assert explanation.relevance.tolist() == [[[[0.0, 0.0], [9.0, 0.0]], [[0.0, 0.0], [-14.0, 0.0]]]]
    assert explanation.target is None
    assert explanation.output.shape == (1, 2, 2, 2)


def test_a_map_of_classes_is_explained_by_its_mean() -> None:
    # the mean of class 1 over four pixels: 3 a / 4 and -2 b / 4 each
    layer = nn.Conv2d(2, 2, 1, bias=False)
    layer.weight.data = torch.tensor([[7.0, 9.0], [3.0, -2.0]])[..., None, None]
    image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])
    explanation = lp.LRP(layer, LRP_0).explain(image, 1, output=lambda z: z.mean((2, 3)))
    assert torch.allclose(explanation.relevance[0, 0], 0.75 * image[0, 0])
    assert torch.allclose(explanation.relevance[0, 1], -0.5 * image[0, 1])
    assert torch.allclose(explanation.output, layer(image).mean((2, 3)))


def test_several_regression_targets_are_explained_by_a_weighted_seed() -> None:
    # 3 y0 - y1 with y = 2 x
    explanation = explain_output(lambda x: 2 * x, lambda z: torch.tensor([3.0, -1.0]).expand_as(z))
    assert explanation.relevance.tolist() == [[6.0, -4.0], [30.0, -6.0]]


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float64, torch.bfloat16])
def test_the_callable_sees_a_constant_output_and_may_return_another_type(dtype: torch.dtype) -> None:
    def by_value(z: Tensor) -> Tensor:
        assert not z.requires_grad
        return (z > 4).to(dtype)

    explanation = explain_output(lambda x: 2 * x, by_value)
    assert explanation.relevance.dtype is torch.float32
    assert explanation.relevance.tolist() == [[0.0, 0.0], [10.0, 6.0]]


def test_an_epsilon_at_the_output_counts_the_output() -> None:
    # z = 4, eps = 1: R = 4 * 4 / 5
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data = torch.tensor([[4.0]])
    rule = [(lp.select.last(), Epsilon(Signed(1.0)))]
    assert lp.LRP(layer, rule).explain(torch.ones(1, 1)).relevance.item() == pytest.approx(3.2)
