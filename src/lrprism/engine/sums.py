"""Sums of relevance at the tensors of a way back, read by hooks."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor


class _Layout(NamedTuple):
    """The memory in which the numbers of a tensor lie; of the tensor itself nothing is held."""

    start: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @classmethod
    def of(cls, tensor: Tensor) -> _Layout:
        return cls(tensor.data_ptr(), tensor.shape, tensor.stride())

    def is_same(self, other: _Layout) -> bool:
        """Return True for the same numbers in the same order, in this shape or another."""
        return self == other or (self.start == other.start and self._steps() == other._steps())

    def _steps(self) -> list[tuple[int, int]]:
        """Sizes and strides; dimensions of which one continues the other are one: [2, 6] lies as [12]."""
        steps: list[tuple[int, int]] = []
        for size, stride in zip(self.shape, self.stride, strict=True):
            if size == 1:
                continue
            if steps and steps[-1][1] == size * stride:
                steps[-1] = (steps[-1][0] * size, stride)
            else:
                steps.append((size, stride))
        return steps


class Activation(NamedTuple):
    """An activation, with that of the reference where relevance is one of differences."""

    a: Tensor
    a_r: Tensor | None = None

    @property
    def change(self) -> Tensor:
        """The activation, or its difference from that of the reference."""
        return self.a if self.a_r is None else self.a - self.a_r


class Counter:
    """Adds up relevance at tensors, once where an op's output and the next one's input are the same.

    Args:
        totals: Where the sums are kept, by the number of the tensor.
    """

    def __init__(self, totals: dict[int, Tensor | float]) -> None:
        """Start with nothing seen."""
        self._totals = totals
        self._latest: tuple[list[_Layout], Tensor, Tensor | float] | None = None

    def count(self, number: int, activation: Activation, gradient: Tensor | None) -> None:
        """Add the relevance at a tensor; called by autograd with the modified gradient there, if any."""
        if gradient is None:
            return
        a, a_r = activation
        dense = Activation(as_dense(a), None if a_r is None else as_dense(a_r))
        gradient = as_dense(gradient)
        latest, layouts = self._latest, [_Layout.of(x) for x in (*dense, gradient) if x is not None]
        is_known = latest is not None and (
            len(latest[0]) == len(layouts) and all(map(_Layout.is_same, latest[0], layouts))
        )
        total = latest[2] if latest is not None and is_known else relevance_sum(dense.change, gradient)
        self._latest = (layouts, gradient, total)  # held: its memory is not another's meanwhile
        self._totals[number] = self._totals.get(number, 0.0) + total


def is_dense(tensor: Tensor) -> bool:
    """Return True if a tensor has one shape and one place in memory, as sparse and nested ones have not."""
    return tensor.layout is torch.strided and not tensor.is_nested


def as_dense(tensor: Tensor) -> Tensor:
    """Return the numbers of a tensor in one shape, zero where it holds none."""
    if is_dense(tensor):
        return tensor
    return torch.nested.to_padded_tensor(tensor, 0.0) if tensor.is_nested else tensor.to_dense()


def relevance_sum(tensor: Tensor, gradient: Tensor) -> Tensor | float:
    """Return the sum of ``a * g``; an entry without gradient, such as a masked score of -inf, has none.

    On a GPU it stays there, so that nothing is waited for.
    """
    if tensor.is_complex():  # as pairs of real numbers; a conjugate is a view without pairs of its own
        tensor, gradient = (torch.view_as_real(x.resolve_conj()) for x in (tensor, gradient))
    if tensor.is_cpu and tensor.dtype in _EXACT:
        if tensor.numel() <= _SMALL:  # in a long chain of small steps the rounding of each sum would add up
            tensor, gradient = tensor.double(), gradient.double()
        a, g = _flat(tensor), _flat(gradient)
        is_alike = a is not None and g is not None and tensor.stride() == gradient.stride()
        total = float(torch.dot(a, g)) if is_alike else _sum_products(tensor, gradient)  # type: ignore[arg-type]
        if math.isfinite(total):  # else an entry without gradient is inf or NaN: the careful way below
            return total
    return torch.where(gradient == 0, 0, tensor * gradient).sum(dtype=torch.float64)


def _sum_products(tensor: Tensor, gradient: Tensor) -> float:
    """Sum products of tensors of any layouts, in pieces that stay in the processor's cache."""
    if tensor.numel() <= _LARGE:
        return float((tensor * gradient).sum())
    pieces = zip(torch.split(tensor, 1), torch.split(gradient, 1), strict=True)
    return sum(float((a * b).sum()) for a, b in pieces)


_LARGE = 2**20
_SMALL = 2**10
_EXACT = frozenset({torch.float32, torch.float64})
"""Types in which sums lose little."""


def _flat(tensor: Tensor) -> Tensor | None:
    """Return the numbers of a tensor in the order of its memory, or None where they have gaps."""
    if tensor.is_contiguous():
        return tensor.view(-1)
    ordered = tensor.permute(sorted(range(tensor.dim()), key=lambda axis: -tensor.stride()[axis]))
    return ordered.view(-1) if ordered.is_contiguous() else None
