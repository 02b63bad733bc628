"""The base classes of rules, and what the engine asks of a rule for an op with weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from torch import Tensor

from lrprism.errors import RuleError
from lrprism.rules.terms import Constant, Contributions, Part, Sign, Term
from lrprism.stabilizers import AbstractStabilizer, Stabilizer, as_stabilizer


class AbstractRule(ABC):  # noqa: B024 - a mark; what a rule states depends on the kind of op
    """A way to hand the relevance of an op's output to its inputs; always a frozen dataclass."""


class AbstractAffineRule(AbstractRule):
    """A rule that hands the relevance of ``z = L(a; w) + b`` to ``a``.

    A rule states its formula as :meth:`terms`; nothing has to be registered. Its field ``eps`` keeps the
    denominators away from zero.
    """

    eps: Stabilizer = 0.0
    """A step's size, a stabiliser of :mod:`lrprism.stabilizers`, or a callable; a field of every rule."""

    def __post_init__(self) -> None:
        """Check ``eps``; a rule with more settings checks those too."""
        as_stabilizer(self.eps)

    def __repr__(self) -> str:
        """The rule with its settings, but for ``bias=True``, the default of every rule."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        if settings.get("bias") is True:
            del settings["bias"]
        words = [f"{name}={format_setting(value)}" for name, value in settings.items()]
        return f"{type(self).__name__}({', '.join(words)})"

    @cached_property
    def stabilizer(self) -> AbstractStabilizer:
        """The stabiliser of the rule's denominators."""
        return as_stabilizer(self.eps)

    @cached_property
    def stated(self) -> tuple[Term | Contributions, ...]:
        """The terms, read from :meth:`terms` once.

        Raises:
            RuleError: If they are no tuple of terms, or the parts of a term no tuple of parts.
        """
        returned: Any = self.terms()
        terms = tuple(returned) if isinstance(returned, Iterable) else (None,)
        if not all(isinstance(term, (Term, Contributions)) for term in terms):
            raise RuleError(
                f"{type(self).__name__}.terms() should return a tuple of Term or Contributions. "
                f"Found {returned!r}. Try return (Contributions(),), with the comma, for a single one."
            )
        for term in terms:
            if isinstance(term, Term) and not _are_parts(term.parts):
                raise RuleError(
                    f"the parts of each Term in {type(self).__name__}.terms() should be a tuple of Part. "
                    f"Found {term.parts!r}. Try Term((Part(),)), with the comma, for a single one."
                )
        return terms

    @cached_property
    def opposed(self) -> tuple[float, float] | None:
        """The shares α and β of what speaks for and against an output, of LRP-αβ; None of other rules."""
        match self.stated:
            case (Contributions() as first, Contributions() as second):
                is_pure = first.is_pure and second.is_pure and self.stabilizer.is_elementwise
                weights = (first.positive, second.positive), (first.negative, second.negative)
                if is_pure and weights == ((1, 0), (0, 1)) and second.factor < 0:
                    return first.factor, -second.factor
        return None

    @cached_property
    def of_differences(self) -> AbstractAffineRule:
        """The rule where a difference is shared, which may have either sign.

        What z⁺ and αβ say of positive contributions holds for those that have the sign of the difference.
        """
        terms: list[Term | Contributions] = []
        for term in self.stated:
            terms += term.split_by_sign() if isinstance(term, Contributions) else [term]
        return self if len(terms) == len(self.stated) else _SignedRule(tuple(terms), self.eps)

    @cached_property
    def counts_bias(self) -> bool:
        """True if any term adds the bias."""
        return any(term.counts_bias for term in self.stated)

    @cached_property
    def has_constant(self) -> bool:
        """True if a constant stands in the place of the input in any term."""
        terms = [term for term in self.stated if isinstance(term, Term)]
        return any(isinstance(part.inputs, Constant) for term in terms for part in term.parts)

    # The questions below let the engine choose the fewest passes; the answers depend on the formula alone, so
    # that a user's rule that says the same as one of ours is as fast.

    @cached_property
    def is_damping(self) -> bool:
        """True if all contributions count as they are and only the stabiliser keeps relevance: LRP-ε."""
        match self.stated:
            case (Contributions() as term,):
                plain = term.is_plain and term.bias and term.factor == 1
                return plain and self.stabilizer.is_elementwise
        return False

    @cached_property
    def is_gradient(self) -> bool:
        """True if the plain gradient follows this rule: LRP-0."""
        return self.is_damping and self.stabilizer.changes_nothing

    @cached_property
    def mirrors(self) -> bool:
        """True for two terms that favour the sign of ``z``, for positive and for negative ``z`` alike."""
        match self.stated:
            case (Contributions() as first, Contributions() as second):
                mirrored = (second.negative, second.positive)
                signs = (first.outputs, second.outputs)
                return (
                    first.favours
                    and (first.positive, first.negative) == mirrored
                    and signs == (Sign.POSITIVE, Sign.NEGATIVE)
                )
        return False

    @cached_property
    def weighs_contributions(self) -> bool:
        """True if the terms weigh contributions in a way that needs no general backward step."""
        return self.stabilizer.is_elementwise and all(
            isinstance(term, Contributions) and (term.is_plain or term.is_pure or term.favours)
            for term in self.stated
        )

    @abstractmethod
    def terms(self) -> tuple[Term | Contributions, ...]:
        """Return the formula: relevance is the sum over these terms."""


@dataclass(frozen=True, repr=False)
class _SignedRule(AbstractAffineRule):
    """A rule for differences, made from one for activations."""

    signed: tuple[Term | Contributions, ...]
    eps: Stabilizer = 0.0

    def terms(self) -> tuple[Term | Contributions, ...]:
        """Return its terms."""
        return self.signed


def gives_beside(rule: AbstractRule | None) -> bool:
    """Return True if a rule gives relevance to inputs of zero, so that only the first op can have it."""
    return isinstance(rule, AbstractAffineRule) and rule.has_constant


def gives_nothing_at_zero(rule: AbstractRule | None) -> bool:
    """Return True if a rule hands nothing on from an output of zero, whatever the modified gradient there."""
    return isinstance(rule, AbstractAffineRule) and not rule.stabilizer.changes_nothing


def format_setting(value: object) -> str:
    """Write a setting as it stands in a plan: a tensor by its shape."""
    return f"Tensor{tuple(value.shape)}" if isinstance(value, Tensor) and value.dim() else repr(value)


def _are_parts(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(part, Part) for part in value)
