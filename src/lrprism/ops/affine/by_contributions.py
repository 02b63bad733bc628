r"""Backward steps by rules that weigh contributions to ``z`` by their sign, in as few passes as it takes.

With :math:`p` the sum of the positive contributions to :math:`y` (which is ``z``, or ``z`` without its bias)
and :math:`m = L(|a|; |w|) + |b|`, the sum of their magnitudes:

.. math:: z_\rho = u p + v (y - p) = v y + (u - v) p, \qquad p = (y + m) / 2

so that one pass through the op gives the denominators of all terms, where ``y`` and ``p`` do not cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.tape import Quotient, Tape
from lrprism.rules import AbstractAffineRule, Contributions, Sign

_MILD = 64
"""Up to this ratio of the weights of a term the two halves of a sum may be told apart by a difference."""


class ContributionStep:
    """One backward step through an affine op.

    Args:
        affine: The op.
        tape: The tape of its call.
        rule: A rule that weighs contributions.
        a: The input.
        z: The output; where the tape is rectified, its positive part will do.
    """

    def __init__(
        self, affine: AbstractAffine, tape: Tape, rule: AbstractAffineRule, a: Tensor, z: Tensor
    ) -> None:
        """Get ready; nothing is worked out before it is needed."""
        self.affine, self.tape, self.rule, self.a, self.z = affine, tape, rule, a, z
        self._weighed_term: Contributions | None = None
        self._weights: dict[int, Tensor] = {}
        self._ignores_bias = affine.bias is not None and not rule.counts_bias
        self._terms: Sequence[Any] = rule.stated  # those that serve a z at which relevance arrives
        if tape.rectified and not self._ignores_bias:
            self._terms = [term for term in rule.stated if term.outputs is not Sign.NEGATIVE]

    def propagate(self, g: Tensor) -> Tensor:
        """Carry the modified gradient ``g`` of ``z`` back to ``a``."""
        both = self._send_mirrored(g) if self._can_mirror else []
        if self._can_halve:
            return self._back_by_halves(*(self._sent(term, g, both) for term in self._terms))
        c: Tensor | None = None
        for term in self._terms:  # one after the other: no more than one s is held
            share = self._back(term, self._sent(term, g, both))
            c = share if c is None else c.add_(share)
        assert c is not None  # there is at least one term
        return c

    def _sent(self, term: Contributions, g: Tensor, known: list[Quotient]) -> Tensor:
        """``s`` of one term, the next known one if there are any; the last term gives the output back."""
        s, step = known.pop(0) if known else self._kept(term, g)
        if self.tape.sinks is not None:
            bias = self._bias_of(term)
            self.tape.sinks.count(s, None if bias is None else self.affine.spread_bias(bias), step)
        if term is self._terms[-1]:
            del self.z
            self.tape.release_output()
        return s

    @property
    def _can_halve(self) -> bool:
        are_mild = all(map(_is_mildly_favouring, self._terms))
        return len(self._terms) == 2 and not self.tape.nonnegative and are_mild

    @cached_property
    def _weight(self) -> Tensor:
        return self.affine.weight  # worked out once: a merged op has none at hand

    @cached_property
    def _positive_weight(self) -> Tensor:
        return self._weight.clamp(min=0)

    @property
    def _y(self) -> Tensor:
        """What the contributions add up to."""
        return self._without_bias if self._ignores_bias else self.z

    @cached_property
    def _without_bias(self) -> Tensor:
        return self.affine.forward(self.a, self._weight, None)

    @cached_property
    def _p(self) -> Tensor:
        """The sum of the positive contributions to ``y``; of use where ``y`` does not cancel it."""
        bias = None if self._ignores_bias else self.affine.bias
        if self.tape.nonnegative:
            return self.affine.forward(
                self.a, self._positive_weight, None if bias is None else bias.clamp(min=0)
            )
        sizes = self.affine.forward(self.a.abs(), self._weight.abs(), None if bias is None else bias.abs())
        return sizes.add_(self._y).mul_(0.5)

    def _kept(self, term: Contributions, g: Tensor) -> Quotient:
        """``s`` of one term; what it takes is kept while other targets are still to come."""
        kept = self.tape.ratios
        if kept is None or term.is_plain:  # which takes no more than what is kept would take to read
            return self._send(term, g)
        if term not in kept:
            kept[term] = self._send(term, torch.ones_like(self.z))
        ratio, step = kept[term]
        return g * ratio, step

    def _send(self, term: Contributions, g: Tensor) -> Quotient:
        """``s = f g z / st(z_rho)``."""
        if term.is_plain:
            s, step = self._send_plain(g)
        else:
            s, step = self._send_pure(term, g) if term.is_pure else self._send_favoured(term, g)
        if term.factor != 1:
            s = s * term.factor if s is g else s.mul_(term.factor)
        return s, step

    def _send_plain(self, g: Tensor) -> Quotient:
        if self._y is self.z:
            s = self.rule.stabilizer.damp(g, self.z, nonnegative=self.tape.rectified)
        else:
            s = self.rule.stabilizer.quotient(self.z, self._y).mul_(g)
        return s, self._step(self._y)

    @property
    def _can_mirror(self) -> bool:
        return (
            len(self._terms) == 2
            and self.rule.mirrors
            and self.rule.stabilizer.is_symmetric
            and self._y is self.z
            and self._terms[0].negative == 1
        )

    def _send_mirrored(self, g: Tensor) -> list[Quotient]:
        """``s`` of two terms that treat both signs of ``y`` alike, from ``|y|`` and ``|z_rho|``."""
        kept, key = self.tape.ratios, "both signs"
        if kept is not None and key in kept:
            ratio, step = kept[key]
            s = g * ratio
        else:
            s, step = self._size_ratio()
            if kept is not None:
                kept[key] = s, step
            s = s.mul_(g) if kept is None else g * s
        s_positive = torch.ops.aten.threshold_backward(s, self.z, 0)
        s_negative = s.sub_(s_positive)
        return [(s_positive, step), (s_negative, None if step is None else -step)]

    def _size_ratio(self) -> Quotient:
        r"""``|y| / st(|z_rho|)``, with :math:`|z_\rho| = y^+ + u |y^-| + (u - 1) p`."""
        u = self._terms[0].positive
        size = F.leaky_relu(self.z, -u).add_(self._p, alpha=u - 1)
        stabilized, step = self._stabilized(size, 1)
        return torch.abs(self.z, out=self._p).div_(stabilized), step

    def _send_favoured(self, term: Contributions, g: Tensor) -> Quotient:
        """Where all count, those that speak for ``y`` most: ``v y`` and ``(u - v) p`` do not cancel."""
        sign, u, v = 1 if term.outputs is Sign.POSITIVE else -1, term.positive, term.negative
        own = self._y_of(sign)
        out = self._p if len(self._terms) == 1 else None
        z_rho = torch.add(own, self._p, alpha=u / v - 1, out=out)
        if v != 1:
            z_rho *= v
        if self._y is self.z:
            return self._divided(own, z_rho, sign, g, is_safe=True)
        z = torch.ops.aten.threshold_backward(self.z, self._y if sign > 0 else -self._y, 0)
        return self._divided(z, z_rho, sign, g)

    def _y_of(self, sign: int) -> Tensor:
        """``y`` where it has this sign, zero elsewhere."""
        if sign < 0:
            return self._y.clamp(max=0)
        return self._y if self.tape.rectified and self._y is self.z else self._y.clamp(min=0)

    def _send_pure(self, term: Contributions, g: Tensor) -> Quotient:
        """Where the contributions of one sign count alone."""
        bias = self._bias_of(term)
        if self.tape.nonnegative:
            z_rho = self.affine.forward(self.a, self._weighed(term), bias)
        else:
            z_rho = self.affine.forward(self.a.clamp(min=0), self._weighed(term), bias)
            z_rho += self.affine.forward(self.a.clamp(max=0), self._weighed(term, -1), None)
        covers_z = self.tape.rectified and term.positive > 0 and self._y is self.z
        return self._divided(self.z, z_rho, 1 if term.positive else -1, g, is_safe=covers_z)

    def _weighed(self, term: Contributions, sign: int = 1) -> Tensor:
        """The weights of inputs of one sign; those of one term at a time are held."""
        if term.is_plain:
            return self._weight
        if self._weighed_term is not term:
            self._weighed_term, self._weights = term, {}
        if sign not in self._weights:
            self._weights[sign] = self._modified(term, sign)
        return self._weights[sign]

    def _modified(self, term: Contributions, sign: int) -> Tensor:
        more, less = (term.positive, term.negative)[::sign]
        if more > less > 0:
            found = torch.add(self._weight, self._positive_weight, alpha=more / less - 1)
            return found if less == 1 else found.mul_(less)
        return term.weigh(self._weight) if sign > 0 else term.weigh_reversed(self._weight)

    def _bias_of(self, term: Contributions) -> Tensor | None:
        """The bias as it stands in the denominator of a term, or None where it has no place there."""
        return None if self.affine.bias is None or not term.bias else term.weigh(self.affine.bias)

    def _divided(self, z: Tensor, z_rho: Tensor, sign: int, g: Tensor, *, is_safe: bool = False) -> Quotient:
        """``g z / st(z_rho)`` for a ``z_rho`` of this sign, which may be overwritten.

        Args:
            z: The numerator.
            z_rho: The denominator.
            sign: Its sign where it is not zero.
            g: The modified gradient.
            is_safe: Whether ``z`` is zero wherever ``z_rho`` is next to it.
        """
        stabilizer = self.rule.stabilizer
        if stabilizer.may_vanish and not (is_safe and (sign > 0 or stabilizer.is_symmetric)):
            return stabilizer.quotient(z, z_rho).mul_(g), self._step(z_rho)
        stabilized, step = self._stabilized(z_rho, sign)
        return torch.div(z, stabilized, out=stabilized).mul_(g), step

    def _stabilized(self, z_rho: Tensor, sign: int) -> Quotient:
        """A denominator of one sign, stabilised in place; and what was added, where an account is kept."""
        stabilizer = self.rule.stabilizer
        if not self._counts_step:
            return stabilizer.definite_(z_rho, sign), None
        if stabilizer.adds is not None:
            return stabilizer.definite_(z_rho, sign), stabilizer.adds * (
                sign if stabilizer.is_symmetric else 1
            )
        before = z_rho.clone()
        return stabilizer.definite_(z_rho, sign), z_rho - before

    @property
    def _counts_step(self) -> bool:
        return self.tape.sinks is not None and not self.rule.stabilizer.changes_nothing

    def _step(self, z_rho: Tensor) -> Tensor | float | None:
        """What the stabiliser adds to a denominator, where an account is kept."""
        if not self._counts_step:
            return None
        is_same = self.tape.rectified and z_rho is self.z and self.rule.stabilizer.adds is not None
        return self.rule.stabilizer.adds if is_same else self.rule.stabilizer(z_rho) - z_rho

    def _back(self, term: Contributions, s: Tensor) -> Tensor:
        """What ``s`` of one term becomes at ``a``."""
        if self.tape.nonnegative or term.positive == term.negative:
            return self.affine.transpose(s, self._weighed(term), self.a)
        up, down = self.affine.transposes(s, (self._weighed(term), self._weighed(term, -1)), self.a)
        return torch.where(self.a >= 0, up, down)

    def _back_by_halves(self, s_one: Tensor, s_two: Tensor) -> Tensor:
        r"""What ``s`` of two terms becomes at an ``a`` of any sign, in two passes instead of four.

        With :math:`w^\pm = (w \pm |w|) / 2` a term gives
        :math:`\frac{u + v}{2} L^T(w) s + \mathrm{sgn}(a) \frac{u - v}{2} L^T(|w|) s`.
        """
        one, two = self._terms
        even = torch.add(
            s_one * ((one.positive + one.negative) / 2), s_two, alpha=(two.positive + two.negative) / 2
        )
        odd = torch.add(
            s_one * ((one.positive - one.negative) / 2), s_two, alpha=(two.positive - two.negative) / 2
        )
        c = self.affine.transpose(odd, self._weight.abs(), self.a).mul_(self.a.sign())
        return c.add_(self.affine.transpose(even, self._weight, self.a))


def _is_mildly_favouring(term: Contributions) -> bool:
    """Whether the weights of a term are near enough for :meth:`ContributionStep._back_by_halves`."""
    return term.favours and max(term.positive, term.negative) <= _MILD * min(term.positive, term.negative)
