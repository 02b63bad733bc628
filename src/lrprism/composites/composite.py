"""Who gets which rule."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from lrprism._errors import RuleError
from lrprism.composites.selectors import AbstractSelector, Place
from lrprism.ops import Call, Kind
from lrprism.rules import AbstractRule, Epsilon

Entry = tuple[AbstractSelector, AbstractRule]


@dataclass(frozen=True)
class AbstractComposite(ABC):
    """An ordered list of selectors with a rule each; the first match wins."""

    @abstractmethod
    def entries(self) -> Sequence[Entry]:
        """The selectors and their rules, in order."""

    def assign(self, calls: Sequence[Call], affine: Sequence[Call]) -> None:
        """Give each call its rule and the reason for it.

        Args:
            calls: Every call of a forward pass.
            affine: The affine calls that the output depends on, in order of execution.

        Raises:
            RuleError: If a rule was given to an op that it cannot serve.
        """
        entries = self.entries()
        positions = {call.index: position for position, call in enumerate(affine)}
        for call in calls:
            if not (call.kind.is_affine or call.kind is Kind.AVERAGE_POOLING):
                call.why = _WORDS[call.kind]
                continue
            place = Place(positions.get(call.index), len(affine))
            found = next(
                ((selector, rule) for selector, rule in entries if selector.matches(call, place)), None
            )
            call.rule, call.why = (
                (None, "no selector matches: plain gradient") if found is None else (found[1], str(found[0]))
            )
            if call.kind is Kind.AVERAGE_POOLING and not isinstance(call.rule, (Epsilon, type(None))):
                raise RuleError(
                    "average pooling has no weights and should get Epsilon. "
                    f"Found {call.rule!r} for {call.name} in module {call.module!r}. "
                    f"Narrow the selector '{call.why}'."
                )


_WORDS = {
    Kind.ACTIVATION: "activation: relevance passes unchanged",
    Kind.NORMALIZATION: "affine per channel: plain gradient",
    Kind.ROUTING: "routing: plain gradient",
    Kind.IDENTITY: "switched off while explaining",
    Kind.UNKNOWN: "no rule known: plain gradient",
}


@final
@dataclass(frozen=True)
class Composite(AbstractComposite):
    """A composite from a list of ``(selector, rule)``.

    Args:
        rules: The selectors and their rules; the first match wins.

    Example:
        >>> from lrprism import select
        >>> from lrprism.rules import Epsilon, Gamma
        >>> convolutions = select.kind(select.Kind.CONVOLUTION)
        >>> composite = Composite([(select.last(2), Epsilon()), (convolutions, Gamma(0.25))])
    """

    rules: Sequence[Entry]

    def entries(self) -> Sequence[Entry]:
        """The list as it was given."""
        return self.rules
