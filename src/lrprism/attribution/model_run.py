"""One run of a model under the engine, checked, with a rule for every op."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor, nn

from lrprism.attribution.cautions import warn, warn_of_unknown
from lrprism.attribution.failures import explain_failures
from lrprism.attribution.inputs import ParsedInputs, is_one_argument
from lrprism.attribution.layers import NO_LAYERS, Layers
from lrprism.attribution.logits import BEFORE, LogitsFinder
from lrprism.attribution.output import Output, check_dependence, choose_output
from lrprism.attribution.own_ops import UserOps
from lrprism.attribution.pitfalls import describe_differing, describe_randomness
from lrprism.composites import AbstractComposite, Composite
from lrprism.engine import Assignment, Facts, Request, Trace
from lrprism.engine import trace as trace_model


class ModelRunner(NamedTuple):
    """Runs a model under the engine.

    Args:
        model: The model.
        composite: Who gets which rule.
        strict: Whether to refuse ops without a rule.
        user_ops: The ops that a user gives to functions.
        compared: The kinds of inputs whose output was compared with that of a plain call; a run adds its own.
    """

    model: nn.Module
    composite: AbstractComposite
    strict: bool
    user_ops: UserOps
    compared: set[tuple[Any, ...]]

    @contextmanager
    def trace(
        self,
        parsed: ParsedInputs,
        output: Output,
        layers: Layers,
        *,
        reference: tuple[Tensor, ...] | None = None,
        audit: bool = False,
        say: Callable[[str], None] = warn,
    ) -> Iterator[tuple[Trace, Facts, Assignment]]:
        """Run the model, give every op its rule and yield the forward pass; settle it in the end."""
        forward_pass = self._run(parsed, output, layers, reference=reference, audit=audit)
        try:
            # mistakes of the user first, which the graph would not explain
            layers.check_run(forward_pass)
            parsed.check_reached(reaches_inputs(parsed, forward_pass))
            check_dependence(forward_pass.output)
            facts = forward_pass.collect_facts()
            assignment = self.composite.assign(forward_pass.calls, facts)
            self._warn(forward_pass, facts, say)
            yield forward_pass, facts, assignment
        finally:
            forward_pass.settle()

    def _warn(self, forward_pass: Trace, facts: Facts, say: Callable[[str], None]) -> None:
        """Warn of what a forward pass shows about the ops, the composite and the model."""
        without_op = warn_of_unknown(forward_pass, facts, say, strict=self.strict)
        for message in self.user_ops.describe_idle(forward_pass, without_op):
            say(message)
        for warning in (describe_randomness(forward_pass, self.model), describe_differing(forward_pass)):
            if warning is not None:
                say(warning)
        # a preset's selectors may mean nothing in a network; a user's are meant to
        if isinstance(self.composite, Composite):
            idle = self.composite.list_unmatched(forward_pass.calls, facts)
            if idle:
                say(
                    f"selectors should mean at least one op. Found none for {'; none for '.join(idle)}. "
                    "See print(explainer.plan(inputs))."
                )

    def run_for_output(self, parsed: ParsedInputs, output: Output) -> Tensor:
        """Run the model for its output alone."""
        forward_pass = self._run(parsed, output, NO_LAYERS, audit=False)
        forward_pass.settle()
        return forward_pass.output.detach()

    def _run(
        self,
        parsed: ParsedInputs,
        output: Output,
        layers: Layers,
        *,
        reference: tuple[Tensor, ...] | None = None,
        audit: bool,
    ) -> Trace:
        """Run the model, and say what does not fit if it fails."""
        finder = LogitsFinder() if isinstance(output, str) and output in BEFORE else None
        # comparing with a plain call runs the model once more: once for each kind of input is enough
        with explain_failures(self.model, parsed):
            return trace_model(
                self.model,
                parsed.tensors,
                partial(parsed.arguments, is_one=is_one_argument(self.model, parsed)),
                self.user_ops.ops if finder is None else {**self.user_ops.ops, **finder.ops},
                Request(
                    choose=finder.choose if finder else lambda returned: choose_output(returned, output),
                    layers=layers.paths,
                    nonnegative=parsed.nonnegative,
                    needs=self.composite.needs,
                    audit=audit,
                    compare=(audit or self.strict) and self._is_new(parsed),
                    reference=reference,
                ),
            )

    def _is_new(self, parsed: ParsedInputs) -> bool:
        """Return True the first time inputs of this shape, type and device come."""
        kind = (self.model.training, *((x.shape[1:], x.dtype, x.device) for x in parsed.tensors))
        is_new = kind not in self.compared
        self.compared.add(kind)
        return is_new


def reaches_inputs(parsed: ParsedInputs, forward_pass: Trace) -> list[bool]:
    """Return for each input whether relevance can reach it: floats, and token ids that were looked up."""
    floats = [x.is_floating_point() for x in parsed.tensors]
    tokens = set() if all(floats) else forward_pass.tokens_seen
    return [is_float or number in tokens for number, is_float in enumerate(floats)]
