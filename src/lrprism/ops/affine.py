r"""How relevance passes an affine op :math:`z = L(a; w) + b`.

The backward pass carries the modified gradient ``g``, with relevance ``R = a * g`` at every tensor ``a``.
Each term of a rule sends ``s = g * z / st(z_rho)`` down, and the input gets ``g_in = L^T(rho(w)) s``: nothing
is ever divided by an activation. What a rule gives to an input whatever its value travels beside ``g``.
"""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lrprism._errors import RuleError
from lrprism.ops.call import Call, Sinks
from lrprism.ops.parts import ModifiedPart
from lrprism.rules import AbstractAffineRule, Epsilon, Pass, Sign, Term


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

    batched_dim: int = 0
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

    def scaled(self, scale: Tensor, shift: Tensor, z: Tensor) -> "AbstractAffine | None":
        """Return the op that gives ``scale * z + shift`` per channel, or None where ``z`` has no channels."""
        del scale, shift, z
        return None

    def behind(self, scale: Tensor, shift: Tensor, a: Tensor) -> "AbstractAffine | None":
        """Return the op on ``scale * a + shift`` per channel as one on ``a``, or None where that is none."""
        del scale, shift, a
        return None

    def with_type(self, dtype: torch.dtype) -> "AbstractAffine":
        """Return the op with its parameters in another float type."""
        other = copy.copy(self)
        other.weight = self.weight.to(dtype)
        other.bias = None if self.bias is None else self.bias.to(dtype)
        return other


@dataclass(frozen=True)
class _Backward:
    """One backward step through an affine op by a rule."""

    affine: AbstractAffine
    call: Call
    rule: AbstractAffineRule
    a: Tensor
    z: Tensor

    def propagate(self, g: Tensor) -> Tensor:
        """Carry the modified gradient ``g`` of ``z`` back to ``a``."""
        shares: dict[Sign, Tensor] = {}
        terms = self.rule.terms()
        ignores_bias = self.affine.bias is not None and not any(p.bias for term in terms for p in term.parts)
        for index, term in enumerate(terms):
            if self.call.rectified and term.outputs is Sign.NEGATIVE and not ignores_bias:
                continue
            parts = self._parts(term)
            s = self._send(index, term, parts, g, ignores_bias=ignores_bias)
            for part in parts:
                c = self.affine.transpose(s, part.weight, self.a)
                if isinstance(part.inputs, Tensor):
                    self._give_beside(part.inputs * c)
                else:
                    shares[part.inputs] = shares[part.inputs] + c if part.inputs in shares else c
        c = self._combine(shares)
        if self.call.beside is None:
            return c
        self._give_beside(self.a * c)  # all on one way, so that shifts and scales keep it together
        return torch.zeros_like(c)

    def _give_beside(self, relevance: Tensor) -> None:
        """Add relevance that does not depend on the value of the input."""
        before = self.call.beside
        self.call.beside = relevance if before is None else before + relevance

    def _parts(self, term: Term) -> list[ModifiedPart]:
        nonnegative, affine = self.call.nonnegative, self.affine
        return [
            ModifiedPart.of(part, affine.weight, affine.bias, self.a, nonnegative=nonnegative)
            for part in term.parts
            if not (nonnegative and part.inputs is Sign.NEGATIVE)
        ]

    def _send(
        self, index: int, term: Term, parts: list[ModifiedPart], g: Tensor, *, ignores_bias: bool
    ) -> Tensor:
        """``s = g * f * z / st(z_rho)`` of one term."""
        kept = self.call.ratios
        if kept is not None and index in kept:
            return g * kept[index]
        z_rho = self._denominator(parts)
        s = g
        if z_rho is not self.z or not self.rule.stabilizer.changes_nothing:
            ratio = self._ratio(term, z_rho, ignores_bias=ignores_bias)
            if term.factor != 1:
                ratio *= term.factor
            s = g * ratio if kept is not None else ratio.mul_(g)
            if kept is not None:
                kept[index] = ratio
        if self.call.sinks is not None:
            self._audit(self.call.sinks, parts, s, z_rho)
        return s

    def _denominator(self, parts: list[ModifiedPart]) -> Tensor:
        """``z_rho`` before it is stabilised; ``z`` itself where nothing is modified."""
        if len(parts) == 1 and parts[0].unmodified:
            return self.z
        values = [self.affine.forward(part.select(self.a), part.weight, part.bias) for part in parts]
        return sum(values[1:], start=values[0])

    def _ratio(self, term: Term, z_rho: Tensor, *, ignores_bias: bool) -> Tensor:
        """``z / st(z_rho)`` where the term serves ``z``, zero elsewhere."""
        follows = (term.dominates or z_rho is self.z) and self.rule.stabilizer.is_elementwise
        if self.call.rectified and not ignores_bias and follows:
            return self._rectified_ratio(z_rho)
        ratio = self.rule.stabilizer.quotient(self.z, z_rho)
        if term.outputs is Sign.ANY:
            return ratio
        z = self.affine.forward(self.a, self.affine.weight, None) if ignores_bias else self.z
        return torch.where(z > 0 if term.outputs is Sign.POSITIVE else z < 0, ratio, 0)

    def _rectified_ratio(self, z_rho: Tensor) -> Tensor:
        """``z / st(z_rho)`` where relevance arrives only at ``z > 0``, and ``z_rho >= z`` there."""
        is_needed_later = z_rho is self.z or self.call.sinks is not None
        positive = z_rho.clamp(min=0) if is_needed_later else z_rho.clamp_(min=0)
        denominator = self.rule.stabilizer.nonnegative_(positive)
        return torch.div(self.z, denominator, out=denominator).clamp_(min=0)

    def _audit(self, sinks: Sinks, parts: list[ModifiedPart], s: Tensor, z_rho: Tensor) -> None:
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


