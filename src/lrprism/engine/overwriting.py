"""Arguments of calls that write into a tensor: what they put there, and how to make them not write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def fills_mask(args: tuple[Any, ...]) -> bool:
    """Return True if an assignment puts one number where a mask of the tensor's shape is true."""
    target, mask, value = args
    is_mask = isinstance(mask, Tensor) and mask.dtype is torch.bool and mask.shape == target.shape
    return is_mask and (isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.dim() == 0))


def find_full_source(func: Callable[..., Any], args: tuple[Any, ...]) -> Tensor | None:
    """Return the tensor that an assignment puts in the place of all of another one, or None."""
    if func is Tensor.copy_ and isinstance(args[1], Tensor):
        return args[1]
    if func is not Tensor.__setitem__ or not isinstance(args[2], Tensor):
        return None
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    is_full = all(part is Ellipsis or (isinstance(part, slice) and part == slice(None)) for part in index)
    return args[2] if is_full and args[2].dim() <= args[0].dim() else None


def switch_off(
    position: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], bool]:
    """Return the arguments with ``inplace=False``, and the former value of ``inplace``."""
    if len(args) > position:
        return (*args[:position], False, *args[position + 1 :]), kwargs, bool(args[position])
    return args, {**kwargs, "inplace": False}, bool(kwargs.get("inplace", False))
