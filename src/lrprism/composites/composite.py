"""Composites: ordered lists of selectors, which give each call its rule."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

from lrprism.composites.matching import AbstractSelector, Position
from lrprism.composites.suggestions import describe_choice
from lrprism.engine import Assignment, Choice, Facts
from lrprism.errors import RuleError
from lrprism.ops import DEFAULT_PRODUCT_RULE, Call, Kind, Needs
from lrprism.rules import (
    AbstractAffineRule,
    AbstractProductRule,
    AbstractRule,
    Pass,
    SignalTakesAll,
    gives_beside,
)

Entry = tuple[AbstractSelector, AbstractRule]


@dataclass(frozen=True)
class AbstractComposite(ABC):
    """An ordered list of selectors with a rule each; the first match wins."""

    names_ops: ClassVar[bool] = False
    """Whether the selectors are a user's, who means to give each of them an op that takes its rule."""

    def __post_init__(self) -> None:
        """Refuse impossible settings at once, not at the first explanation."""
        self.entries()

    @cached_property
    def _stated(self) -> Sequence[Entry]:
        """The entries, made once."""
        return self.entries()

    @cached_property
    def _choices(self) -> Sequence[Choice]:
        """For each entry, its rule and why a call gets it."""
        return [Choice(rule, str(selector)) for selector, rule in self._stated]

    @cached_property
    def needs(self) -> Needs:
        """Tensors that the rules need in the backward pass: LRP-0 none, LRP-ε the output of a layer."""
        return Needs(
            inputs=any(
                _asks_for_input(rule) and selector.kinds & {Kind.LINEAR, Kind.NORMALIZATION}
                for selector, rule in self._stated
            ),
            outputs=any(
                isinstance(rule, Pass) or (isinstance(rule, AbstractAffineRule) and not rule.is_gradient)
                for _, rule in self._stated
            ),
            gates=any(_asks_for_gates(rule, selector.kinds) for selector, rule in self._stated),
            steps=any(_asks_for_steps(rule, selector) for selector, rule in self._stated),
        )

    @cached_property
    def without_input(self) -> str | None:
        """The warning for a network no layer of which sees the input; None if no rule is for one."""
        rule = next((rule for _, rule in self._stated if gives_beside(rule)), None)
        if rule is None or self.names_ops:
            return None
        return (
            f"{type(self).__name__} should meet a layer at the input, which alone gets "
            f"{type(rule).__name__}. Found none: what stands between is neither a move nor a shift or scale, "
            "such as clamp() or a resize. Do that before the model is called, or choose a preset without a "
            "rule for the input."
        )

    @cached_property
    def without_convolution(self) -> str | None:
        """The warning for a network without convolutions, or None if no rule is for these alone."""
        convolutions = [rule for selector, rule in self._stated if selector.kinds == {Kind.CONVOLUTION}]
        others = [rule for selector, rule in self._stated if selector.kinds != {Kind.CONVOLUTION}]
        idle = [rule for rule in convolutions if rule not in others]
        if not idle or self.names_ops:
            return None
        name = type(self).__name__
        but = ", with the flat rule at the input" if name.endswith("Flat") else ""
        return (
            f"{name} should meet a convolution, which alone gets {', '.join(map(repr, idle))}. Found none, "
            f"so that the map is that of presets.Epsilon(){but}. Choose that preset, presets.AttnLRP() for a "
            "transformer, or a rule for linear layers: "
            "[(select.kind(select.Kind.LINEAR), rules.Gamma(0.25))]."
        )

    def __getstate__(self) -> dict[str, Any]:
        """The settings alone: selectors cannot be pickled."""
        return {setting.name: getattr(self, setting.name) for setting in fields(self)}

    @abstractmethod
    def entries(self) -> Sequence[Entry]:
        """The selectors and their rules, in order."""

    def assign(self, calls: Sequence[Call], facts: Facts) -> Assignment:
        """Choose the rule of each call, with the reason for it.

        Args:
            calls: Every call of a forward pass.
            facts: Facts about its calls, from the graph.

        Raises:
            RuleError: If a rule is for the first op behind an input only and this is another, or an entry
                means nothing but ops that its rule cannot serve.
        """
        positions = _Positions(facts)
        served: set[int] = set()
        misfits: dict[int, Call] = {}
        assignment: dict[Call, Choice] = {}
        for call in calls:
            # products, norms and the like have one way of their own where a difference is explained
            if facts.compared and (call.kind in _SHARED_EXACTLY or not call.accepts):
                assignment[call] = _OF_DIFFERENCES[call.kind]
                continue
            choice = _DEFAULTS[call.kind]
            # an op with one way gets no rule; only a user's own selectors are checked against it
            if call.accepts or self.names_ops:
                position = positions.of(call)
                for number, (selector, rule) in enumerate(self._stated):
                    if not selector.matches(call, position):
                        continue
                    # the first entry whose rule the op can follow; one that it cannot may be meant for others
                    if isinstance(rule, call.accepts):
                        served.add(number)
                        choice = self._choices[number]
                        break
                    misfits.setdefault(number, call)
                if gives_beside(choice.rule) and call in facts.inputs and not position.at_input:
                    raise RuleError(_describe_misplaced(call, choice))
            assignment[call] = choice
        for number, call in misfits.items():
            if number not in served:
                raise RuleError(_describe_misfit(self._stated[number], call))
        return assignment

    def list_unmatched(self, calls: Sequence[Call], facts: Facts) -> list[str]:
        """Return the selectors that mean none of the calls, each with what there was to choose from."""
        positions = _Positions(facts)
        # a layer that was merged with a batch norm answers to its selectors in the merged call
        merged = {call.replaces for call in calls}
        calls = [call for call in calls if call not in merged]
        pairs = [(call, positions.of(call)) for call in calls]
        idle = [
            (selector, rule)
            for selector, rule in self._stated
            if not any(selector.matches(call, position) for call, position in pairs)
        ]
        return [_describe_unmatched(entry, calls) for entry in idle]


