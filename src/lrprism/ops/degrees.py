r"""Products of the entries of one tensor, by themselves or among each other.

Such a function is homogeneous of a degree ``n``: :math:`f(t a) = t^n f(a)`. By Euler's theorem gradient times
input adds up to :math:`n f(a)`, so the gradient is divided by ``n``:

.. math:: R_i = \frac{a_i}{n} \frac{\partial f}{\partial a_i} R / f(a), \qquad \sum_i R_i = R

Every one of the ``n`` factors gets the same share, whatever the order in which they are multiplied; a rule
for products shares alike among factors that look alike. No entry is divided by, so zeros do no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.products import Share, shared

Degree = Callable[..., Share | None]
"""Reads the degree, one for all results or one for each, from the arguments; None where there is none."""


@final
@dataclass(frozen=True, eq=False)
class HomogeneousOp(AbstractOp):
    """A product of entries of its first argument, each of which gets an equal share.

    Args:
        kind: ``PRODUCT``.
        name: The op's name.
        degree: How many entries are multiplied.
    """

    degree: Degree

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the function; on the way back each factor gets its share."""
        a, args, kwargs = _split_first(args, kwargs)
        if not is_live((a, args, kwargs)):
            return func(a, *args, **kwargs)
        degree = None if is_live((args, kwargs)) else self.degree(a, *args, **kwargs)
        if degree is None:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(a, *args, **kwargs)
        recorder.record(self.kind, self.name)
        share = 1 / degree
        return shared(func(a, *args, **kwargs), lambda: share)


def _split_first(args: Arguments, kwargs: Keywords) -> tuple[Tensor, Arguments, Keywords]:
    """Return the first argument, by position or by its name, and the others."""
    if args:
        return args[0], args[1:], kwargs
    name = "A" if "A" in kwargs else "input"
    return kwargs[name], (), {key: value for key, value in kwargs.items() if key != name}


def _prod(a: Tensor, dim: int | None = None, *args: Any, **kwargs: Any) -> float:
    del args, kwargs
    return max(a.numel() if dim is None or a.dim() == 0 else a.shape[dim], 1)


def _cumprod(a: Tensor, dim: int, **kwargs: Any) -> Tensor | int:
    del kwargs
    if a.dim() == 0:
        return 1
    steps = torch.arange(1, a.shape[dim] + 1, dtype=a.real.dtype, device=a.device)
    return steps.view(-1, *(1,) * (-1 - dim if dim < 0 else a.dim() - 1 - dim))


def _two(*args: Any, **kwargs: Any) -> int:
    """The variance multiplies deviations in pairs, as the square of the standard deviation does."""
    del args, kwargs
    return 2


def _rows(a: Tensor, **kwargs: Any) -> int:
    del kwargs
    return max(a.shape[-1], 1)


def _exponent(a: Tensor, n: int) -> int | None:
    """A power below one is no product of entries."""
    del a
    return n if n > 0 else None


_DEGREES: dict[str, Degree] = {
    "_linalg_det": _rows,
    "cumprod": _cumprod,
    "det": _rows,
    "linalg_det": _rows,
    "linalg_matrix_power": _exponent,
    "matrix_power": _exponent,
    "prod": _prod,
    "var": _two,
}


@final
@dataclass(frozen=True, eq=False)
class IndexedReduction(AbstractOp):
    """``scatter_reduce`` and ``index_reduce``: sums, means and extremes by the gradient, products shared.

    Args:
        kind: ``ROUTING``.
        name: The op's name.
        along: Whether one index stands for a whole slice, as in ``index_reduce``.
    """

    along: bool

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Reduce; the factors of a product are the sources that meet in an entry, and what stood there."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        names = ("input", "dim", "index", "source" if self.along else "src", "reduce")
        given = dict(zip(names, args, strict=False)) | dict(kwargs)
        if given["reduce"] != "prod":
            recorder.record(self.kind, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.PRODUCT, self.name)
        return self._multiply(func, given, *(given.pop(name) for name in names))

    def _multiply(self, func: Callable[..., Any], options: dict[str, Any], a: Tensor, *how: Any) -> Any:
        """Multiply with a share for each factor: one over the number of factors of its product."""
        dim, index, source, reduce = how
        if not self.along:  # sources beyond the index take no part
            source = source[tuple(slice(size) for size in index.shape)]
        ones = torch.ones_like(source, requires_grad=False)
        counts = torch.zeros_like(a, requires_grad=False)
        counts = counts.index_add(dim, index, ones) if self.along else counts.scatter_add(dim, index, ones)
        if is_live(a) and options.get("include_self", True):
            counts = counts + 1
        share = 1 / counts.clamp(min=1)
        if is_live(a):
            a = shared(a, lambda: share)
        if is_live(source):
            share_of_source = share.index_select(dim, index) if self.along else share.gather(dim, index)
            source = shared(source, lambda: share_of_source)
        return func(a, dim, index, source, reduce, **options)


@final
class SegmentReduction(AbstractOp):
    """``segment_reduce``: sums, means and extremes by the gradient, products shared among their entries."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Reduce each segment."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        lengths = kwargs.get("lengths")
        if (args[1] if len(args) > 1 else kwargs["reduce"]) != "prod":
            recorder.record(self.kind, self.name)
            return func(*args, **kwargs)
        if lengths is None:  # segments given by offsets
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.PRODUCT, self.name)
        z = func(*args, **kwargs)
        share = 1 / lengths.clamp(min=1).to(z.dtype).view(*lengths.shape, *(1,) * (z.dim() - lengths.dim()))
        return shared(z, lambda: share)


@final
class LeastSquares(AbstractOp):
    """``lstsq`` by a constant matrix: the solution is linear in what is fitted, residuals are squares."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Fit; both factors of a square get the same share."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        is_fixed = not is_live((args[:1], kwargs.get("A")))
        recorder.record(self.kind if is_fixed else Kind.UNKNOWN, self.name)
        found = func(*args, **kwargs)
        if not is_fixed or not is_live(found[1]):
            return found
        solution, residuals, *rest = found
        each = (solution, shared(residuals, lambda: 0.5), *rest)
        return type(found)(each) if hasattr(found, "n_fields") else each


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for name, degree in _DEGREES.items():
        ops |= dict.fromkeys(functions_named(name), HomogeneousOp(Kind.PRODUCT, name.strip("_"), degree))
    for name, along in {"scatter_reduce": False, "index_reduce": True}.items():
        ops |= dict.fromkeys(functions_named(name), IndexedReduction(Kind.ROUTING, name, along))
    for name in ("lstsq", "linalg_lstsq"):
        ops |= dict.fromkeys(functions_named(name), LeastSquares(Kind.ROUTING, "lstsq"))
    segments = SegmentReduction(Kind.ROUTING, "segment_reduce")
    return ops | dict.fromkeys(functions_named("segment_reduce"), segments)


TABLE = _table()
