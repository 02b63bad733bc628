"""Rules for one part of a model, LRP-0 for what stands around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from lrprism.composites.composite import AbstractComposite, Entry
from lrprism.composites.matching import AbstractSelector, Position
from lrprism.composites.rule_list import suggest_composite
from lrprism.composites.selectors import kind, where
from lrprism.engine import Assignment, Facts
from lrprism.errors import RuleError
from lrprism.graph import walk_back
from lrprism.ops import Call, Kind, tape_of
from lrprism.rules import Epsilon, gives_beside


@final
@dataclass(frozen=True)
class Within(AbstractComposite):
    """The rules of a composite for the ops inside one module, LRP-0 for affine ops outside it.

    Use: preprocessing in front of a network, such as PCA. It is no layer that the network learnt: the rules
    and the counting (``first``, ``last``, ``position``) of ``inner`` belong to the network. Outside, other
    ops than affine ones go their default way.

    Args:
        path: Dotted path of the module, such as ``"network"``; submodules belong to it.
        inner: The composite for it.

    Raises:
        RuleError: If ``inner`` is no composite.

    Example:
        >>> from lrprism import presets
        >>> Within("network", presets.Epsilon(0))
        Within(path='network', inner=Epsilon(eps=0, bias=True))
    """

    path: str
    inner: AbstractComposite

    def __post_init__(self) -> None:
        """Check that there is a composite.

        Raises:
            RuleError: If there is another thing.
        """
        if not isinstance(self.inner, AbstractComposite):
            meant = suggest_composite(self.inner)
            is_preset = meant and not meant.startswith("[")
            raise RuleError(
                f"inner should be a composite such as presets.EpsilonGamma(). Found {self.inner!r}. "
                f"{f'Try {meant}' if is_preset else 'Wrap a list of (selector, rule) in Composite'}."
            )

    def entries(self) -> Sequence[Entry]:
        """Those of ``inner`` inside the module, LRP-0 for affine ops outside."""
        outside = where(lambda call, _: not self.holds(call), f"outside {self.path}", tells_steps=False)
        affine = kind(Kind.CONVOLUTION, Kind.LINEAR)
        inside: list[Entry] = [(self._inside(selector), rule) for selector, rule in self.inner.entries()]
        return [*inside, (outside & affine, Epsilon(0))]

    def assign(self, calls: Sequence[Call], facts: Facts) -> Assignment:
        """Choose the rule of each call, with the affine ops inside the module counted alone.

        Args:
            calls: Every call of a forward pass.
            facts: Facts about its calls, from the graph.

        Raises:
            RuleError: If no op happens inside the module, or a rule for the input only would serve its first
                op and that does not stand at the model's input, or an entry means nothing but ops that its
                rule cannot serve.
        """
        inside = [call for call in calls if self.holds(call)]
        if not inside:
            raise RuleError(
                f"path should name a module in which ops run. Found {self.path!r}, but ops in "
                f"{', '.join(sorted({call.module or '(model)' for call in calls}))}. "
                "Name one of these or a module around them."
            )
        # first, last and position count the affine ops of the module alone
        affine = [call for call in facts.affine if self.holds(call)]
        others = facts.first.difference(affine)
        facts = facts._replace(affine=affine, first=others | _find_first(affine, facts))
        self._refuse_input_rules(inside, facts)
        return super().assign(calls, facts)

    def holds(self, call: Call) -> bool:
        """Return True if a call happens in the module."""
        return call.module == self.path or call.module.startswith(f"{self.path}.")

    def _inside(self, selector: AbstractSelector) -> AbstractSelector:
        """The selector, for ops in the module alone."""
        return where(
            lambda call, place: self.holds(call) and selector.matches(call, place),
            f"{selector} in {self.path}",
            selector.kinds,
            tells_steps=selector.tells_steps,
        )

    def _refuse_input_rules(self, inside: Sequence[Call], facts: Facts) -> None:
        """Refuse a rule for the input that the module alone would have at its first op.

        Raises:
            RuleError: If something stands between the model's input and the module.
        """
        merged = {call.replaces for call in inside}
        ops = (call for call in inside if call.kind not in _TRANSPARENT and call not in merged)
        start = next(ops, None)
        # the module begins with another op than an affine one, or at the model's own input
        if start is None or start not in facts.affine or start in facts.at_input:
            return
        numbers = facts.affine.index(start), len(facts.affine)
        position = Position(*numbers, is_first=start in facts.first, at_input=True)
        matching = (rule for selector, rule in self._stated if selector.matches(start, position))
        rule = next((rule for rule in matching if isinstance(rule, start.accepts)), None)
        if gives_beside(rule):
            raise RuleError(
                f"{type(rule).__name__} should serve the first op behind the model's input, with nothing but "
                "moves and constant shifts and scales between: it gives relevance to inputs that are zero. "
                f"Found {start.name} in module {start.module!r}, with other ops between it and the input. "
                "Choose a composite without it, or explain the module alone on preprocessed data."
            )


_TRANSPARENT = frozenset({Kind.ROUTING, Kind.IDENTITY})
"""The kinds of op that may come before the first op of a module."""


def _find_first(affine: Sequence[Call], facts: Facts) -> set[Call]:
    """Return those of some affine calls that depend on none of the others."""
    others = set(affine)
    return {call for call in affine if not _depends_on(facts.inputs[call][0], others)}


def _depends_on(start: Any, calls: set[Call]) -> bool:
    """Return True if one of the calls made a node or anything that the node depends on."""
    tapes = (tape_of(node) for node in walk_back(start))
    return any(tape is not None and tape.call in calls for tape in tapes)
