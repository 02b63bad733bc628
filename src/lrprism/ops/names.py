"""The places where torch keeps a function of one name."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

_OWNERS = (torch, torch._C._nn, torch.special, torch.linalg, torch.fft, torch.sparse, Tensor, F)


def functions_named(name: str) -> set[Any]:
    """Return every torch function and tensor method of this name; else the ``aten`` op of this name."""
    found = {getattr(owner, name, None) for owner in _OWNERS}
    return {function for function in found if callable(function)} or aten_named(name)


def aten_named(name: str) -> set[Any]:
    """Return the ``aten`` op of this name, which only exported programs call, or nothing."""
    found = getattr(torch.ops.aten, name, None)
    return set() if found is None else {found}


def every_name_of(function: Any) -> set[Any]:
    """Return a torch function together with the functions and methods of the same name."""
    packet = packet_of(getattr(function, "_opoverload", function))  # a custom op holds its overload
    if packet is not None:
        return {function, packet} | functions_named(packet.__name__)
    return {function} | functions_named(getattr(function, "__name__", ""))


def packet_of(function: Any) -> Any:
    """Return all overloads of an ``aten`` op in one, or None for any other function."""
    if isinstance(function, torch._ops.OpOverload):
        return function.overloadpacket
    return function if isinstance(function, torch._ops.OpOverloadPacket) else None


def builtin_named(name: str) -> Any:
    """Return torch's builtin of the name of an ``aten`` op, which takes the same arguments, or None."""
    for owner in _OWNERS:
        function = getattr(owner, name, None)
        if callable(function):
            return function
    return None
