"""Tensors that are elementwise functions of one tensor."""

import torch
from torch import Tensor

from lrprism.graph import have_one_origin, share_origin
from lrprism.graph.nodes import edge_of
from lrprism.graph.origins import _LIMIT


def live(*shape: int) -> Tensor:
    return torch.ones(shape, requires_grad=True).clone()


def test_elementwise_functions_of_one_tensor_have_one_origin() -> None:
    a = live(2, 3)
    assert have_one_origin(a, a)
    assert have_one_origin(2 * a + 1, a.relu())
    assert have_one_origin(a * a, a.clone() - 3, -a)


def test_a_move_or_another_tensor_is_another_origin() -> None:
    a, b = live(3, 3), live(3, 3)
    assert not have_one_origin(a, b)
    assert not have_one_origin(a, a.t())
    assert not have_one_origin(a + b, a + b)  # of two tensors at once


def test_outputs_of_one_node_are_different_tensors() -> None:
    first, second = live(4).split(2)
    assert not have_one_origin(first, second)
    assert share_origin([edge_of(first), edge_of(2 * first)])


def test_what_lies_too_far_back_counts_as_another_tensor() -> None:
    a = live(2)
    near = far = a
    for _ in range(_LIMIT - 2):
        near = near + 1
    for _ in range(_LIMIT + 2):
        far = far + 1
    assert have_one_origin(a, near)
    assert not have_one_origin(a, far)
