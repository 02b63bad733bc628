"""Backward steps by any rule: each of its terms as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lrprism.errors import RuleError
from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.call import Call
from lrprism.ops.tape import Quotient, Tape
from lrprism.rules import AbstractAffineRule, Constant, Contributions, Part, Sign, Term, per_channel


class TermStep(NamedTuple):
    """One backward step through an affine op.

    Args:
        affine: The op.
        tape: The tape of its call.
        rule: Its rule.
        a: The input.
        z: The output; where the tape is rectified, its positive part will do.
    """

    affine: AbstractAffine
    tape: Tape
    rule: AbstractAffineRule
    a: Tensor
    z: Tensor

    def propagate(self, g: Tensor) -> Tensor:
        """Carry the modified gradient ``g`` of ``z`` back to ``a``."""
        shares: dict[Sign, Tensor] = {}
        terms = [term.as_term() if isinstance(term, Contributions) else term for term in self.rule.stated]
        ignores_bias = self.affine.bias is not None and not self.rule.counts_bias
        weight = self.affine.weight  # worked out once: a merged op has none at hand
        for term in terms:
            parts = [
                _ModifiedPart.of(part, weight, self.affine.bias, self.a, one_sample=self.affine.has_batch)
                for part in term.parts
            ]
            s, step = self._share(term, parts, g, ignores_bias=ignores_bias)
            if self.tape.sinks is not None:
                for part in parts:
                    bias = None if part.bias is None else self.affine.spread_bias(part.bias)
                    self.tape.sinks.count(s, bias, step if part is parts[0] else None)
            backs = self.affine.transposes(s, [part.weight for part in parts], self.a)
            for part, c in zip(parts, backs, strict=True):
                # relevance of a constant in the place of the input, as of a bound of ZBox
                if isinstance(part.inputs, Tensor):
                    self._give_beside(part.inputs * c)
                else:
                    shares[part.inputs] = shares[part.inputs] + c if part.inputs in shares else c
        c = self._combine(shares)
        if self.tape.beside is None:
            return c
        self._give_beside(self.a * c)  # all on one way, so that shifts and scales keep it together
        return torch.zeros_like(c)

    def _give_beside(self, relevance: Tensor) -> None:
        """Add relevance that does not depend on the value of the input."""
        before = self.tape.beside
        self.tape.beside = relevance if before is None else before + relevance

    def _share(
        self, term: Term, parts: Sequence[_ModifiedPart], g: Tensor, *, ignores_bias: bool
    ) -> Quotient:
        """Return ``s = f g z / st(z_rho)``; its ratio is kept while other targets are still to come."""
        ratios = self.tape.ratios
        if ratios is not None and term in ratios:
            ratio, step = ratios[term]
            return g * ratio, step
        z_rho, stabilizer = self._denominator(parts), self.rule.stabilizer
        ratio = self._ratio(term, z_rho, ignores_bias=ignores_bias)
        is_asked = self.tape.sinks is not None and not stabilizer.changes_nothing
        step = stabilizer(z_rho) - z_rho if is_asked else None
        if ratios is not None:
            ratios[term] = ratio, step
        return g * ratio, step

    def _denominator(self, parts: Sequence[_ModifiedPart]) -> Tensor:
        """Return ``z_rho`` before it is stabilised; ``z`` itself where nothing is modified."""
        if len(parts) == 1 and parts[0].unmodified and not self.tape.rectified:
            return self.z
        values = [self.affine.forward(part.select(self.a), part.weight, part.bias) for part in parts]
        return sum(values[1:], start=values[0])

    def _ratio(self, term: Term, z_rho: Tensor, *, ignores_bias: bool) -> Tensor:
        """Return ``f z / st(z_rho)`` where the term serves ``z``, zero elsewhere."""
        ratio = self.rule.stabilizer.quotient(self.z, z_rho)
        if term.factor != 1:
            ratio = ratio * term.factor
        if term.outputs is Sign.ANY:
            return ratio
        z = self.affine.forward(self.a, self.affine.weight, None) if ignores_bias else self.z
        return torch.where(z > 0 if term.outputs is Sign.POSITIVE else z < 0, ratio, 0)

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


class _ModifiedPart(NamedTuple):
    """One part of a term with its modified weight and bias in place.

    Args:
        inputs: Which entries of the input take part, or what stands in their place.
        weight: The modified weight.
        bias: The modified bias, or None.
        unmodified: Whether this is the op as it is.
    """

    inputs: Sign | Tensor
    weight: Tensor
    bias: Tensor | None
    unmodified: bool

    @staticmethod
    def of(part: Part, weight: Tensor, bias: Tensor | None, a: Tensor, *, one_sample: bool) -> _ModifiedPart:
        """Modify the parameters of an op as ``part`` asks.

        Args:
            part: The part of the rule.
            weight: The op's weight.
            bias: The op's bias, or None.
            a: The op's input.
            one_sample: Whether a constant may stand for every sample of the batch at once.
        """
        inputs = (
            _like_input(part.inputs.value, a, one_sample=one_sample)
            if isinstance(part.inputs, Constant)
            else part.inputs
        )
        drops_bias = bias is not None and not part.bias
        bias = None if drops_bias else bias
        if part.rho is None:
            return _ModifiedPart(inputs, weight, bias, inputs is Sign.ANY and not drops_bias)
        return _ModifiedPart(
            inputs, part.rho(weight), None if bias is None else part.rho(bias), unmodified=False
        )

    def select(self, a: Tensor) -> Tensor:
        """Return what stands for ``a``: its entries that take part and zero elsewhere, or a constant."""
        if isinstance(self.inputs, Tensor):
            return self.inputs
        if self.inputs is Sign.POSITIVE:
            return a.clamp(min=0)
        return a.clamp(max=0) if self.inputs is Sign.NEGATIVE else a


def _like_input(value: float | Tensor, a: Tensor, *, one_sample: bool) -> Tensor:
    """Spread a number, one number per channel or a tensor over the shape of ``a``, or of one sample of it.

    Raises:
        RuleError: If it does not fit.
    """
    bound = per_channel(torch.as_tensor(value, dtype=a.dtype, device=a.device), a.shape)
    is_shared = one_sample and (bound.dim() < a.dim() or len(bound) == 1)
    try:
        return bound.expand(1, *a.shape[1:]) if is_shared else bound.expand_as(a)
    except RuntimeError as error:
        raise RuleError(
            "bounds should be numbers, one number per channel, or tensors that broadcast to the input "
            f"{tuple(a.shape)}. Found shape {tuple(bound.shape)}."
        ) from error


def check_signs(rule: AbstractAffineRule, a: Tensor, weight: Tensor, call: Call) -> None:
    """Refuse rules that ask for the sign of numbers which have none, or cannot tell it.

    Raises:
        RuleError: If the input or the weight is complex or sparse.
    """
    weighs = any(isinstance(term, Term) or not term.is_plain for term in rule.stated)
    for tensor, what in ((weight, "weights"), (a, "an input")):
        is_sparse = tensor.layout is not torch.strided and weighs
        if tensor.is_complex() or is_sparse:
            state = f"{'sparse ' if is_sparse else ''}{str(tensor.dtype).removeprefix('torch.')}"
            raise RuleError(
                f"{rule!r} should serve a layer of real, dense numbers, which have a sign. "
                f"Found {what} of {state} in {call.name} in module {call.module!r}. "
                "Give this layer Epsilon by an entry in front of the others."
            )
