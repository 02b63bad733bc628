r"""Products and other polynomials of a difference: the gradient, averaged on the way from the reference.

.. math:: g_i = g \int_0^1 \frac{\partial f}{\partial a_i}\bigl(a_r + t (a - a_r)\bigr)\, dt,
          \qquad \sum_i \Delta a_i\, g_i = \Delta f\, g

Of a product of two it is Shapley's value: each factor changes beside the mean of the other,
:math:`\Delta(a b) = \Delta a (b + b_r) / 2 + \Delta b (a + a_r) / 2`. Gauss's rule with
:math:`\lceil n / 2 \rceil` points gives the integral of a polynomial of degree ``n`` exactly.
Reference: Aumann and Shapley 1974, Values of non-atomic games.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.counterpart import is_same
from lrprism.ops.differences.op import AbstractDifference, Pair
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.nested import detach_tensors, exchange_tensors, tensors_in
from lrprism.ops.op import Arguments, Keywords, Recorder

Compute = Callable[[Sequence[Tensor]], Tensor]
"""Computes the polynomial from the tensors that change."""

_MULTIPLY = frozenset().union(*map(functions_named, ("mul", "multiply", "__mul__", "__rmul__")))


@cache
def _find_points(degree: int) -> list[tuple[float, float]]:
    """Return the points of Gauss's rule on the way from 0 to 1, each with its weight."""
    count = max(1, (degree + 1) // 2)
    if count == 1:
        return [(0.5, 1.0)]
    # Golub and Welsch 1969: the eigenvalues of the matrix of the recursion of Legendre's polynomials
    k = torch.arange(1, count, dtype=torch.float64)
    off = k / (4 * k * k - 1).sqrt()
    points, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    return [((p + 1) / 2, w) for p, w in zip(points.tolist(), vectors[0].square().tolist(), strict=True)]


class _Polynomial(OwnFunction):
    """A polynomial whose backward pass averages the gradient on the way from the reference."""

    node_name = "lrprism::Polynomial"

    @staticmethod
    def forward(
        ctx: Any, value: Tensor, compute: Compute, degree: int, reference: Sequence[Tensor], *own: Tensor
    ) -> Tensor:
        ctx.compute, ctx.degree, ctx.reference = compute, degree, reference
        ctx.save_for_backward(*own)
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (g,) = grad_outputs
        own: tuple[Tensor, ...] = ctx.saved_tensors
        needed = [number for number in range(len(own)) if ctx.needs_input_grad[4 + number]]
        sums: list[Tensor | None] = [None] * len(own)
        for t, weight in _find_points(ctx.degree):
            at = [torch.lerp(r.expand_as(a), a, t) for a, r in zip(own, ctx.reference, strict=True)]
            with torch.enable_grad():
                leaves = [tensor.detach() for tensor in at]
                live = [leaves[number].requires_grad_() for number in needed]
                value = ctx.compute(leaves)
            parts = torch.autograd.grad(value, live, g.to(value.dtype) * weight, allow_unused=True)
            for number, part in zip(needed, parts, strict=True):
                before = sums[number]
                sums[number] = part if before is None or part is None else before + part
        return None, None, None, None, *sums


class _Product(OwnFunction):
    """An elementwise product of two tensors that change."""

    node_name = "lrprism::Polynomial"

    @staticmethod
    def forward(ctx: Any, value: Tensor, a: Tensor, b: Tensor, a_r: Tensor, b_r: Tensor) -> Tensor:
        ctx.save_for_backward(a, b, a_r, b_r)
        return value.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (g,) = grad_outputs
        a, b, a_r, b_r = ctx.saved_tensors
        for_a, for_b = ctx.needs_input_grad[1:3]
        back_a = _carry_factor(a, (b + b_r).mul_(0.5), g) if for_a else None
        back_b = _carry_factor(b, (a + a_r).mul_(0.5), g) if for_b else None
        return None, back_a, back_b, None, None


def _carry_factor(a: Tensor, mean: Tensor, g: Tensor) -> Tensor:
    """Carry ``g`` of a product to its factor ``a`` beside the mean of the other one."""
    back = mean.conj() * g  # as autograd does, so that relevance is Re(conj(a) g)
    back = back if a.is_complex() or not back.is_complex() else back.real
    return back.sum_to_size(a.shape)


_follow = entry_of(_Polynomial)
_multiply = entry_of(_Product)


def run_polynomial(
    recorder: Recorder,
    name: str,
    func: Callable[..., Any],
    args: Arguments,
    kwargs: Keywords,
    degree: int | None = None,
) -> Any:
    """Run a product or another polynomial, of whose difference each tensor gets its share.

    Args:
        recorder: Records the call, and has the one on the reference.
        name: The op's name.
        func: The torch function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        degree: The degree of the polynomial; None for one per tensor that changes.
    """
    counterpart = recorder.counterpart
    assert counterpart is not None  # asked by whoever calls this
    tensors, others = tensors_in((args, kwargs)), tensors_in((counterpart.args, counterpart.kwargs))
    kwargs = dict(kwargs)
    changing = [
        (own, other.to(own.dtype))
        for own, other in zip(tensors, others, strict=True)
        if own.requires_grad or (own.is_floating_point() and not is_same(own, other))
    ]
    # times a constant: the gradient is the rule
    if len(changing) < 2 and degree is None:
        recorder.record(Kind.ROUTING, name)
        return func(*args, **kwargs)
    value = func(*detach_tensors(args), **detach_tensors(kwargs))
    own, reference = [tensor for tensor, _ in changing], [tensor for _, tensor in changing]
    if len(own) == 2 and (func in _MULTIPLY or _is_elementwise(func, value, *own)):
        recorder.record(Kind.PRODUCT, name)
        return _multiply(value, *own, *reference)
    # another product of a Function of the user's own: nobody can compute its gradient half way
    if getattr(func, "only_as_applied", False):
        recorder.record(Kind.UNKNOWN, name)
        return func(*args, **kwargs)
    recorder.record(Kind.PRODUCT, name)

    def compute(tensors: Sequence[Tensor]) -> Tensor:
        new = {id(tensor): at for tensor, at in zip(own, tensors, strict=True)}
        result: Tensor = func(*exchange_tensors(args, new), **exchange_tensors(kwargs, new))
        return result

    return _follow(value, compute, len(own) if degree is None else degree, reference, *own)


def _is_elementwise(func: Callable[..., Any], value: Tensor, a: Tensor, b: Tensor) -> bool:
    """Return True if a product by a user's own Function is that of each entry of ``a`` with one of ``b``."""
    if not getattr(func, "only_as_applied", False) or a.shape != b.shape or value.shape != a.shape:
        return False
    return torch.allclose(value, a.detach() * b.detach(), rtol=1e-5 if value.itemsize > 2 else 1e-2, atol=0)


@final
@dataclass(frozen=True, eq=False)
class Polynomial(AbstractDifference):
    """A polynomial of one tensor, as ``prod`` and ``var`` are.

    Args:
        degree: Computes its degree from the arguments; None where it is no polynomial.
    """

    degree: Callable[..., int | None]

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Run the polynomial."""
        counterpart, func, args, kwargs = pair
        degree = self.degree(*args, **kwargs)
        if degree is None or len(counterpart.live) != 1:
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        return run_polynomial(recorder, self.name, func, args, kwargs, degree)
