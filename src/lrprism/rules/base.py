"""What every rule states: which products of inputs and weights share relevance, over which denominator."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from lrprism.errors import RuleError
from lrprism.stabilizers import AbstractStabilizer, Stabilizer, as_stabilizer


class Sign(Enum):
    """Which entries of a tensor take part."""

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
        """Whether any part adds the bias."""
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
        """Whether the bias is one of the contributions."""
        return self.bias

    @cached_property
    def is_plain(self) -> bool:
        """Whether all contributions count as they are."""
        return self.positive == self.negative == 1 and self.outputs is Sign.ANY

    @cached_property
    def is_pure(self) -> bool:
        """Whether only the contributions of one sign count, for every ``z``."""
        least, most = sorted((self.positive, self.negative))
        return self.outputs is Sign.ANY and 0 == least < most

    @cached_property
    def favours(self) -> bool:
        """Whether what speaks for the sign of ``z`` counts at least as much as the rest, which counts too."""
        if self.outputs is Sign.POSITIVE:
            return self.positive >= self.negative > 0
        return self.outputs is Sign.NEGATIVE and self.negative >= self.positive > 0

    def weigh(self, w: Tensor) -> Tensor:
        """Return :math:`u w^+ + v w^-`: the weights of positive inputs, and the bias."""
        return _weighed(w, self.positive, self.negative)

    def weigh_reversed(self, w: Tensor) -> Tensor:
        """Return :math:`v w^+ + u w^-`: the weights of negative inputs."""
        return _weighed(w, self.negative, self.positive)

    def as_term(self) -> Term:
        """Say the same in the general form."""
        up, down = (
            Part(self.weigh, Sign.POSITIVE, self.bias),
            Part(self.weigh_reversed, Sign.NEGATIVE, bias=False),
        )
        if self.positive == self.negative:
            return Term((Part(self.weigh, bias=self.bias),), self.outputs, self.factor)
        return Term((up, down), self.outputs, self.factor)


def _weighed(w: Tensor, positive: float, negative: float) -> Tensor:
    """``positive * w⁺ + negative * w⁻``."""
    if positive == negative:
        return w if positive == 1 else w * positive
    if positive == 0 or negative == 0:
        part = w.clamp(max=0) if positive == 0 else w.clamp(min=0)
        return part if positive + negative == 1 else part.mul_(positive + negative)
    if positive > negative:
        found = torch.add(w, w.clamp(min=0), alpha=positive / negative - 1)
        return found if negative == 1 else found.mul_(negative)
    found = torch.add(w, w.clamp(max=0), alpha=negative / positive - 1)
    return found if positive == 1 else found.mul_(positive)


def shown_setting(value: object) -> str:
    """Write a setting as it stands in a plan: of a tensor, its shape."""
    return f"Tensor{tuple(value.shape)}" if isinstance(value, Tensor) and value.dim() else repr(value)


def _are_parts(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(each, Part) for each in value)


class AbstractRule(ABC):  # noqa: B024 - a mark; what a rule states depends on the kind of op
    """How an op hands the relevance of its output to its inputs; always a frozen dataclass."""


class AbstractAffineRule(AbstractRule):
    """How an affine op ``z = L(a; w) + b`` hands the relevance of ``z`` to ``a``.

    A rule states its formula as :meth:`terms`; nothing has to be registered. Its field ``eps`` keeps the
    denominators away from zero.
    """

    eps: Stabilizer = 0.0
    """A step's size, a stabiliser of :mod:`lrprism.stabilizers`, or a callable; a field of every rule."""

    def __post_init__(self) -> None:
        """Check ``eps``; a rule with more settings checks those too."""
        as_stabilizer(self.eps)

    def __repr__(self) -> str:
        """The rule with its settings; that the bias keeps its share goes without saying."""
        settings = [(each.name, getattr(self, each.name)) for each in fields(self)]  # type: ignore[arg-type]
        shown = [
            f"{name}={shown_setting(value)}"
            for name, value in settings
            if not (name == "bias" and value is True)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    @cached_property
    def stabilizer(self) -> AbstractStabilizer:
        """What keeps the denominators of the rule away from zero."""
        return as_stabilizer(self.eps)

    @cached_property
    def stated(self) -> tuple[Term | Contributions, ...]:
        """The terms, made once.

        Raises:
            RuleError: If they are no tuple of terms, or the parts of a term no tuple of parts.
        """
        found: Any = self.terms()
        terms = tuple(found) if isinstance(found, Iterable) else (None,)
        if not all(isinstance(each, (Term, Contributions)) for each in terms):
            raise RuleError(
                f"{type(self).__name__}.terms() should return a tuple of Term or Contributions. "
                f"Found {found!r}. Try return (Contributions(),), with the comma, for a single one."
            )
        for term in terms:
            if isinstance(term, Term) and not _are_parts(term.parts):
                raise RuleError(
                    f"the parts of each Term in {type(self).__name__}.terms() should be a tuple of Part. "
                    f"Found {term.parts!r}. Try Term((Part(),)), with the comma, for a single one."
                )
        return terms

    @cached_property
    def counts_bias(self) -> bool:
        """Whether any term adds the bias."""
        return any(term.counts_bias for term in self.stated)

    @cached_property
    def has_constant(self) -> bool:
        """Whether a constant stands in the place of the input in any term."""
        terms = [term for term in self.stated if isinstance(term, Term)]
        return any(isinstance(part.inputs, Constant) for term in terms for part in term.parts)

    @cached_property
    def is_damping(self) -> bool:
        """Whether all contributions count as they are, and the stabiliser alone keeps relevance: LRP-ε."""
        match self.stated:
            case (Contributions() as term,):
                plain = term.is_plain and term.bias and term.factor == 1
                return plain and self.stabilizer.is_elementwise
        return False

    @cached_property
    def is_gradient(self) -> bool:
        """Whether the plain gradient follows this rule: LRP-0."""
        return self.is_damping and self.stabilizer.changes_nothing

    @cached_property
    def mirrors(self) -> bool:
        """Whether there are two terms that favour what speaks for positive and for negative ``z`` alike."""
        match self.stated:
            case (Contributions() as one, Contributions() as two):
                alike = (one.positive, one.negative) == (two.negative, two.positive)
                return one.favours and alike and (one.outputs, two.outputs) == (Sign.POSITIVE, Sign.NEGATIVE)
        return False

    @cached_property
    def weighs_contributions(self) -> bool:
        """Whether the terms weigh contributions in a way that needs no general backward step."""
        return self.stabilizer.is_elementwise and all(
            isinstance(term, Contributions) and (term.is_plain or term.is_pure or term.favours)
            for term in self.stated
        )

    @abstractmethod
    def terms(self) -> tuple[Term | Contributions, ...]:
        """The formula: relevance is the sum over these terms."""


def gives_beside(rule: AbstractRule | None) -> bool:
    """Whether a rule hands relevance to inputs whatever their value, so that only a first op can have it."""
    return isinstance(rule, AbstractAffineRule) and rule.has_constant


def gives_nothing_at_zero(rule: AbstractRule | None) -> bool:
    """Whether a rule hands nothing on from an output of zero, whatever the modified gradient there."""
    return isinstance(rule, AbstractAffineRule) and not rule.stabilizer.changes_nothing


class Gating(Enum):
    """How much a factor of a product looks like a gate: something that scales a signal."""

    NONE = 0
    """Anything else: a signal."""

    ACTIVATION = 1
    """The output of an activation."""

    BOUNDED = 2
    """The output of an activation with an upper bound, such as ReLU6: often a gate written by hand."""

    GATE = 3
    """The output of a sigmoid or a softmax."""

    SELF = 4
    """An elementwise function of the other factor, as in ``x * sigmoid(x)``: the product is an activation."""


class AbstractProductRule(AbstractRule):
    """How a product hands its relevance to its factors."""

    @abstractmethod
    def shares(self, gatings: Sequence[Gating]) -> tuple[float, ...]:
        """The share of each factor; they add up to one.

        Args:
            gatings: How much each factor looks like a gate.
        """


def _signals_share(gatings: Sequence[Gating]) -> tuple[float, ...]:
    """Equal shares for the factors that look least like a gate, nothing for the others."""
    least = min(each.value for each in gatings)
    chosen = [each.value == least for each in gatings]
    return tuple(each / sum(chosen) for each in chosen)
