"""In-place functions of torch and their out-of-place twins, which leave every tensor as it is."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

_AUGMENTED = re.compile(r"__i\w+__")
"""Operators such as ``__iadd__``."""

_TRAILING = re.compile(r"[^_](\w*[^_])?_")
"""Names such as ``relu_``, with one underscore at the end and none in front."""


def _list_twins() -> dict[Any, Any]:
    """Map every in-place function to its out-of-place twin, or to None where it has none."""
    table: dict[Any, Any] = {}
    for owner in (torch, Tensor, F):
        for name in dir(owner):
            function = getattr(owner, name)
            operator = "__" + name[3:]  # __iadd__ -> __add__
            if owner is Tensor and _AUGMENTED.fullmatch(name) and hasattr(Tensor, operator):
                table[function] = getattr(Tensor, operator)
            elif _TRAILING.fullmatch(name) and callable(function):
                table[function] = getattr(owner, name[:-1], None)
    # these write no numbers
    for name in ("requires_grad_", "share_memory_", "retain_grad", "resize_", "set_"):
        table.pop(getattr(Tensor, name, None), None)
    return table | {Tensor.__setitem__: None}


_TWINS = _list_twins()


@cache
def is_in_place(func: Callable[..., Any]) -> bool:
    """Return True if a torch function or an ``aten`` op writes into its first argument."""
    # an exported program calls aten ops, whose schema says if they write
    if isinstance(func, torch._ops.OpOverload):
        name = func.overloadpacket.__name__
        return bool(_TRAILING.fullmatch(name)) and func._schema.is_mutable
    return func in _TWINS


@cache
def twin_of(func: Callable[..., Any]) -> Any:
    """Return the out-of-place twin of an in-place function, or None where it has none."""
    if isinstance(func, torch._ops.OpOverload):
        packet = getattr(torch.ops.aten, func.overloadpacket.__name__[:-1], None)
        return getattr(packet, func._overloadname, None)
    return _TWINS[func]


def _list_switches() -> dict[Any, int]:
    """Map every function with an ``inplace`` argument to that argument's position."""
    table: dict[Any, int] = {}
    for name in dir(F):
        function = getattr(F, name)
        # functions written in Python: those of C++ hide their parameters, and have an in-place twin anyway
        if callable(function) and hasattr(function, "__code__") and not name.startswith("_"):
            parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
            if "inplace" in parameters:
                table[function] = parameters.index("inplace")
    return table


SWITCHES = _list_switches()
"""The position of the argument ``inplace`` of each function that has one."""
