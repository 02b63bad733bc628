r"""Backward steps by rules that weigh contributions to ``z`` by their sign, in as few passes as it takes.

With :math:`p` the sum of the positive contributions to :math:`y` (which is ``z``, or ``z`` without its bias)
and :math:`m = L(|a|; |w|) + |b|`, the sum of their magnitudes:

.. math:: z_\rho = u p + v (y - p) = v y + (u - v) p, \qquad p = (y + m) / 2

so that one pass through the op gives the denominators of all terms, where ``y`` and ``p`` do not cancel.
Four functions send the relevance of ``z`` down by a term: :func:`share_plain`, :func:`share_pure`,
:func:`share_favoured` and :func:`share_mirrored`, which serves two terms at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.affine.divider import Divider
from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.tape import Quotient, Tape
from lrprism.rules import AbstractAffineRule, Contributions, Sign

_MILD = 64
"""The largest ratio of a term's weights at which a difference still tells the halves of a sum apart."""

Weights = tuple[Tensor, Tensor | None]
"""The modified weights of positive inputs; and of negative ones, where these occur and have others."""


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
        """Choose the terms that serve a ``z`` at which relevance arrives."""
        self.affine, self.tape, self.rule, self.a, self.z = affine, tape, rule, a, z
        self.ignores_bias = affine.bias is not None and not rule.counts_bias
        self.terms: Sequence[Any] = rule.stated
        if tape.rectified and not self.ignores_bias:
            self.terms = [term for term in rule.stated if term.outputs is not Sign.NEGATIVE]
        self.divider = Divider(rule.stabilizer, counts=tape.sinks is not None)
        self._weights: tuple[Contributions, Weights] | None = None
        self._positives: Tensor | None = None

    def propagate(self, g: Tensor) -> Tensor:
        """Carry the modified gradient ``g`` of ``z`` back to ``a``."""
        shares = self._share(g)
        if self._can_halve():
            return _carry_by_halves(self, *shares)
        c: Tensor | None = None
        for term, s in zip(self.terms, shares, strict=True):  # no more than one s is held
            share = _carry(self, term, s)
            c = share if c is None else c.add_(share)
        assert c is not None  # there is at least one term
        return c

    def _share(self, g: Tensor) -> Iterator[Tensor]:
        """Yield ``s`` of each term, one after the other; the last one releases the output."""
        mirrored = share_mirrored(self, g) if self._can_mirror() else None
        for number, term in enumerate(self.terms):
            s, step = self._share_term(term, g) if mirrored is None else mirrored[number]
            if self.tape.sinks is not None:
                bias = _bias_of(self, term)
                self.tape.sinks.count(s, None if bias is None else self.affine.spread_bias(bias), step)
            if term is self.terms[-1]:
                del self.z, mirrored
                self.tape.release_output()
            yield s

    def _share_term(self, term: Contributions, g: Tensor) -> Quotient:
        """Return ``s`` of one term; its ratio is kept while other targets are still to come."""
        ratios = self.tape.ratios
        # to read a kept ratio takes as long as a plain term takes
        if ratios is None or term.is_plain:
            return self._compute(term, g)
        if term not in ratios:
            ratios[term] = self._compute(term, torch.ones_like(self.z))
        ratio, step = ratios[term]
        return g * ratio, step

    def _compute(self, term: Contributions, g: Tensor) -> Quotient:
        """Compute ``s = f g z / st(z_rho)``."""
        if term.is_plain:
            s, step = share_plain(self, g)
        elif term.is_pure:
            s, step = share_pure(self, term, g)
        else:
            is_last = term is self.terms[-1]
            p = sum_positives(self) if self._positives is None else self._positives
            self._positives = None if is_last else p
            s, step = share_favoured(self, term, p, g, may_overwrite=is_last)
        if term.factor != 1:
            s = s * term.factor if s is g else s.mul_(term.factor)
        return s, step

    def _can_halve(self) -> bool:
        """Return True if two passes serve both terms and both signs of ``a``."""
        return len(self.terms) == 2 and not self.tape.nonnegative and all(map(_is_mild, self.terms))

    def _can_mirror(self) -> bool:
        """Return True if one denominator serves positive and negative ``z``."""
        return (
            len(self.terms) == 2
            and self.rule.mirrors
            and self.rule.stabilizer.is_symmetric
            and not self.ignores_bias
            and self.terms[0].negative in (0, 1)
        )

    @cached_property
    def weight(self) -> Tensor:
        """The weight, read once: a merged op has to compute it."""
        return self.affine.weight

    @cached_property
    def positive_weight(self) -> Tensor:
        """The positive part of the weight."""
        return self.weight.clamp(min=0)

    @property
    def y(self) -> Tensor:
        """The sum of all contributions: the output, or the output without its bias."""
        return self._without_bias if self.ignores_bias else self.z

    @cached_property
    def _without_bias(self) -> Tensor:
        return self.affine.forward(self.a, self.weight, None)

    def modify_weights(self, term: Contributions) -> Weights:
        """Return the weights of a term, which its two directions share; those of one term are held."""
        if self._weights is None or self._weights[0] is not term:
            has_one = self.tape.nonnegative or term.positive == term.negative
            down = None if has_one else _modify(self, term, -1)
            self._weights = term, (_modify(self, term, 1), down)
        return self._weights[1]


