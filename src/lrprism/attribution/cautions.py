"""Warnings about maps that are right by the formulas and still not what a reader takes them for."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from lrprism.attribution.arrival import sum_magnitudes, sum_relevance, sum_samples
from lrprism.attribution.ends import find_end
from lrprism.attribution.finite import check_finite
from lrprism.attribution.pitfalls import FLAT, describe_end, describe_idle, describe_outside, is_flat_map
from lrprism.attribution.seeds import Target
from lrprism.attribution.target import Side
from lrprism.composites import AbstractComposite
from lrprism.engine import Assignment, Facts, Relevances, Trace
from lrprism.errors import ModelError, RelevanceWarning, TargetError
from lrprism.ops import Kind
from lrprism.rules import Flat, ZBox, gives_beside

_LEAST_SHARE = 0.01
"""The share of the explained output that should arrive at the inputs."""


def warn(message: str) -> None:
    """Warn, pointing at the first line outside the library."""
    # warnings.warn counts frames from here, so stacklevel is found by walking out of the library
    depth, frame = 1, sys._getframe()
    # the library, and the frames between its context managers
    inside = ("lrprism.", "contextlib")
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(inside):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, RelevanceWarning, stacklevel=depth)


def warn_of_unknown(
    forward_pass: Trace, facts: Facts, say: Callable[[str], None], *, strict: bool
) -> list[str]:
    """Say which ops have no rule, or refuse them; return their names.

    Args:
        forward_pass: The forward pass.
        facts: What is known about its calls.
        say: Warns.
        strict: Whether to refuse ops without a rule.

    Raises:
        ModelError: If there are any and ``strict``.
    """
    calls = [call for call in forward_pass.calls if call.kind is Kind.UNKNOWN]
    if not calls and not facts.unseen:
        return []
    reached = set(forward_pass.list_reached(facts))
    calls = [call for call in calls if call in reached]
    without_op = [call.name for call in calls] + list(facts.unseen)
    names = sorted({f"{call.name} in {call.module or '(model)'}" for call in calls})
    names += [f"{name} (cannot be seen)" for name in facts.unseen]
    if not names:
        return without_op
    way_out = (
        "Write what torch.func calls as plain torch calls on a batch"
        if "torch.func" in facts.unseen
        else "Give a torch function or an autograd.Function an op: "
        "LRP(model, ops={function: lrprism.ops.own.activation('its name')})"
    )
    message = (
        f"no rule is known for {', '.join(names)}: the plain gradient is used there, and relevance may not "
        f"be conserved. {way_out}"
    )
    if strict:
        raise ModelError(f"every op should have a rule (strict=True), but {message}.")
    say(message)
    return without_op


class Cautions:
    """The warnings of one call of ``explain``: each of them once, also where it runs in batches.

    Args:
        composite: Who gets which rule.
        is_chosen: Whether the user chose it; nobody is told that a default does not fit.
    """

    def __init__(self, composite: AbstractComposite, *, is_chosen: bool) -> None:
        """Start with nothing said."""
        self._composite = composite
        self._is_chosen = is_chosen
        self._said: set[str] = set()
        self._explained = self._arrived = 0.0

    def say(self, message: str, topic: str | None = None) -> None:
        """Warn, unless this topic was spoken of already."""
        topic = topic or message
        if topic not in self._said:
            self._said.add(topic)
            warn(message)

    def say_if(self, message: str | None, topic: str) -> None:
        """Warn, if there is anything to warn of."""
        if message is not None:
            self.say(message, topic)

    def check_forward(
        self, forward_pass: Trace, facts: Facts, assignment: Assignment, target: Target, *, is_part: bool
    ) -> None:
        """Check the output, the composite and the inputs before relevance flows.

        Args:
            forward_pass: The forward pass.
            facts: What is known about its calls.
            assignment: Their rules.
            target: The part of its output that is explained.
            is_part: Whether the output is what a function in ``output=`` made of the model's.

        Raises:
            TargetError: If the sides of a logit are asked for where the output is no logit.
        """
        end = find_end(forward_pass.output)
        if end is not None:
            # a probability has no sign that tells the sides apart; a shifted one, such as p - 0.5, does
            if isinstance(target, Side) and not (end.is_softmax or end.is_scaled):
                raise TargetError(
                    "lp.target.side() takes the side from the sign of a logit. Found an output that "
                    f"{end.name} made, whose sign is always the same. "
                    + (
                        "Try output='before sigmoid'."
                        if end.has_front
                        else "Return the logit from the model."
                    )
                )
            self.say(describe_end(end, is_part=is_part), "end")
        # a default that does not fit is nobody's mistake
        if self._is_chosen and (message := describe_idle(self._composite, facts.affine)):
            self.say(message, "convolution")
        elif (
            self._is_chosen
            and (message := self._composite.without_input)
            and facts.affine
            and not any(gives_beside(assignment[call].rule) for call in facts.affine)
        ):
            self.say(message, "input")
        for call in facts.affine:
            rule = assignment[call].rule
            if not isinstance(rule, ZBox) or call not in facts.at_input:
                continue
            if message := describe_outside(rule, call, facts):
                self.say(message, "box")

    def check_arrival(
        self,
        model: nn.Module,
        forward_pass: Trace,
        seeds: Sequence[Tensor],
        relevances: Relevances,
        facts: Facts,
        assignment: Assignment,
    ) -> None:
        """Compare the relevance that arrived with the explained output.

        One sum of each is nearly always enough. Only where they disagree are they compared sample by sample,
        because sums over a batch cancel.

        Args:
            model: The model.
            forward_pass: The forward pass.
            seeds: The seeds at the output.
            relevances: The relevance that arrived.
            facts: What is known about the calls.
            assignment: Their rules.

        Raises:
            ModelError: If the output or relevance holds NaN or inf.
        """
        output = forward_pass.change
        explained = arrived = layers = 0.0
        for seed, inputs, outputs in zip(seeds, relevances.inputs, relevances.layers, strict=True):
            explained += sum_magnitudes(output * seed)
            arrived += abs(sum_relevance(inputs))
            layers += sum_relevance(outputs) if outputs else 0.0
        # NaN and inf come through every sum
        if not math.isfinite(explained + arrived + layers):
            tensors = [x for tensors in (*relevances.inputs, *relevances.layers) for x in tensors]
            check_finite(model, output, seeds, tensors)
        if not arrived >= _LEAST_SHARE * explained:
            explained, arrived = sum_samples(output, seeds, relevances.inputs)
        self._explained += explained
        self._arrived += arrived
        for call in facts.affine:
            is_flat = isinstance(assignment[call].rule, Flat) and call in facts.at_input
            if is_flat and any(map(is_flat_map, relevances.inputs[0])):
                self.say(FLAT, "flat")

    def check_total(self) -> None:
        """Warn if next to nothing of the explained output arrived, summed over all batches."""
        if self._arrived < _LEAST_SHARE * self._explained:
            self.say(
                f"at least {_LEAST_SHARE:.0%} of what is explained should arrive at the inputs. Found "
                f"{self._arrived:.3g} of {self._explained:.3g}, summed over samples without their sign: the "
                "map says little about the model. Biases, detach() or an eps that is large beside the output "
                "may keep the rest. See where it stayed: print(explain(..., audit=True).audit)."
            )