def passed_on(a: Tensor, z: Tensor, g: Tensor, call: Call) -> Tensor:
    """Carry ``g`` of ``z`` to an ``a`` of the same shape so that relevance stays as it is, entry by entry.

    Raises:
        RuleError: If the shapes differ.
    """
    if a.shape != z.shape:
        raise RuleError(
            f"Pass should serve an op that keeps the shape. Found {tuple(a.shape)} -> {tuple(z.shape)} in "
            f"{call.name} in module {call.module!r}. Narrow its selector."
        )
    if call.at_input:
        call.beside = z * g
        return torch.zeros_like(g)
    return torch.where(a == 0, 0, g * (z / a.where(a != 0, 1)))


def _propagate(affine: AbstractAffine, call: Call, a: Tensor, z: Tensor, g: Tensor) -> Tensor:
    """Carry ``g`` of ``z`` back to ``a`` by the rule of the call."""
    if isinstance(call.rule, Pass):
        return passed_on(a, z, g, call)
    rule = call.rule if isinstance(call.rule, AbstractAffineRule) else _LRP_0
    if a.dtype is not torch.float16 or (isinstance(rule, Epsilon) and rule.bias):
        return _Backward(affine, call, rule, a, z).propagate(g)
    # a modified denominator can be far smaller than z: too small for the range of half precision
    wide = _Backward(affine.with_type(torch.float32), call, rule, a.float(), z.float()).propagate(g.float())
    limit = torch.finfo(a.dtype).max
    return wide.clamp(-limit, limit).to(a.dtype)


class _AffineFunction(torch.autograd.Function):
    """An affine op whose backward pass follows the rule of its call."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, affine: AbstractAffine, call: Call, z: Tensor | None) -> Tensor:
        if z is None:
            z = affine.forward(a, affine.weight, affine.bias)
        ctx.save_for_backward(a, z)
        ctx.affine, ctx.call = affine, call
        return z

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None]:
        a, z = ctx.saved_tensors
        return _propagate(ctx.affine, ctx.call, a, z, grad_outputs[0]), None, None, None


def apply_affine(affine: AbstractAffine, a: Tensor, call: Call, z: Tensor | None = None) -> Tensor:
    """Return ``z = L(a; w) + b``; relevance passes it by the ``call.rule`` of the time of the way back.

    Args:
        affine: The op.
        a: Its input.
        call: Its record.
        z: Its output, where that is known already; a tensor of its own.
    """
    return _AffineFunction.apply(a, affine, call, z)  # type: ignore[no-any-return, no-untyped-call]


def call_of(node: object) -> Call | None:
    """Return the call that made a node of the autograd graph, or None where no rule can bring ``beside``."""
    names = {"_AffineFunctionBackward", "_NormalizedBackward"}
    return getattr(node, "call", None) if type(node).__name__ in names else None


def producer_of(tensor: Tensor) -> tuple[Call, AbstractAffine, Tensor] | None:
    """Return the call, the op and the input of the affine op that made ``tensor``, or None."""
    node: Any = tensor.grad_fn
    while node is not None and node.name() in {"AliasBackward0", "CloneBackward0"}:
        node = node.next_functions[0][0]
    call = call_of(node) if hasattr(node, "affine") else None
    return None if call is None else (call, node.affine, node.saved_tensors[0])


def take_over(call: Call, replaced: Call, a: Tensor) -> Tensor:
    """Let ``call`` work on the input ``a`` of the call in whose place it comes; return the input to use."""
    call.replaces = replaced
    if call.sinks is None:
        return a
    call.source = torch.ops.aten.alias(a)
    return call.source
