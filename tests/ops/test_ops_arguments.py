"""Arguments by position or by name."""

import torch

from lrprism.ops.arguments import detach_argument, read_argument

A, B = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)


def test_an_argument_is_read_by_position_or_by_any_of_its_names() -> None:
    assert read_argument((1, 2), {}, 1, "dim") == 2
    assert read_argument((1,), {"dim": 3}, 1, "axis", "dim") == 3
    assert read_argument((1,), {"other": 3}, 1, "dim") is None


def test_one_argument_is_detached_and_the_others_are_left() -> None:
    positional, named = detach_argument((A, [B]), {"scale": B}, 1, "divisor")
    assert positional[0] is A
    assert not positional[1][0].requires_grad
    assert named["scale"] is B
    positional, named = detach_argument((A,), {"divisor": B}, 1, "divisor")
    assert positional == [A]
    assert not named["divisor"].requires_grad