def _describe_unmatched(entry: Entry, calls: Sequence[Call]) -> str:
    selector, rule = entry
    able = [call for call in calls if isinstance(rule, call.accepts)]
    choice = f"among {describe_choice(selector, able)}" if able else f"as no op takes {rule!r}"
    return f"'{selector}' {choice}"


def _asks_for_input(rule: AbstractRule) -> bool:
    return isinstance(rule, Pass) or (isinstance(rule, AbstractAffineRule) and not rule.is_damping)


def _asks_for_gates(rule: AbstractRule, kinds: frozenset[Kind]) -> bool:
    """Return True if a rule may give a gate relevance, or share by a norm over gates and signal together."""
    if isinstance(rule, AbstractProductRule):
        return Kind.PRODUCT in kinds and not isinstance(rule, SignalTakesAll)
    if isinstance(rule, AbstractAffineRule):
        return Kind.LINEAR in kinds and not rule.stabilizer.is_elementwise
    return False


def _asks_for_steps(rule: AbstractRule, selector: AbstractSelector) -> bool:
    """Return True if a rule may serve single steps of a recurrent network, or do more than damping there."""
    is_damping = isinstance(rule, AbstractAffineRule) and rule.is_damping
    return Kind.LINEAR in selector.kinds and (selector.tells_steps or not is_damping)


def _describe_misplaced(call: Call, choice: Choice) -> str:
    return (
        f"{type(choice.rule).__name__} should serve the first op behind an input, with nothing but moves and "
        "constant shifts and scales between: it gives relevance to inputs that are zero. "
        f"Found {call.name} in module {call.module!r} by the selector '{choice.why}'. Try select.at_input()."
    )


def _describe_misfit(entry: Entry, call: Call) -> str:
    selector, rule = entry
    accepted = (
        " or ".join(sorted(kind.__name__.removeprefix("Abstract") for kind in call.accepts)) or "no rule"
    )
    return (
        f"{call.name} should get {accepted}. Found {rule!r} for {call.name} in module {call.module!r}. "
        f"Narrow the selector '{selector}'."
    )


DEFAULT_RULES: dict[Kind, AbstractRule] = {
    Kind.PRODUCT: DEFAULT_PRODUCT_RULE,
    Kind.ATTENTION: DEFAULT_PRODUCT_RULE,
}
"""The rules of ops that a composite does not mention."""

_NO_MATCH = "no selector matches: plain gradient"

_WORDS = {
    Kind.ACTIVATION: "activation: relevance passes unchanged",
    Kind.NORMALIZATION: "normalization: statistics are constants",
    Kind.SCALING: "scaling: the divisor is a constant",
    Kind.PRODUCT: "default for products",
    Kind.ATTENTION: "default for products",
    Kind.SOFTMAX: "softmax: plain gradient",
    Kind.ROUTING: "routing: plain gradient",
    Kind.EMBEDDING: "embedding",
    Kind.IDENTITY: "switched off while explaining",
    Kind.STOPPED: "counts as a constant: relevance stops",
    Kind.UNKNOWN: "no rule known: plain gradient",
}

_DEFAULTS = {kind: Choice(DEFAULT_RULES.get(kind), _WORDS.get(kind, _NO_MATCH)) for kind in Kind}
"""The choice for an op that no entry means."""


_SHARED_EXACTLY = frozenset({Kind.PRODUCT, Kind.ATTENTION})
"""Ops whose difference is shared exactly, whatever the rules say about relevance against zero."""

_OF_DIFFERENCES = _DEFAULTS | {
    kind: Choice(None, words)
    for kind, words in {
        Kind.ACTIVATION: "difference: slope of the secant",
        Kind.NORMALIZATION: "difference: written out",
        Kind.PRODUCT: "difference: each factor beside the mean of the others",
        Kind.ATTENTION: "difference: written out",
        Kind.SOFTMAX: "difference: written out",
        Kind.ROUTING: "difference: moves, sums and maxima, exactly",
        Kind.UNKNOWN: "difference: no exact way known, plain gradient",
    }.items()
}
"""The choice for an op of a difference that follows no rule."""


class _Positions:
    """The position of each call of a forward pass, as selectors see it.

    Args:
        facts: Facts about its calls, from the graph.
    """

    def __init__(self, facts: Facts) -> None:
        """Number the affine calls."""
        self._facts = facts
        self._numbers = {call: number for number, call in enumerate(facts.affine)}

    def of(self, call: Call) -> Position:
        """Return the position of a call."""
        facts, numbers = self._facts, self._numbers
        return Position(numbers.get(call), len(numbers), call in facts.first, call in facts.at_input)
