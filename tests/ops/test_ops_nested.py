"""Walks over nested tuples, lists and dicts."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lrprism.ops.nested import (
    detach_tensors,
    exchange_tensors,
    is_live,
    map_live,
    map_tensors,
    tensors_in,
    tensors_in_result,
)

A, B = torch.tensor([1.0]), torch.tensor([2.0])
LIVE = torch.tensor([3.0], requires_grad=True)
NESTED: Any = (A, [1, "text", {"live": LIVE, "none": None}], B)


class Pair(NamedTuple):
    """A named tuple, as torch returns many."""

    values: Tensor
    number: int


@dataclass
class Result:
    """A result as models of transformers return it."""

    logits: Tensor
    states: tuple[Tensor, ...]
    loss: float = 0.0


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return list(map(id, one)) == list(map(id, other))


def test_tensors_come_in_the_order_of_the_nested_values() -> None:
    assert same(tensors_in(NESTED), [A, LIVE, B])
    assert same(tensors_in(A), [A])
    assert same(tensors_in(Pair(A, 3)), [A])
    assert tensors_in([1, "text", None]) == []


def test_a_result_may_be_an_object() -> None:
    assert same(tensors_in_result(Result(A, (B, LIVE))), [A, B, LIVE])
    assert same(tensors_in_result({"out": A}), [A])
    assert tensors_in_result(3) == []
    assert tensors_in(Result(A, ())) == []  # as an argument of an op it is no container


def test_live_is_what_requires_grad() -> None:
    assert is_live(NESTED)
    assert is_live({"key": (1, [LIVE])})
    assert not is_live((A, [1, "text", {"b": B}]))


def test_map_tensors_builds_the_containers_anew() -> None:
    doubled = map_tensors(NESTED, lambda tensor: 2 * tensor.detach())
    assert [tensor.item() for tensor in tensors_in(doubled)] == [2, 6, 4]
    assert type(doubled) is tuple
    assert doubled[1][:2] == [1, "text"]
    assert doubled[1] is not NESTED[1]
    pair = Pair(A, 3)
    assert map_tensors(pair, torch.neg) is pair  # it would have to be built by its fields


def test_map_live_leaves_constants_alone() -> None:
    mapped = map_live(NESTED, torch.neg)
    assert same([mapped[0], mapped[2]], [A, B])
    assert mapped[1][2]["live"].item() == -3


def test_exchange_tensors_looks_them_up_by_their_id() -> None:
    exchanged = exchange_tensors(NESTED, {id(A): B, id(LIVE): A})
    assert same(tensors_in(exchanged), [B, A, B])


def test_detach_tensors_detaches_the_live_ones() -> None:
    detached = detach_tensors(NESTED)
    assert not is_live(detached)
    assert same([detached[0], detached[2]], [A, B])
    assert is_live(NESTED)
