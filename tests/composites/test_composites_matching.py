"""Selectors combined with ``&``, ``|`` and ``~``: their kinds, their words, the calls that they mean."""

import pytest
from torch import nn

from lrprism import select
from lrprism.composites.matching import Position
from lrprism.composites.selectors import AbstractSelector

CONVOLUTIONS, LINEAR = select.kind(select.Kind.CONVOLUTION), select.kind(select.Kind.LINEAR)


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
def test_kinds_of_op_that_can_be_meant(selector: AbstractSelector, expected: set[select.Kind]) -> None:
    assert selector.kinds == expected


def test_words_of_combined_selectors() -> None:
    assert str(~(select.first() & select.op("linear"))) == "~(first affine op & linear)"
    assert str(select.last(3) | select.module("a.*")) == "(last 3 affine ops | module a.*)"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (CONVOLUTIONS & LINEAR, False),
        (CONVOLUTIONS & select.last(), True),
        (select.module("0") | select.first(), True),
        (~select.module_type(nn.Linear), False),
        (~select.position(1), True),
        (select.op("lstm"), False),
        (select.op("lstm", "linear"), True),
    ],
    ids=str,
)
def test_steps_are_told_where_one_of_the_two_tells_them(selector: AbstractSelector, expected: bool) -> None:
    assert selector.tells_steps is expected


def test_positions_count_the_affine_calls_alone() -> None:
    selector = select.last(2) & ~select.last()
    numbers = [number for number in (0, 1, 2, 3, None) if selector.matches(None, Position(number, 4))]  # type: ignore[arg-type]
    assert numbers == [2]
