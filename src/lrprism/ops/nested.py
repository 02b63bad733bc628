"""Walks over the tensors in nested tuples, lists and dicts: the arguments and results of ops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

_ATOMS = frozenset({type(None), bool, int, float, str})
"""The types of most arguments other than tensors: one look-up is quicker than the checks for containers."""


def tensors_in(values: Any) -> list[Tensor]:
    """Return the tensors of nested tuples, lists and dicts."""
    if isinstance(values, Tensor):
        return [values]
    tensors: list[Tensor] = []
    _collect_tensors(values, tensors)
    return tensors


def _collect_tensors(values: Any, tensors: list[Tensor]) -> None:
    if isinstance(values, (tuple, list)):
        for value in values:
            # tensors here and not in a call of their own: this runs at every op
            if isinstance(value, Tensor):
                tensors.append(value)
            elif type(value) not in _ATOMS:
                _collect_tensors(value, tensors)
    elif type(values) not in _ATOMS and isinstance(values, Mapping):
        _collect_tensors(tuple(values.values()), tensors)


def tensors_in_result(values: Any) -> list[Tensor]:
    """Return the tensors in the result of a module, which may be a dataclass or a plain object too."""
    if isinstance(values, (Tensor, tuple, list, Mapping)) or not hasattr(values, "__dict__"):
        return tensors_in(values)
    return tensors_in(tuple(vars(values).values()))


def is_live(values: Any) -> bool:
    """Return True if relevance reaches a tensor in ``values``; parameters and buffers are constants."""
    if isinstance(values, Tensor):
        return values.requires_grad
    if type(values) in _ATOMS:
        return False
    if isinstance(values, (tuple, list)):
        for value in values:  # noqa: SIM110 - any() would make a generator at every call of every op
            if is_live(value):
                return True
        return False
    return isinstance(values, Mapping) and is_live(tuple(values.values()))


def map_tensors(values: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Return nested tuples, lists and dicts with ``function`` applied to each tensor."""
    if isinstance(values, Tensor):
        return function(values)
    # exact types only: a named tuple or a torch.Size would have to be built in its own way
    if type(values) is tuple or type(values) is list:
        return type(values)([map_tensors(value, function) for value in values])
    if type(values) is dict:
        return {key: map_tensors(value, function) for key, value in values.items()}
    return values


def map_live(values: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Return nested tuples, lists and dicts with ``function`` applied to each live tensor."""
    return map_tensors(values, lambda tensor: function(tensor) if tensor.requires_grad else tensor)


def exchange_tensors(values: Any, by_id: dict[int, Tensor]) -> Any:
    """Return nested tuples, lists and dicts with other tensors in the place of some.

    Args:
        values: Nested tensors.
        by_id: The new tensors, by the id of the tensor that each replaces.
    """
    return map_tensors(values, lambda tensor: by_id.get(id(tensor), tensor))


def detach_tensors(values: Any) -> Any:
    """Return nested tuples, lists and dicts with every live tensor detached."""
    return map_tensors(values, _detach_live)


def _detach_live(tensor: Tensor) -> Tensor:
    return tensor.detach() if tensor.requires_grad else tensor
