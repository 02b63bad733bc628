"""The places where torch keeps a function of one name, and tables of ops by such names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp

_OWNERS = (torch, torch._C._nn, torch.special, torch.linalg, torch.fft, torch.sparse, Tensor, F)


def build_table(
    names: str, op: Callable[..., AbstractOp], kind: Kind, *settings: Any
) -> dict[Any, AbstractOp]:
    """Return a table with an op for each name, under every torch function and method of that name.

    Args:
        names: The names, with spaces between.
        op: The class of the ops.
        kind: Their kind.
        settings: Their other arguments.
    """
    table: dict[Any, AbstractOp] = {}
    for name in names.split():
        table |= dict.fromkeys(functions_named(name), op(kind, name.strip("_"), *settings))
    return table


def functions_named(name: str) -> set[Any]:
    """Return every torch function and tensor method of this name; else the ``aten`` op of this name."""
    functions = {getattr(owner, name, None) for owner in _OWNERS}
    # torch.float is a type, Tensor.float a method
    return {function for function in functions if callable(function)} or aten_named(name)


def aten_named(name: str) -> set[Any]:
    """Return the ``aten`` op of this name, which only exported programs call, or nothing."""
    packet = getattr(torch.ops.aten, name, None)
    return set() if packet is None else {packet}


def every_name_of(function: Any) -> set[Any]:
    """Return a torch function together with the functions and methods of the same name."""
    packet = packet_of(getattr(function, "_opoverload", function))  # a custom op holds its overload
    if packet is not None:
        return {function, packet} | functions_named(packet.__name__)
    return {function} | functions_named(getattr(function, "__name__", ""))


def packet_of(function: Any) -> Any:
    """Return the packet of all overloads of an ``aten`` op, or None for any other function."""
    if isinstance(function, torch._ops.OpOverload):
        return function.overloadpacket
    return function if isinstance(function, torch._ops.OpOverloadPacket) else None


def builtin_named(name: str) -> Any:
    """Return torch's builtin of the name of an ``aten`` op, which takes the same arguments, or None."""
    functions = (getattr(owner, name, None) for owner in _OWNERS)
    return next((function for function in functions if callable(function)), None)
