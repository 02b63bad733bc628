"""A composite from a list of selectors and rules, and what a user may have meant by something else."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, final

from lrprism.composites.composite import AbstractComposite, Entry
from lrprism.composites.matching import AbstractSelector
from lrprism.composites.suggestions import suggest
from lrprism.errors import RuleError
from lrprism.rules import AbstractProductRule, AbstractRule, gives_beside


@final
@dataclass(frozen=True)
class Composite(AbstractComposite):
    """A composite from a list of ``(selector, rule)``.

    Args:
        rules: The selectors and their rules; the first match wins.

    Raises:
        RuleError: If it is no list of pairs of a selector and a rule.

    Example:
        >>> from lrprism import select
        >>> from lrprism.rules import Epsilon, Gamma
        >>> convolutions = select.kind(select.Kind.CONVOLUTION)
        >>> composite = Composite([(select.last(2), Epsilon()), (convolutions, Gamma(0.25))])
    """

    rules: Sequence[Entry]
    names_ops: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that there are pairs of a selector and a rule.

        Raises:
            RuleError: If there are others.
        """
        is_list = _is_list(self.rules) and not _is_pair(self.rules)
        odd = [entry for entry in self.rules if not _is_entry(entry)] if is_list else [self.rules]
        if odd:
            advice = suggest_composite(odd[0])
            raise RuleError(
                "composite should be a preset such as presets.EpsilonGamma(), or a list of (selector, rule) "
                f"such as (select.last(), rules.Epsilon()). Found {odd[0]!r}.{advice and f' Try {advice}.'}"
            )

    def entries(self) -> Sequence[Entry]:
        """The list as it was given."""
        return self.rules


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_entry(value: object) -> bool:
    match value:
        case (AbstractSelector(), AbstractRule()):
            return True
    return False


def _is_pair(value: object) -> bool:
    """Return True for a rule with one other thing, in either order."""
    match value:
        case (first, second):
            return _is_a(first, AbstractRule) != _is_a(second, AbstractRule)
    return False


def _is_a(value: object, wanted: type) -> bool:
    """Return True for an object of a class, or such a class itself, as without parentheses."""
    return isinstance(value, wanted) or (isinstance(value, type) and issubclass(value, wanted))


def suggest_composite(value: object) -> str:
    """Return the composite that something may stand for, as it is to be typed; empty where nothing tells."""
    # a preset without parentheses, or a composite inside a list
    if _is_a(value, AbstractComposite):
        return _write_code(value)
    # the name of a preset
    if isinstance(value, str):
        presets = {
            preset.__name__.lower(): preset
            for preset in AbstractComposite.__subclasses__()
            if _home_of(preset)
        }
        close = get_close_matches(value.lower().replace("_", ""), presets, n=1)
        return _write_code(presets[close[0]]) if close else ""
    # a mapping, as other libraries take one
    if isinstance(value, Mapping) and value and all(map(_is_pair, value.items())):
        return f"[{', '.join(map(_suggest_entry, value.items()))}]"
    # a rule alone
    if _is_a(value, AbstractRule):
        return f"[({_suggest_place(value)}, {_write_code(value)})]"
    return f"[{_suggest_entry(value)}]" if _is_pair(value) else ""


def _suggest_entry(pair: Any) -> str:
    """Return an entry as it is to be typed: the selector first, and not what it selects by."""
    selector, rule = pair[::-1] if _is_a(pair[0], AbstractRule) else pair
    written = "..." if isinstance(selector, AbstractSelector) else suggest(selector)
    return f"({written}, {_write_code(rule)})"


def _suggest_place(rule: Any) -> str:
    """Return the selector of ops that can follow a rule."""
    if _is_a(rule, AbstractProductRule):
        return "select.kind(select.Kind.PRODUCT, select.Kind.ATTENTION)"
    if gives_beside(rule):
        return "select.at_input()"
    return "select.kind(select.Kind.CONVOLUTION, select.Kind.LINEAR)"


def _write_code(value: Any) -> str:
    """Write a rule or a composite, or the call of its class, as it is typed."""
    if not isinstance(value, type):
        return f"{_home_of(type(value))}{value!r}"
    settings = fields(value) if is_dataclass(value) else ()
    needed = [field.name for field in settings if field.default is field.default_factory is MISSING]
    return f"{_home_of(value)}{value.__name__}({', '.join(f'{name}=...' for name in needed)})"


def _home_of(of: type) -> str:
    """Return the module of a rule or a preset as a prefix; empty for one from elsewhere."""
    homes = (f"{home}." for home in ("rules", "presets") if f".{home}" in of.__module__)
    return next(homes, "") if of.__module__.startswith("lrprism.") else ""
