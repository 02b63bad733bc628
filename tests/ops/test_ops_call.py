"""A call: it cannot be written to, and is no other call."""

import pytest
from torch import nn

from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind


def linear_call() -> Call:
    return Call(0, Kind.LINEAR, "linear", "head", nn.Linear)


@pytest.mark.parametrize("name", [*Call._fields, "rule"])
def test_a_call_is_frozen(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(linear_call(), name, None)


def test_calls_with_the_same_fields_are_two() -> None:
    first, second = linear_call(), linear_call()
    assert first == first
    assert first != second
    assert len({first, second, first}) == 2
