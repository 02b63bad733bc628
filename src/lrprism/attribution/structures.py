"""Tensors inside lists, mappings, dataclasses and other objects: find them, and put others in their place.

The arguments and results of single ops are plainer, and walked by :mod:`lrprism.ops.nested`.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from torch import Tensor, nn

from lrprism.errors import InputError

Path = tuple[Any, ...]
"""The keys, positions and names of attributes that lead from a structure to a part of it."""

_CLOSED = (
    Tensor, str, bytes, int, float, complex, type(None),
    type, nn.Module, FunctionType, BuiltinFunctionType, MethodType, ModuleType,
)  # fmt: skip
"""Types of objects that are no containers of somebody's data, though some have attributes."""


def leaves(structure: Any) -> Iterator[tuple[Path, Any]]:
    """Yield whatever in a structure holds nothing further, tensors among it, each with its path."""
    yield from _leaves_below(structure, (), ())


def _leaves_below(value: Any, path: Path, outer: tuple[int, ...]) -> Iterator[tuple[Path, Any]]:
    # an object may hold the one that holds it
    parts = None if id(value) in outer else parts_of(value)
    if parts is None:
        yield path, value
        return
    for key, part in parts.items():
        yield from _leaves_below(part, (*path, key), (*outer, id(value)))


def tensor_leaves(structure: Any) -> Iterator[tuple[Path, Tensor]]:
    """Yield the tensors in a structure, each with its path."""
    return ((path, leaf) for path, leaf in leaves(structure) if isinstance(leaf, Tensor))


def parts_of(value: Any) -> dict[Any, Any] | None:
    """Return what a container holds by key, position or attribute; None for anything but a container."""
    if isinstance(value, _CLOSED):
        return None
    # arrays, data frames, images: numbers that a model cannot read
    if any(hasattr(type(value), name) for name in ("__array__", "__array_interface__")):
        return None
    if isinstance(value, Mapping):
        return dict(value.items())
    if isinstance(value, (list, tuple, deque)):
        names = getattr(value, "_fields", ())
        return (
            {name: getattr(value, name) for name in names}
            if hasattr(value, "_asdict")
            else dict(enumerate(value))
        )
    # torch_geometric's HeteroData: one store of tensors per type of node and of edge
    if _is_heterogeneous(value):
        return {key: value[key] for key in (*value.node_types, *value.edge_types)}
    # torch_geometric's Data and Batch; keys is a property in its old releases
    if _is_keyed(value):
        return {key: value[key] for key in list(value.keys() if callable(value.keys) else value.keys)}
    return _attributes_of(value)


def _is_heterogeneous(value: Any) -> bool:
    return hasattr(type(value), "node_types") and hasattr(type(value), "edge_types")


def _is_keyed(value: Any) -> bool:
    return all(hasattr(type(value), name) for name in ("keys", "__getitem__", "__setitem__"))


def _attributes_of(value: Any) -> dict[Any, Any] | None:
    """Return the attributes of an object; None if it has none, as an array of numpy."""
    slots = []
    for cls in type(value).__mro__:
        names = vars(cls).get("__slots__", ())
        slots += [names] if isinstance(names, str) else list(names)
    slots = [name for name in slots if name not in {"__dict__", "__weakref__"} and hasattr(value, name)]
    if not slots and not hasattr(value, "__dict__"):
        return None
    return {name: getattr(value, name) for name in slots} | getattr(value, "__dict__", {})


def fill(structure: Any, put: Callable[[Path, Tensor], Tensor]) -> Any:
    """Return a structure of the same kind with other tensors in it; the original stays as it is.

    Tuples, lists and dicts are made anew. An object is copied (``copy.copy``) where one of its tensors
    changes, and is handed on as it is otherwise.

    Args:
        structure: What may hold tensors.
        put: Returns what stands in the place of a tensor, from its path and the tensor.
    """
    return _fill_below(structure, (), (), put)


def _fill_below(value: Any, path: Path, outer: tuple[int, ...], put: Callable[[Path, Tensor], Tensor]) -> Any:
    if isinstance(value, Tensor):
        return put(path, value)
    parts = None if id(value) in outer else parts_of(value)
    if parts is None:
        return value
    inner = (*outer, id(value))
    now = {key: _fill_below(part, (*path, key), inner, put) for key, part in parts.items()}
    if type(value) is dict:
        return now
    if type(value) in {list, tuple}:
        return type(value)(now.values())
    changes = {key: part for key, part in now.items() if part is not parts[key]}
    return _copy_with(value, changes, now, path) if changes else value


def _copy_with(value: Any, changes: dict[Any, Any], now: dict[Any, Any], path: Path) -> Any:
    """Return a copy of an object with other parts.

    Raises:
        InputError: If it cannot be copied or written to.
    """
    try:
        # a tuple cannot be written to, and a named one takes its fields as arguments
        if isinstance(value, tuple):
            return type(value)(*now.values()) if hasattr(value, "_fields") else type(value)(now.values())
        clone = copy.copy(value)
        if _is_heterogeneous(value):
            for key, store in changes.items():
                for name, part in store.items():
                    clone[key][name] = part
        elif isinstance(value, (Mapping, list, deque)) or _is_keyed(value):
            for key, part in changes.items():
                clone[key] = part
        else:
            for name, part in changes.items():
                # a frozen dataclass refuses plain assignment
                object.__setattr__(clone, name, part)
    except (TypeError, AttributeError) as error:
        raise InputError(
            f"{format_path(path)} should be an object that copy.copy copies and whose attributes can be set. "
            f"Found {type(value).__name__}: {error}. Try a dict or a list of its tensors."
        ) from error
    return clone


def nest(structure: Any, values: Mapping[Path, Any]) -> Any:
    """Give values the form of a structure: a tuple for a tuple, a list for a list, a dict for anything else.

    What has no value is left out of a dict, and is None in a tuple or a list.

    Args:
        structure: Where the paths come from.
        values: The value at each path.
    """
    return _nest_below(structure, (), (), values)


def _nest_below(value: Any, path: Path, outer: tuple[int, ...], values: Mapping[Path, Any]) -> Any:
    if path in values:
        return values[path]
    parts = None if isinstance(value, Tensor) or id(value) in outer else parts_of(value)
    if parts is None:
        return None
    inner = (*outer, id(value))
    nested = {key: _nest_below(part, (*path, key), inner, values) for key, part in parts.items()}
    present = {key: part for key, part in nested.items() if part is not None}
    if not present:
        return None
    if isinstance(value, (list, tuple, deque)) and not hasattr(value, "_asdict"):
        return (tuple if isinstance(value, tuple) else list)(nested.values())
    return present


def format_path(path: Path, root: str = "inputs", top: Any = None) -> str:
    """Write a path as one would type it: ``inputs['graph'].x``.

    Args:
        path: The keys, positions and attributes.
        root: The name of the structure.
        top: The structure itself, to tell attributes from keys; without it a name is taken for a key.
    """
    text = root
    for key in path:
        is_attribute = isinstance(key, str) and top is not None and not _is_indexed(top)
        text += f".{key}" if is_attribute else f"[{key!r}]"
        parts = parts_of(top) if top is not None else None
        top = parts.get(key) if parts else None
    return text


def _is_indexed(value: Any) -> bool:
    """Return True if brackets rather than a dot lead to the parts of a container."""
    if hasattr(value, "_asdict"):
        return False
    return isinstance(value, (Mapping, list, tuple, deque)) or _is_heterogeneous(value) or _is_keyed(value)
