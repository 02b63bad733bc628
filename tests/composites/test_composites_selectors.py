"""Which calls each selector picks, read from plans."""

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import select
from lrprism.composites.selectors import AbstractSelector
from lrprism.rules import Epsilon

CONVOLUTIONS, LINEAR = select.kind(select.Kind.CONVOLUTION), select.kind(select.Kind.LINEAR)


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


def picked(selector: AbstractSelector) -> list[str]:
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
    assert picked(selector) == expected


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


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (CONVOLUTIONS | LINEAR, {select.Kind.CONVOLUTION, select.Kind.LINEAR}),
        ((CONVOLUTIONS | LINEAR) & LINEAR, {select.Kind.LINEAR}),
        (CONVOLUTIONS & select.at_input(), {select.Kind.CONVOLUTION}),
        (CONVOLUTIONS | select.last(), set(select.Kind)),
        (~CONVOLUTIONS, set(select.Kind)),
        (select.module("head"), set(select.Kind)),
    ],
    ids=lambda value: (
        str(value) if isinstance(value, AbstractSelector) else ""
    ),  # a set has no order of its own
)
def test_which_kinds_of_op_can_be_meant(selector: AbstractSelector, expected: set[select.Kind]) -> None:
    assert selector.kinds == expected


def test_words() -> None:
    assert str(~(select.first() & select.op("linear"))) == "~(first affine op & linear)"
    assert str(select.last(3) | select.module("a.*")) == "(last 3 affine ops | module a.*)"


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
