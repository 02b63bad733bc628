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

from lrprism.ops.arguments import read_argument
from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table, functions_named
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.products import Share, give_share

Degree = Callable[..., Share | None]
"""Computes the degree from the arguments, one for all results or one for each; None where there is none."""


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
        # a live exponent, or a matrix to a power below one: not homogeneous in its entries
        if degree is None:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(a, *args, **kwargs)
        recorder.record(self.kind, self.name)
        share = 1 / degree
        return give_share(func(a, *args, **kwargs), lambda: share)


def _split_first(args: Arguments, kwargs: Keywords) -> tuple[Tensor, Arguments, Keywords]:
    """Return the first argument, by position or by its name, and the other arguments."""
    if args:
        return args[0], args[1:], kwargs
    name = "A" if "A" in kwargs else "input"
    return kwargs[name], (), {key: value for key, value in kwargs.items() if key != name}


def _count_all(a: Tensor, dim: int | None = None, *args: Any, **kwargs: Any) -> float:
    """Count the factors of ``prod``."""
    del args, kwargs
    return max(a.numel() if dim is None or a.dim() == 0 else a.shape[dim], 1)


def _count_steps(a: Tensor, dim: int, **kwargs: Any) -> Tensor | int:
    """Count the factors of ``cumprod``: 1, 2, 3, ... along the dimension."""
    del kwargs
    if a.dim() == 0:
        return 1
    steps = torch.arange(1, a.shape[dim] + 1, dtype=a.real.dtype, device=a.device)
    return steps.view(-1, *(1,) * (-1 - dim if dim < 0 else a.dim() - 1 - dim))


def _return_two(*args: Any, **kwargs: Any) -> int:
    """Return 2: a variance multiplies deviations in pairs, being the square of the standard deviation."""
    del args, kwargs
    return 2


def _count_matrix_rows(a: Tensor, **kwargs: Any) -> int:
    """Count the factors in each product of a determinant: one entry per row."""
    del kwargs
    return max(a.shape[-1], 1)


def _read_exponent(a: Tensor, n: int) -> int | None:
    """Return the exponent of a matrix; a power below one is no product of entries."""
    del a
    return n if n > 0 else None


_DEGREES: dict[str, Degree] = {
    "_linalg_det det linalg_det": _count_matrix_rows,
    "cumprod": _count_steps,
    "linalg_matrix_power matrix_power": _read_exponent,
    "prod": _count_all,
    "var": _return_two,
}


@final
@dataclass(frozen=True, eq=False)
class IndexedReduction(AbstractOp):
    """``scatter_reduce`` and ``index_reduce``: sums, means and extremes by the gradient, products shared.

    Args:
        kind: ``ROUTING``.
        name: The op's name.
        by_slice: Whether one index stands for a whole slice, as in ``index_reduce``.
    """

    by_slice: bool

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Reduce; the factors of a product are the sources that meet in an entry, and its old value."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        names = ("input", "dim", "index", "source" if self.by_slice else "src", "reduce")
        arguments = dict(zip(names, args, strict=False)) | dict(kwargs)
        # sums, means and extremes
        if arguments["reduce"] != "prod":
            recorder.record(self.kind, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.PRODUCT, self.name)
        return self._multiply(func, arguments, *(arguments.pop(name) for name in names))

    def _multiply(self, func: Callable[..., Any], options: dict[str, Any], a: Tensor, *others: Any) -> Any:
        """Multiply with a share for each factor: one over the number of factors of its product."""
        dim, index, source, reduce = others
        if not self.by_slice:  # sources beyond the index take no part
            source = source[tuple(slice(size) for size in index.shape)]
        ones = torch.ones_like(source, requires_grad=False)
        counts = torch.zeros_like(a, requires_grad=False)
        counts = counts.index_add(dim, index, ones) if self.by_slice else counts.scatter_add(dim, index, ones)
        # a constant in the entry takes no share
        if is_live(a) and options.get("include_self", True):
            counts = counts + 1
        share = 1 / counts.clamp(min=1)
        if is_live(a):
            a = give_share(a, lambda: share)
        if is_live(source):
            share_of_source = share.index_select(dim, index) if self.by_slice else share.gather(dim, index)
            source = give_share(source, lambda: share_of_source)
        return func(a, dim, index, source, reduce, **options)


@final
class SegmentReduction(AbstractOp):
    """``segment_reduce``: sums, means and extremes by the gradient, products shared among their entries."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Reduce each segment."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        lengths = kwargs.get("lengths")
        if read_argument(args, kwargs, 1, "reduce") != "prod":
            recorder.record(self.kind, self.name)
            return func(*args, **kwargs)
        # segments by their offsets: the number of factors is not read
        if lengths is None:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.PRODUCT, self.name)
        z = func(*args, **kwargs)
        share = 1 / lengths.clamp(min=1).to(z.dtype).view(*lengths.shape, *(1,) * (z.dim() - lengths.dim()))
        return give_share(z, lambda: share)


@final
class LeastSquares(AbstractOp):
    """``lstsq`` by a constant matrix: the solution is linear in the data, residuals are squares."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Fit; both factors of a square get the same share."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        is_constant = not is_live((args[:1], kwargs.get("A")))
        recorder.record(self.kind if is_constant else Kind.UNKNOWN, self.name)
        result = func(*args, **kwargs)
        if not is_constant or not is_live(result[1]):
            return result
        solution, residuals, *others = result
        fields = (solution, give_share(residuals, lambda: 0.5), *others)
        return type(result)(fields) if hasattr(result, "n_fields") else fields  # exported programs: a tuple


_PRODUCTS = {
    function: op
    for names, degree in _DEGREES.items()
    for function, op in build_table(names, HomogeneousOp, Kind.PRODUCT, degree).items()
}

TABLE: dict[Any, AbstractOp] = {
    **_PRODUCTS,
    **build_table("scatter_reduce", IndexedReduction, Kind.ROUTING, False),
    **build_table("index_reduce", IndexedReduction, Kind.ROUTING, True),
    **dict.fromkeys(
        functions_named("lstsq") | functions_named("linalg_lstsq"), LeastSquares(Kind.ROUTING, "lstsq")
    ),
    **build_table("segment_reduce", SegmentReduction, Kind.ROUTING),
}
