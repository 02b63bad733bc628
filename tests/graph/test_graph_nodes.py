"""Nodes of the autograd graph: names, sources, notes."""

from typing import Any

import pytest
import torch
from torch import Tensor

import lrprism as lp
from lrprism.graph import (
    Facet,
    edge_of,
    edges_of,
    name_of,
    names_with,
    skip_back,
    sort_inputs_first,
    sources_of,
    walk_back,
    write_note,
)
from lrprism.graph.functions import PASSED
from small_models import Model, numbers


class Identity(torch.autograd.Function):
    """A user's Function."""

    @staticmethod
    def forward(ctx: Any, a: Tensor) -> Tensor:
        del ctx
        return a.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:
        del ctx
        return grad_outputs[0]


def live(*shape: int) -> Tensor:
    return torch.ones(shape, requires_grad=True).clone()


def test_a_name_comes_without_torchs_number() -> None:
    assert name_of(live(2, 3).view(6).grad_fn) == "ViewBackward"
    assert name_of(torch.ops.aten.alias_copy(live(2)).grad_fn) == "AliasBackward"
    written = live(4)
    written[1:] = live(3)
    assert name_of(written.grad_fn) == "CopySlices"


@pytest.mark.parametrize("name", ["Relu", "ReluBackward0", "View", "_Passed", "Passed"])
def test_a_users_function_is_not_taken_for_a_node_of_torch_or_ours(name: str) -> None:
    function: Any = type(name, (Identity,), {})
    found = name_of(function.apply(live(2)).grad_fn)
    assert found == f"{name}.apply"
    assert not any(found in names_with(facet) for facet in Facet)


def test_an_own_function_is_known_by_its_class() -> None:
    nodes = []

    def look(a: Tensor) -> Tensor:
        nodes.append(torch.tanh(a).grad_fn)
        return a.tanh()

    (a,) = numbers((2, 3))
    lp.LRP(Model(look)).explain(a, torch.ones_like)
    assert name_of(nodes[-1]) == PASSED


def test_constants_are_no_sources() -> None:
    a, b = live(2), live(2)
    product = a * b
    assert sources_of(product.grad_fn) == [a.grad_fn, b.grad_fn]
    assert edges_of((a + 1).grad_fn) == [(a.grad_fn, 0)]
    assert sources_of((torch.ones(2) * b).grad_fn) == [b.grad_fn]


def test_an_edge_says_which_output_of_a_node_a_tensor_is() -> None:
    _, second = live(4).split(2)
    assert edge_of(second) == (second.grad_fn, 1)


def test_skip_back_stops_at_another_kind_and_at_a_fork() -> None:
    a = live(2, 3)
    moved = a.exp().view(6).t().view(2, 3)
    moves = names_with(Facet.MOVES)
    assert name_of(skip_back(moved.grad_fn, moves)) == "ExpBackward"
    joined = torch.cat([a, a])
    assert skip_back(joined.view(-1).grad_fn, moves) is joined.grad_fn


def test_a_note_is_read_from_the_node() -> None:
    a = live(2)
    write_note(a, "key", 3)
    node: Any = a.grad_fn
    assert node.metadata["key"] == 3


def test_walk_back_visits_every_node_once() -> None:
    a = live(2)
    z = a.exp() * a + a  # three ways lead back to a
    names = [name_of(node) for node in walk_back(z.grad_fn)]
    assert sorted(names) == ["AccumulateGrad", "AddBackward", "CloneBackward", "ExpBackward", "MulBackward"]


def test_inputs_come_before_the_nodes_that_take_them() -> None:
    a, b = live(2), live(2)
    order = sort_inputs_first([(a * b + a).grad_fn, (2 * b).grad_fn])
    position = {node: number for number, node in enumerate(order)}
    assert {name_of(node) for node in order} >= {"AddBackward", "MulBackward", "CloneBackward"}
    for node, edges in order.items():
        assert all(position[source] < position[node] for source, _ in edges if source is not None)
