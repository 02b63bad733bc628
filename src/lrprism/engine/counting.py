"""Sums of relevance at the tensors of a way back, read by hooks."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Counter:
    """Adds up relevance at tensors, once where an op's output and the next one's input are the same.

    Args:
        totals: Where the sums are kept, by the number of the tensor.
    """

    def __init__(self, totals: dict[int, Tensor | float]) -> None:
        """Start with nothing seen."""
        self._totals = totals
        self._latest: tuple[int, Tensor, Tensor | float] | None = None

    def count(self, number: int, tensor: Tensor, gradient: Tensor | None) -> None:
        """Add the relevance at a tensor; called by autograd with the modified gradient there, if any."""
        if gradient is None:
            return
        latest = self._latest
        if latest is not None and latest[0] == tensor.data_ptr() and _is_same(latest[1], gradient):
            found = latest[2]
        else:
            found = relevance_sum(tensor, gradient)
        self._latest = (tensor.data_ptr(), gradient, found)  # held: its memory is not another's meanwhile
        self._totals[number] = self._totals.get(number, 0.0) + found


def _is_same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are the same numbers in the same memory."""
    return one.data_ptr() == other.data_ptr() and one.shape == other.shape and one.stride() == other.stride()


def relevance_sum(tensor: Tensor, gradient: Tensor) -> Tensor | float:
    """The sum of ``a * g``; an entry without gradient, such as a masked score of -inf, has no relevance.

    On a GPU it stays there, so that nothing is waited for.
    """
    if tensor.is_complex():
        tensor, gradient = torch.view_as_real(tensor), torch.view_as_real(gradient)
    if tensor.is_cpu and tensor.dtype in _EXACT:
        a, g = _flat(tensor), _flat(gradient)
        is_alike = a is not None and g is not None and tensor.stride() == gradient.stride()
        found = float(torch.dot(a, g) if is_alike else (tensor * gradient).sum())  # type: ignore[arg-type]
        if math.isfinite(found):
            return found
    return torch.where(gradient == 0, 0, tensor * gradient).sum(dtype=torch.float64)


_EXACT = frozenset({torch.float32, torch.float64})
"""Types in which sums lose little."""


def _flat(tensor: Tensor) -> Tensor | None:
    """The numbers of a tensor in the order of its memory, or None where they have gaps."""
    ordered = tensor.permute(sorted(range(tensor.dim()), key=lambda each: -tensor.stride()[each]))
    return ordered.view(-1) if ordered.is_contiguous() else None
