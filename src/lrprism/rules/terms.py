"""The language in which affine rules state their formula: terms, their parts, and weighed contributions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import torch
from torch import Tensor


class Sign(Enum):
    """The entries of a tensor that take part."""

    ANY = "any"
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, eq=False)
class Constant:
    """A value that stands in the place of the input, such as a bound of the z-box rule.

    Relevance that a part gives to it does not vanish where the input is zero, so it travels beside ``a * g``;
    that is possible only on the first affine op behind an input.

    Args:
        value: A number, one number per channel, or a tensor that broadcasts to the input.
    """

    value: float | Tensor


def per_channel(value: Tensor, shape: Sequence[int]) -> Tensor:
    """Read a row of numbers as one per channel of a tensor ``[N, channels, ...]``, where it has as many."""
    # a row of numbers would broadcast over the last axis; of [N, channels], that axis is the channels anyway
    if value.dim() != 1 or len(shape) < 3 or len(value) != shape[1]:
        return value
    return value.view(1, -1, *(1,) * (len(shape) - 2))


@dataclass(frozen=True)
class Part:
    r"""One product :math:`L(v; \rho(w)) + \rho(b)` of a :class:`Term`.

    Args:
        rho: The modification of weight and bias, or None to keep them as they are.
        inputs: What stands for ``v``: the entries of ``a`` that take part, the others counting as zero, or a
            constant.
        bias: Whether the modified bias is added.
    """

    rho: Callable[[Tensor], Tensor] | None = None
    inputs: Sign | Constant = Sign.ANY
    bias: bool = True


@dataclass(frozen=True)
class Term:
    r"""Relevance shared over one denominator.

    .. math:: z_\rho = \sum_\text{parts} L(v; \rho(w)) + \rho(b)

    With :math:`s = f R / \mathrm{st}(z_\rho)` where ``z`` has the sign ``outputs`` and 0 elsewhere, the term
    gives :math:`R_i = v_i \sum_j \rho(w)_{ij} s_j` to each input ``i``, for each part in which ``i`` takes
    part.

    Args:
        parts: The products that add up to the denominator. Each entry of ``a`` takes part in at most one.
        outputs: The pre-activations ``z`` that the term serves; of ``z`` without its bias, if no part of the
            rule adds the bias.
        factor: The share ``f`` of the relevance that the term hands on. The factors of the terms that serve
            one ``z`` should add up to one.
    """

    parts: tuple[Part, ...]
    outputs: Sign = Sign.ANY
    factor: float = 1.0

    @property
    def counts_bias(self) -> bool:
        """True if any part adds the bias."""
        return any(part.bias for part in self.parts)


@dataclass(frozen=True)
class Contributions:
    r"""Relevance shared by contributions :math:`a_i w_{ij}` and :math:`b_j` to ``z``, weighed by their sign.

    .. math:: z_\rho = u \sum_i (a_i w_{ij})^+ + v \sum_i (a_i w_{ij})^- + u b_j^+ + v b_j^-

    The rules of the field for hidden layers are of this form. It says the same as a :class:`Term` with
    :math:`\rho(w) = u w^+ + v w^-` for positive inputs and :math:`v w^+ + u w^-` for negative ones, but lets
    the engine choose how few passes through the op it takes.

    Args:
        positive: Weight ``u`` of the positive contributions. Must be >= 0.
        negative: Weight ``v`` of the negative contributions. Must be >= 0.
        outputs: The pre-activations ``z`` that are served; of ``z`` without its bias, if ``bias`` is False.
        factor: The share of the relevance that is handed on, as in a :class:`Term`.
        bias: Whether the bias is one of the contributions.
    """

    positive: float = 1.0
    negative: float = 1.0
    outputs: Sign = Sign.ANY
    factor: float = 1.0
    bias: bool = True

    @property
    def counts_bias(self) -> bool:
        """True if the bias is one of the contributions."""
        return self.bias

    @cached_property
    def is_plain(self) -> bool:
        """True if all contributions count as they are, as in LRP-ε."""
        return self.positive == self.negative == 1 and self.outputs is Sign.ANY

    @cached_property
    def is_pure(self) -> bool:
        """True if only the contributions of one sign count, for every ``z``, as in LRP-z⁺ and LRP-αβ."""
        low, high = sorted((self.positive, self.negative))
        return self.outputs is Sign.ANY and 0 == low < high

    @cached_property
    def favours(self) -> bool:
        """True if contributions of the sign of ``z`` weigh at least as much as the others, as in LRP-γ."""
        if self.outputs is Sign.POSITIVE:
            return self.positive >= self.negative and self.positive > 0
        return self.outputs is Sign.NEGATIVE and self.negative >= self.positive and self.negative > 0

    def split_by_sign(self) -> tuple[Contributions, ...]:
        """Return the term as one for each sign of ``z``, where it means contributions of one sign alone.

        Of a difference the contributions that have its sign stand in the place of the positive ones.
        """
        if not self.is_pure:
            return (self,)
        turned = replace(self, positive=self.negative, negative=self.positive, outputs=Sign.NEGATIVE)
        return replace(self, outputs=Sign.POSITIVE), turned

    # A contribution of a_i > 0 has the sign of its weight; for a_i < 0, u and v change places.

    def weigh(self, w: Tensor) -> Tensor:
        """Return :math:`u w^+ + v w^-`: the weights of positive inputs, and the bias."""
        return _weigh_halves(w, self.positive, self.negative)

    def weigh_reversed(self, w: Tensor) -> Tensor:
        """Return :math:`v w^+ + u w^-`: the weights of negative inputs."""
        return _weigh_halves(w, self.negative, self.positive)

    def as_term(self) -> Term:
        """Return the same formula in its general form."""
        # equal weights: the sign of an input does not matter, and one product serves both
        if self.positive == self.negative:
            return Term((Part(self.weigh, bias=self.bias),), self.outputs, self.factor)
        # a positive input contributes with the sign of its weight, a negative one with the opposite sign; the
        # bias is an input of 1 and must be added once
        up = Part(self.weigh, Sign.POSITIVE, self.bias)
        down = Part(self.weigh_reversed, Sign.NEGATIVE, bias=False)
        return Term((up, down), self.outputs, self.factor)


def _weigh_halves(w: Tensor, positive: float, negative: float) -> Tensor:
    """Return ``positive * w⁺ + negative * w⁻`` in as few passes over ``w`` as possible."""
    # LRP-0 and LRP-ε: no new tensor for the weights as they are
    if positive == negative:
        return w if positive == 1 else w * positive
    # LRP-z⁺ and LRP-αβ: one half alone
    if positive == 0 or negative == 0:
        half = w.clamp(max=0) if positive == 0 else w.clamp(min=0)
        return half if positive + negative == 1 else half.mul_(positive + negative)
    # LRP-γ: v (w + (u/v - 1) w⁺), and its mirror image; v is 1, which saves the last product
    if positive > negative:
        weighed = torch.add(w, w.clamp(min=0), alpha=positive / negative - 1)
        return weighed if negative == 1 else weighed.mul_(negative)
    weighed = torch.add(w, w.clamp(max=0), alpha=negative / positive - 1)
    return weighed if positive == 1 else weighed.mul_(positive)
