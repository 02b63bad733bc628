"""Moves of probabilities, done to the logits instead."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from lrprism.errors import ModelError
from lrprism.graph.repeats import can_repeat, repeat

Z = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], requires_grad=True)

MOVES: dict[str, Callable[[Tensor], Tensor]] = {
    "select": lambda p: p[:, -1],
    "slice": lambda p: p[:, -2:],
    "slice with a step": lambda p: p[:, ::2],
    "permute": lambda p: p.permute(-1, 0),
    "transpose": lambda p: p.transpose(-2, 1),
    "t": lambda p: p.t(),
    "flip": lambda p: p.flip(-1),
    "reshape": lambda p: p.reshape(3, 2),
    "unsqueeze": lambda p: p.unsqueeze(1),
}


@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_done_to_the_logits(move: str) -> None:
    node = MOVES[move](Z.sigmoid()).grad_fn
    assert can_repeat(node, is_softmax=True)
    torch.testing.assert_close(repeat(node, Z, "sigmoid", is_softmax=True), MOVES[move](Z), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("function", "sign"),
    [
        (lambda p: 2 * p, 1),
        (lambda p: p / 3, 1),
        (lambda p: p - 0.5, 1),
        (torch.neg, -1),
        (lambda p: 1 - p, -1),
        (lambda p: p * torch.tensor([-1.0, -2.0, -3.0]), -1),
        (torch.log, 1),
    ],
)
def test_a_scale_below_zero_turns_the_logit_of_a_sigmoid_round(
    function: Callable[[Tensor], Tensor], sign: int
) -> None:
    node = function(Z.sigmoid()).grad_fn
    assert torch.equal(repeat(node, Z, "sigmoid", is_softmax=False), sign * Z)
    # of a softmax, it would set the class against the others
    assert can_repeat(node, is_softmax=True) is (sign == 1)


@pytest.mark.parametrize(
    "function",
    [
        lambda p: p * torch.tensor([1.0, -1.0, 1.0]),
        lambda p: p.roll(1, 1),
        lambda p: p[:, [2, 0]],
        torch.reciprocal,
        lambda p: p + p.flip(1),
    ],
)
def test_other_ops_are_refused(function: Callable[[Tensor], Tensor]) -> None:
    node = function(Z.sigmoid()).grad_fn
    assert not can_repeat(node, is_softmax=False)
    with pytest.raises(ModelError, match=r"should meet a sigmoid with nothing but reshapes.* Found \w+\."):
        repeat(node, Z, "sigmoid", is_softmax=False)
