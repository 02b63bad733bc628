"""The calls that each selector picks, read from plans."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import select
from lrprism.composites.selectors import AbstractSelector
from lrprism.rules import Epsilon


class RegisteredBackwards(nn.Module):
    """Registers its layers in another order than it runs them, and has two ways in."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)
        self.middle = nn.Linear(4, 4)
        self.left = nn.Conv1d(1, 4, 3)
        self.right = nn.Linear(3, 4)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        hidden = self.left(x).flatten(1).relu() + self.right(y)
        return self.head(self.middle(hidden))


def pick_modules(selector: AbstractSelector) -> list[str]:
    plan = lp.LRP(RegisteredBackwards(), [(selector, Epsilon())]).plan(
        (torch.rand(1, 1, 3), torch.rand(1, 3))
    )
    return [row.module for row in plan if row.rule]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (select.first(), ["left", "right"]),
        (select.last(), ["head"]),
        (select.last(2), ["middle", "head"]),
        (select.position(1, 3), ["right", "middle"]),
        (select.position(-1), ["head"]),
        (select.kind(select.Kind.CONVOLUTION), ["left"]),
        (select.op("conv1d", "linear") & ~select.last(), ["left", "right", "middle"]),
        (select.module("h*") | select.module("left"), ["left", "head"]),
        (select.module_type(nn.Conv1d), ["left"]),
        (select.where(lambda call, _: call.module == "middle"), ["middle"]),
    ],
)
def test_selectors(selector: AbstractSelector, expected: list[str]) -> None:
    assert pick_modules(selector) == expected


def test_the_first_match_wins() -> None:
    composite = [(select.last(), Epsilon(1.0)), (select.position(0), Epsilon(2.0))]
    plan = lp.LRP(RegisteredBackwards(), composite).plan((torch.rand(1, 1, 3), torch.rand(1, 3)))
    rules = {row.module: (row.rule, row.why) for row in plan if row.op in ("linear", "conv1d")}
    assert rules == {
        "left": ("Epsilon(eps=2.0)", "affine ops [0:]"),
        "right": ("Epsilon(eps=2.0)", "affine ops [0:]"),
        "middle": ("Epsilon(eps=2.0)", "affine ops [0:]"),
        "head": ("Epsilon(eps=1.0)", "last affine op"),
    }


def test_an_op_that_the_output_does_not_depend_on_has_no_position() -> None:
    class Auxiliary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.main, self.extra = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            output = self.main(x)
            self.extra(x)
            return output

    plan = lp.LRP(Auxiliary(), [(select.last(), Epsilon())]).plan(torch.rand(1, 2))
    assert [row.module for row in plan if row.rule] == ["main"]


KINDS = "select.kind() should get kinds of op, such as select.Kind.CONVOLUTION. Found "
TYPES = "select.module_type() should get classes of modules, such as nn.Conv2d. Found "
NAMES = "select.op() should get names of ops, such as 'conv3d'. Found "
PATHS = "select.module() should get the path of a module or a glob, such as 'features.*'. Found "
LAST = "select.last() should get how many ops are meant, from 1. Found {}. "
LAST += "Try select.last(2), or select.position(0) for all of them."
FIRST = (
    "select.first() should get nothing: it means the first affine op on each way from an input. Found {}. "
)
FIRST += "Try select.position(0, 2) for the first two in order of execution."
SLICE = "select.position() should get whole numbers, as a slice does. Found {}. Try select.position(1, -2)."
WHERE = "select.where() should get a predicate of a call and its position. Found {}. "
WHERE += "Try select.where(lambda call, position: call.module == '0')."


class UserModule(nn.Module):
    """A module of the user's own."""


