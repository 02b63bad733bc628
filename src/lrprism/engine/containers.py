"""Walks over what may hold tensors between two calls: attributes, dicts, lists, and objects inside them."""

from __future__ import annotations

import operator
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

_ATOMS = frozenset({
    type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size,
    FunctionType, BuiltinFunctionType, MethodType, ModuleType, type,
})  # fmt: skip
"""Types that hold no tensor; most attributes are of these."""

_DEPTH = 6
"""Number of nested containers in which tensors are looked for."""

Container = dict[Any, Any] | list[Any] | deque[Any]
"""A mutable holder of tensors; the attributes of an object are a dict."""


def memory_of(tensor: Tensor) -> int | None:
    """Return the identity of a tensor's memory, or None where it has no single one, as a sparse tensor."""
    return tensor.untyped_storage()._cdata if tensor.layout is torch.strided else None


def memory_in(containers: Iterable[Container]) -> set[int | None]:
    """Return the memory of the tensors that containers hold, also in tuples."""
    return set(map(memory_of, tensors_held(containers)))


def tensors_held(containers: Iterable[Container]) -> Iterator[Tensor]:
    """Yield the tensors that containers hold, also in tuples."""
    for container in containers:
        for value in values_of(container):
            yield from _tensors_of(value)


def values_of(container: Container) -> Iterable[Any]:
    """Return the values of a dict, or the entries of a list."""
    return container.values() if isinstance(container, dict) else container


def _tensors_of(value: Any) -> Iterator[Tensor]:
    """Yield a tensor, or those of a tuple."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple):  # its lists and dicts are containers of their own
        for entry in value:
            yield from _tensors_of(entry)


def containers_in(value: Any) -> Iterator[Container]:
    """Yield the containers in a value, itself included, a few levels deep and each once."""
    seen: dict[int, Any] = {}  # values are held, so that no other object gets the id of one
    pending = [(value, _DEPTH)]
    while pending:
        value, depth = pending.pop()
        is_leaf = type(value) in _ATOMS or isinstance(value, (Tensor, nn.Module, type))
        if is_leaf or not depth or id(value) in seen:
            continue
        seen[id(value)] = value
        entries: Iterable[Any] = ()
        if isinstance(value, (dict, list, deque)):
            yield value
            entries = values_of(value)
        # neither can be changed, but may hold what can
        elif isinstance(value, (tuple, Mapping)):
            entries = value.values() if isinstance(value, Mapping) else value
        pending.extend((entry, depth - 1) for entry in entries)
        # an object, such as a cache of keys and values: its attributes count as one container
        if hasattr(value, "__dict__"):
            pending.append((vars(value), depth))


def replace_tensors(containers: Iterable[Container], replace: Callable[[Tensor], Tensor]) -> None:
    """Exchange the tensors that containers hold, so that two names of one tensor stay one.

    Args:
        containers: The containers, which are changed.
        replace: Returns what should stand in the place of a tensor; the tensor itself to leave it.
    """
    done: dict[int, tuple[Tensor, Tensor]] = {}
    for container in containers:
        pairs = list(container.items() if isinstance(container, dict) else enumerate(container))
        for key, value in pairs:
            if isinstance(value, (Tensor, tuple)):
                new = _replace_value(value, replace, done)
                if new is not value:
                    _set_entry(container, key, new)


def _replace_value(
    value: Any, replace: Callable[[Tensor], Tensor], done: dict[int, tuple[Tensor, Tensor]]
) -> Any:
    """Return the replacement of a tensor, or of a tuple with tensors; anything else as it is."""
    if isinstance(value, Tensor):
        if id(value) not in done:
            done[id(value)] = (value, replace(value))
        return done[id(value)][1]
    if not isinstance(value, tuple):
        return value
    entries = [_replace_value(entry, replace, done) for entry in value]
    if all(new is old for new, old in zip(entries, value, strict=True)):
        return value
    # a named tuple takes its fields one by one
    return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)


def is_set_or_array(value: Any) -> bool:
    """Return True for a set, and for a NumPy array that can be written to."""
    numpy = sys.modules.get("numpy")
    is_array = numpy is not None and type(value) is numpy.ndarray
    return type(value) is set or (is_array and value.flags.writeable)


def copy_content(container: Any) -> Any:
    """Return a copy of a container's content, also of one whose own ``copy`` is forbidden."""
    if isinstance(container, dict):
        return dict.copy(container)
    return list(container) if isinstance(container, (list, deque)) else container.copy()


def restore_content(container: Any, content: Any) -> None:
    """Restore the content of a container from a copy, writing only where it has changed."""
    if isinstance(container, dict):
        for key in container.keys() - content.keys():
            _builtin_type(container).__delitem__(container, key)
        for key, value in content.items():
            if container.get(key, _MISSING) is not value:
                _set_entry(container, key, value)
    elif isinstance(container, (list, deque)):
        if len(container) != len(content) or any(map(operator.is_not, container, content)):
            container.clear()
            container.extend(content)
    elif isinstance(container, set):
        container.clear()
        container.update(content)
    else:  # a NumPy array
        container[...] = content


_MISSING = object()


def _set_entry(container: Container, key: Any, value: Any) -> None:
    """Set an entry, also of a dict that forbids it, such as a frozen configuration."""
    _builtin_type(container).__setitem__(container, key, value)


def _builtin_type(container: Container) -> Any:
    """Return the built-in type of a container, whose methods a subclass cannot forbid."""
    return next(kind for kind in (OrderedDict, dict, list, deque) if isinstance(container, kind))
