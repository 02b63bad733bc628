"""Moves, changes of type and roundings of a difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch

from lrprism.ops.counterpart import is_same
from lrprism.ops.differences.elementwise import Slope, follow_secant
from lrprism.ops.differences.op import AbstractDifference, Pair
from lrprism.ops.elementwise import ObservedRounding
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import detach_tensors, is_live, tensors_in
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.passing import pass_on


@final
class RoutingDifference(AbstractDifference):
    """An op that is linear: its own gradient is the rule, unless the two runs choose by other indices."""

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Run the op as it is."""
        counterpart, func, args, kwargs = pair
        pairs = zip(
            tensors_in((args, kwargs)), tensors_in((counterpart.args, counterpart.kwargs)), strict=True
        )
        chooses_alike = all(
            own.is_floating_point() or own.is_complex() or is_same(own, other) for own, other in pairs
        )
        recorder.record(self.kind if chooses_alike else Kind.UNKNOWN, self.name)
        return func(*args, **kwargs)


@final
class StepConversion(AbstractOp):
    """A change of type: linear, and of a comparison a step, whose difference is that of what was compared."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Convert."""
        mask, a = (
            recorder.compared.get(id(args[0]), (None, None)) if recorder.compared and args else (None, None)
        )
        result = func(*args, **kwargs)
        if a is None or mask is None or not result.is_floating_point() or result.shape != a.shape:
            if is_live(result):
                recorder.record(self.kind, self.name)
            return result
        call = recorder.record(Kind.ACTIVATION, "step")
        if recorder.counterpart is None:
            return pass_on(a, result, "step")
        a_r, value_r = recorder.reference_of(a), recorder.counterpart.result
        a = recorder.mark_input(call, a, a_r)
        return follow_secant(a, result, a_r, value_r, Slope(torch.zeros_like))


@final
@dataclass(frozen=True, eq=False)
class RoundingDifference(AbstractDifference):
    """Rounding to steps that follow from the numbers seen so far: the slope of the secant, else one.

    Args:
        op: The op.
    """

    op: ObservedRounding

    def compare(self, recorder: Recorder, pair: Pair) -> Any:
        """Round."""
        counterpart, func, args, kwargs = pair
        value = self.op.run(recorder, func, detach_tensors(args), kwargs)
        recorder.record(Kind.ACTIVATION, self.name)
        return follow_secant(args[0], value, counterpart.live[0], counterpart.result, Slope(torch.ones_like))
