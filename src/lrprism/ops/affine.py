r"""How relevance passes an affine op :math:`z = L(a; w) + b`.

The backward pass carries the modified gradient ``g``, with relevance ``R = a * g`` at every tensor ``a``.
Each term of a rule sends ``s = g * z / st(z_rho)`` down, and the input gets ``g_in = L^T(rho(w)) s``: nothing
is ever divided by an activation.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lrprism.ops.call import Call, Sinks
from lrprism.rules import AbstractRule, Epsilon, Part, Sign, Term


class AbstractAffine(ABC):
    """An op that is affine in its input, with constant weights.

    Args:
        weight: The weight ``w``.
        bias: The bias ``b``, or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """Keep the constant parameters."""
        self.weight = weight
        self.bias = bias

    @property
    @abstractmethod
    def batched_dim(self) -> int:
        """Number of dimensions of an input with a batch in front; one less is taken as a batch of one."""

    @abstractmethod
    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return ``L(a; weight) + bias``."""

    @abstractmethod
    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return ``L^T(weight) s``, of the shape of ``a``."""

    @abstractmethod
    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return ``bias`` in a shape that broadcasts to ``z``."""


@dataclass(frozen=True)
class _ModifiedPart:
    """One part of a term with its modified weight and bias in place."""

    inputs: Sign
    weight: Tensor
    bias: Tensor | None
    unmodified: bool

    @staticmethod
    def of(part: Part, affine: AbstractAffine, *, nonnegative: bool) -> "_ModifiedPart":
        """Modify the parameters of ``affine`` as ``part`` asks."""
        inputs = Sign.ANY if nonnegative else part.inputs
        bias = affine.bias if part.bias else None
        if part.rho is None:
            return _ModifiedPart(inputs, affine.weight, bias, inputs is Sign.ANY and bias is affine.bias)
        return _ModifiedPart(
            inputs, part.rho(affine.weight), None if bias is None else part.rho(bias), unmodified=False
        )

    def select(self, a: Tensor) -> Tensor:
        """The entries of ``a`` that take part; zero elsewhere."""
        if self.inputs is Sign.POSITIVE:
            return a.clamp(min=0)
        return a.clamp(max=0) if self.inputs is Sign.NEGATIVE else a


@dataclass(frozen=True)
class _Backward:
    """One backward step through an affine op by a rule."""

    affine: AbstractAffine
    call: Call
    rule: AbstractRule
    a: Tensor
    z: Tensor

    def propagate(self, g: Tensor) -> Tensor:
        """Carry the modified gradient ``g`` of ``z`` back to ``a``."""
        shares: dict[Sign, Tensor] = {}
        for index, term in enumerate(self.rule.terms()):
            if self.call.rectified and term.outputs is Sign.NEGATIVE:
                continue
            parts = self._parts(term)
            s = self._send(index, term, parts, g)
            for part in parts:
                c = self.affine.transpose(s, part.weight, self.a)
                shares[part.inputs] = shares[part.inputs] + c if part.inputs in shares else c
        return self._combine(shares)

    def _parts(self, term: Term) -> list[_ModifiedPart]:
        nonnegative = self.call.nonnegative
        parts = [part for part in term.parts if not (nonnegative and part.inputs is Sign.NEGATIVE)]
        return [_ModifiedPart.of(part, self.affine, nonnegative=nonnegative) for part in parts]

    def _send(self, index: int, term: Term, parts: list[_ModifiedPart], g: Tensor) -> Tensor:
        """``s = g * z / st(z_rho)`` of one term."""
        kept = self.call.ratios
        if kept is not None and index in kept:
            return g * kept[index]
        z_rho = self._denominator(parts)
        s = g
        if z_rho is not self.z or not self.rule.stabilizer.changes_nothing:
            ratio = self._ratio(term, z_rho)
            s = g * ratio if kept is not None else ratio.mul_(g)
            if kept is not None:
                kept[index] = ratio
        if self.call.sinks is not None:
            self._audit(self.call.sinks, parts, s, z_rho)
        return s

    def _denominator(self, parts: list[_ModifiedPart]) -> Tensor:
        """``z_rho`` before it is stabilised; ``z`` itself where nothing is modified."""
        if len(parts) == 1 and parts[0].unmodified:
            return self.z
        values = [self.affine.forward(part.select(self.a), part.weight, part.bias) for part in parts]
        return sum(values[1:], start=values[0])

    def _ratio(self, term: Term, z_rho: Tensor) -> Tensor:
        """``z / st(z_rho)`` where the term serves ``z``, zero elsewhere."""
        if self.call.rectified and (term.dominates or z_rho is self.z):
            return self._rectified_ratio(z_rho)
        ratio = self.z / self.rule.stabilizer(z_rho)
        if term.outputs is Sign.ANY:
            return ratio
        return torch.where(self.z > 0 if term.outputs is Sign.POSITIVE else self.z < 0, ratio, 0)

    def _rectified_ratio(self, z_rho: Tensor) -> Tensor:
        """``z / st(z_rho)`` where relevance arrives only at ``z > 0``, and ``z_rho >= z`` there."""
        is_needed_later = z_rho is self.z or self.call.sinks is not None
        positive = z_rho.clamp(min=0) if is_needed_later else z_rho.clamp_(min=0)
        denominator = self.rule.stabilizer.nonnegative_(positive)
        return torch.div(self.z, denominator, out=denominator).clamp_(min=0)

    def _audit(self, sinks: Sinks, parts: list[_ModifiedPart], s: Tensor, z_rho: Tensor) -> None:
        """Count what the bias and the stabiliser of one term keep."""
        for part in parts:
            if part.bias is not None:
                sinks.bias += (self.affine.spread_bias(part.bias) * s).sum(dtype=torch.float64)
        if not self.rule.stabilizer.changes_nothing:
            step = self.rule.stabilizer(z_rho) - z_rho
            sinks.stabilizer += (step * s).sum(dtype=torch.float64)

    def _combine(self, shares: dict[Sign, Tensor]) -> Tensor:
        """Give each input the share of the parts in which it takes part."""
        total = shares.pop(Sign.ANY, None)
        if shares:
            zero = torch.zeros_like(self.a)
            signed = torch.where(
                self.a >= 0, shares.get(Sign.POSITIVE, zero), shares.get(Sign.NEGATIVE, zero)
            )
            total = signed if total is None else total + signed
        return torch.zeros_like(self.a) if total is None else total


_LRP_0 = Epsilon(0)
"""What an affine op without a rule gets: the plain gradient."""


class _AffineFunction(torch.autograd.Function):
    """An affine op whose backward pass follows the rule of its call."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, affine: AbstractAffine, call: Call) -> Tensor:
        z = affine.forward(a, affine.weight, affine.bias)
        ctx.save_for_backward(a, z)
        ctx.affine, ctx.call = affine, call
        return z

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (g,) = grad_outputs
        a, z = ctx.saved_tensors
        call: Call = ctx.call
        return _Backward(ctx.affine, call, call.rule or _LRP_0, a, z).propagate(g), None, None


def apply_affine(affine: AbstractAffine, a: Tensor, call: Call) -> Tensor:
    """Return ``z = L(a; w) + b``; relevance passes it by the ``call.rule`` of the time of the way back."""
    return _AffineFunction.apply(a, affine, call)  # type: ignore[no-any-return, no-untyped-call]


def call_of(node: object) -> Call | None:
    """Return the call that made a node of the autograd graph, or None where the node is no affine op's."""
    return getattr(node, "call", None) if type(node).__name__ == "_AffineFunctionBackward" else None