def share_plain(step: ContributionStep, g: Tensor) -> Quotient:
    r"""Share where all contributions count as they are: :math:`s = g z / \mathrm{st}(y)`."""
    stabilizer, y = step.rule.stabilizer, step.y
    if step.ignores_bias:
        s = stabilizer.quotient(step.z, y).mul_(g)
    else:
        s = stabilizer.damp(g, y, nonnegative=step.tape.rectified)
    return s, step.divider.compute_added(y, is_positive=step.tape.rectified and not step.ignores_bias)


def share_pure(step: ContributionStep, term: Contributions, g: Tensor) -> Quotient:
    r"""Share where the contributions of one sign count alone.

    .. math:: s = g z / \mathrm{st}(z_\rho), \qquad
              z_\rho = L(a^+; u w^+ + v w^-) + L(a^-; v w^+ + u w^-) + \rho(b), \quad u v = 0
    """
    bias = _bias_of(step, term)
    up, down = step.modify_weights(term)
    if down is None:
        z_rho = step.affine.forward(step.a, up, bias)
    else:
        z_rho = step.affine.forward(step.a.clamp(min=0), up, bias)
        z_rho += step.affine.forward(step.a.clamp(max=0), down, None)
    # positive contributions alone are at least as large as a positive z: none of its zeros has z > 0
    covers_z = step.tape.rectified and term.positive > 0 and not step.ignores_bias
    return step.divider.divide(step.z, z_rho, 1 if term.positive else -1, g, is_safe=covers_z)


def share_favoured(
    step: ContributionStep, term: Contributions, p: Tensor, g: Tensor, *, may_overwrite: bool
) -> Quotient:
    r"""Share where all count, those most that speak for the sign of ``y``; there nothing cancels.

    .. math:: s = g z / \mathrm{st}(z_\rho), \qquad z_\rho = v y + (u - v) p

    for the ``y`` of one sign, and zero elsewhere. Overwrites ``p`` where it is of no use to anyone else.
    """
    sign, u, v = 1 if term.outputs is Sign.POSITIVE else -1, term.positive, term.negative
    y = _keep_sign(step, sign)
    if v == 0:
        return step.divider.divide(y, p * u if sign > 0 else (y - p).mul_(u), sign, g)
    z_rho = torch.add(y, p, alpha=u / v - 1, out=p if may_overwrite else None)
    if v != 1:
        z_rho *= v
    if not step.ignores_bias:
        return step.divider.divide(y, z_rho, sign, g, is_safe=True)
    z = torch.ops.aten.threshold_backward(step.z, step.y if sign > 0 else -step.y, 0)
    return step.divider.divide(z, z_rho, sign, g)


def share_mirrored(step: ContributionStep, g: Tensor) -> list[Quotient]:
    r"""Share by two terms that treat both signs of ``y`` alike, over one denominator.

    .. math:: s = g |y| / \mathrm{st}(|z_\rho|), \quad |z_\rho| = v y^+ + u |y^-| + (u - v) p

    The first term gets ``s`` where ``y`` is positive, the second one where it is not.
    """
    ratios, key = step.tape.ratios, "both signs"
    if ratios is None or key not in ratios:
        ratio, added = _compute_mirrored_ratio(step)
        if ratios is not None:
            ratios[key] = ratio, added
    else:
        ratio, added = ratios[key]
    s = ratio.mul_(g) if ratios is None else g * ratio
    s_positive = torch.ops.aten.threshold_backward(s, step.z, 0)
    s_negative = s.sub_(s_positive)
    return [(s_positive, added), (s_negative, None if added is None else -added)]


