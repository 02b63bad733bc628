"""Containers in which a model may keep tensors are found, exchanged and restored."""

from collections import OrderedDict, deque, namedtuple
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor

from lrprism.engine.containers import (
    containers_in,
    copy_content,
    is_set_or_array,
    memory_in,
    memory_of,
    replace_tensors,
    restore_content,
    tensors_held,
)

A, B, C = torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([3.0])
Pair = namedtuple("Pair", "first second")


@pytest.mark.parametrize(
    "value",
    [
        [A, B],
        {"a": A, "b": [B]},
        deque([A, (B,)]),
        [((A,), B)],
        MappingProxyType({"a": [A], "b": [B]}),
        SimpleNamespace(a=A, inside=SimpleNamespace(b=B)),
    ],
)
def test_tensors_are_found_however_they_are_held(value: Any) -> None:
    assert {float(tensor) for tensor in tensors_held(containers_in(value))} == {1.0, 2.0}


def test_tensors_below_six_containers_are_not_looked_for() -> None:
    inner: Any = [A]
    for _ in range(5):
        inner = [inner]
    assert list(tensors_held(containers_in(inner))) == [A]
    assert list(tensors_held(containers_in([inner]))) == []


def test_a_container_that_holds_itself_is_yielded_once() -> None:
    value: list[Any] = [A]
    value.append(value)
    assert sum(1 for _ in containers_in(value)) == 1


def test_views_of_one_tensor_have_one_memory_and_a_sparse_tensor_has_none() -> None:
    x = torch.arange(6.0)
    assert memory_of(x[1:]) == memory_of(x.view(2, 3)) != memory_of(x.clone())
    assert memory_of(x.to_sparse()) is None
    assert memory_in([[x, x[2:]], {"c": C}]) == {memory_of(x), memory_of(C)}


def test_two_names_of_one_tensor_stay_one_and_named_tuples_keep_their_type() -> None:
    lists: list[Any] = [A, Pair(A, (B, 7)), "text"]
    attributes = {"again": A, "other": (C,)}
    replace_tensors([lists, attributes], lambda tensor: C if tensor is C else 10 * tensor)
    assert isinstance(lists[1], Pair)
    assert lists[0] is lists[1].first is attributes["again"]
    assert float(lists[0]) == 10.0
    assert float(lists[1].second[0]) == 20.0
    assert lists[1].second[1] == 7
    assert attributes["other"][0] is C


class Frozen(OrderedDict[str, Any]):
    """A configuration that forbids changes and copies, as some of transformers' outputs do."""

    def __setitem__(self, key: str, value: Any) -> None:
        raise TypeError("frozen")

    def copy(self) -> Any:
        raise TypeError("frozen")


@pytest.mark.parametrize(
    "container", [{"a": A}, [A], deque([A], maxlen=3), {1, 2}, numpy.ones(3), Frozen()], ids=str
)
def test_content_is_restored_in_place(container: Any) -> None:
    content = copy_content(container)
    before = repr(list(container))
    if isinstance(container, dict):
        kind: Any = OrderedDict if isinstance(container, OrderedDict) else dict
        kind.__setitem__(container, "new", B)
    elif isinstance(container, numpy.ndarray):
        container += 1
    else:
        container.add(3) if isinstance(container, set) else container.append(B)
    assert repr(list(container)) != before
    restore_content(container, content)
    assert repr(list(container)) == before


def test_sets_and_arrays_that_can_be_written_to_count_as_content() -> None:
    fixed = numpy.ones(2)
    fixed.flags.writeable = False
    values: list[Any] = [set(), numpy.ones(2), fixed, frozenset(), [A], Tensor()]
    assert [is_set_or_array(value) for value in values] == [True, True, False, False, False, False]