MISREAD: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (select.kind, (), f"{KINDS}nothing."),
    (select.kind, ("convolution",), f"{KINDS}'convolution'. Try select.kind(select.Kind.CONVOLUTION)."),
    (select.kind, ("conv2d",), f"{KINDS}'conv2d'. Try select.op('conv2d')."),
    (
        select.kind,
        (select.Kind.LINEAR, nn.Conv2d),
        f"{KINDS}class Conv2d. Try select.module_type(nn.Conv2d).",
    ),
    (select.module_type, (), f"{TYPES}nothing."),
    (select.module_type, ("Conv2d",), f"{TYPES}'Conv2d'. Try select.module_type(nn.Conv2d)."),
    (
        select.module_type,
        (UserModule(),),
        f"{TYPES}a module UserModule. Try select.module('its path').",
    ),
    (
        select.module_type,
        ([nn.ReLU, UserModule],),
        f"{TYPES}[{nn.ReLU!r}, {UserModule!r}]. "
        "Try select.module_type(nn.ReLU) | select.module_type(UserModule).",
    ),
    (select.op, (), f"{NAMES}nothing."),
    (select.op, (F.conv2d,), f"{NAMES}function conv2d. Try select.op('conv2d')."),
    (
        select.op,
        (["linear", "conv2d"],),
        f"{NAMES}['linear', 'conv2d']. Try select.op('linear') | select.op('conv2d').",
    ),
    (
        select.op,
        (select.Kind.LINEAR,),
        f"{NAMES}<Kind.LINEAR: 'linear'>. Try select.kind(select.Kind.LINEAR).",
    ),
    (
        select.module,
        (nn.ReLU(),),
        f"{PATHS}a module ReLU. Try select.module('its path').",
    ),
    (select.module, (0,), f"{PATHS}0. Try select.module('0')."),
    (select.module, (["0", "2"],), f"{PATHS}['0', '2']. Try select.module('0') | select.module('2')."),
    (
        select.module,
        (None,),
        f"{PATHS}None. Try select.kind(select.Kind.CONVOLUTION), select.module('features.*') or "
        "select.last().",
    ),
    *((select.last, (n,), LAST.format(repr(n))) for n in ("2", 0, -1, 2.0, True, None)),
    *((select.first, (n,), FIRST.format(repr(n))) for n in (2, "0")),
    (select.position, ("1",), SLICE.format("'1'")),
    (select.position, (1, 2.5), SLICE.format("2.5")),
    (
        select.position,
        (2, 1),
        "select.position() should get a stop behind its start. Found 2, 1. Try select.position(2, 3) for "
        "one op.",
    ),
    (
        select.position,
        (-1, -1),
        "select.position() should get a stop behind its start. Found -1, -1. Try select.position(-1) for "
        "one op.",
    ),
    (select.where, ("0",), WHERE.format("'0'")),
    (select.where, (len,), WHERE.format("function len")),
    (select.where, (lambda call: call.first,), WHERE.format("function <lambda>")),
]


@pytest.mark.parametrize(("selector", "arguments", "message"), MISREAD)
def test_arguments_that_a_selector_cannot_use_are_refused(
    selector: Callable[..., Any], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(lp.RuleError, match=f"^{re.escape(message)}$"):
        selector(*arguments)


@pytest.mark.parametrize("predicate", [max, lambda *both: both[0].first, lambda call, _=None: call.first])
def test_a_predicate_takes_a_call_and_its_position(predicate: Callable[..., bool]) -> None:
    assert str(select.where(predicate)) == "a predicate"


def test_a_number_of_another_library_counts() -> None:
    assert pick_modules(select.last(torch.tensor(2))) == ["middle", "head"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ([nn.Conv1d(1, 2, 2), nn.BatchNorm1d(2)], "conv1d + batch_norm"),
        ([nn.BatchNorm1d(1), nn.Conv1d(1, 2, 2)], "batch_norm + conv1d"),
    ],
)
def test_a_layer_merged_with_a_batch_norm_goes_by_its_own_name(layers: list[nn.Module], name: str) -> None:
    for layer_name in ("conv1d", name):
        explainer = lp.LRP(nn.Sequential(*layers, nn.Flatten()), [(select.op(layer_name), Epsilon(0.5))])
        rules = {row.op: row.rule for row in explainer.plan(torch.rand(2, 1, 3)) if row.rule}
        assert rules == {name: "Epsilon(eps=0.5)"}