def _compute_mirrored_ratio(step: ContributionStep) -> Quotient:
    u, p = step.terms[0].positive, sum_positives(step)
    v = step.terms[0].negative
    size = F.leaky_relu(step.z, -u) if v else step.z.clamp(max=0).mul_(-u)
    size.add_(p, alpha=u - v)
    stabilized, added = step.divider.stabilize(size, 1)
    return torch.abs(step.z, out=p).div_(stabilized), added  # p has served: its memory is taken


def sum_positives(step: ContributionStep) -> Tensor:
    r"""Return the sum of the positive contributions to ``y``, in a tensor of its own.

    :math:`p = L(a; w^+) + b^+` for an input without negative numbers, else :math:`p = (y + m) / 2`, which is
    of use only where ``y`` does not cancel ``m``.
    """
    affine, bias = step.affine, None if step.ignores_bias else step.affine.bias
    if step.tape.nonnegative:
        return affine.forward(step.a, step.positive_weight, None if bias is None else bias.clamp(min=0))
    sizes = affine.forward(step.a.abs(), step.weight.abs(), None if bias is None else bias.abs())
    return sizes.add_(step.y).mul_(0.5)


def _keep_sign(step: ContributionStep, sign: int) -> Tensor:
    """Return ``y`` where it has this sign, zero elsewhere."""
    if sign < 0:
        return step.y.clamp(max=0)
    # a rectified output is its own positive part
    return step.y if step.tape.rectified and not step.ignores_bias else step.y.clamp(min=0)


def _modify(step: ContributionStep, term: Contributions, sign: int) -> Tensor:
    """Return the weights that a term gives to inputs of one sign."""
    if term.is_plain:
        return step.weight
    more, less = (term.positive, term.negative)[::sign]
    # less w + (more - less) w⁺, from the positive part that the denominator took
    if more > less > 0:
        weight = torch.add(step.weight, step.positive_weight, alpha=more / less - 1)
        return weight if less == 1 else weight.mul_(less)
    return term.weigh(step.weight) if sign > 0 else term.weigh_reversed(step.weight)


def _bias_of(step: ContributionStep, term: Contributions) -> Tensor | None:
    """Return the bias as it stands in the denominator of a term, or None where it has no place there."""
    return None if step.affine.bias is None or not term.bias else term.weigh(step.affine.bias)


def _carry(step: ContributionStep, term: Contributions, s: Tensor) -> Tensor:
    """Carry ``s`` of one term to ``a``."""
    up, down = step.modify_weights(term)
    if down is None:
        return step.affine.transpose(s, up, step.a)
    at_positive, at_negative = step.affine.transposes(s, (up, down), step.a)
    return torch.where(step.a >= 0, at_positive, at_negative)


def _carry_by_halves(step: ContributionStep, s_one: Tensor, s_two: Tensor) -> Tensor:
    r"""Carry ``s`` of two terms to an ``a`` of any sign, in two passes instead of four.

    With :math:`w^\pm = (w \pm |w|) / 2` a term gives
    :math:`\frac{u + v}{2} L^T(w) s + \mathrm{sgn}(a) \frac{u - v}{2} L^T(|w|) s`.
    """
    first, second = step.terms
    even = torch.add(
        s_one * ((first.positive + first.negative) / 2), s_two, alpha=(second.positive + second.negative) / 2
    )
    odd = torch.add(
        s_one * ((first.positive - first.negative) / 2), s_two, alpha=(second.positive - second.negative) / 2
    )
    c = step.affine.transpose(odd, step.weight.abs(), step.a).mul_(step.a.sign())
    return c.add_(step.affine.transpose(even, step.weight, step.a))


def _is_mild(term: Contributions) -> bool:
    """Return True if the weights of a term are near enough for :func:`_carry_by_halves`."""
    low, high = sorted((term.positive, term.negative))
    return term.favours and (low == 0 or high <= _MILD * low)
