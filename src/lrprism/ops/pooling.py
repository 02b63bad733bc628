"""Average pooling: a linear op without weights, which LRP-ε can damp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import DAMPED, OwnFunction, entry_of
from lrprism.ops.counterpart import Ends
from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.tape import Tape
from lrprism.rules import Epsilon


class _Damped(OwnFunction):
    """The identity on ``z``; backward ``g * z / st(z)``, LRP-ε of an op without weights."""

    node_name = DAMPED

    @staticmethod
    def forward(ctx: Any, z: Tensor, tape: Tape) -> Tensor:
        ctx.save_for_backward(z)
        ctx.damping = tape
        return z.detach()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        (g,) = grad_outputs
        tape: Tape = ctx.damping
        rule = tape.rule
        if not isinstance(rule, Epsilon) or rule.stabilizer.changes_nothing:
            return g, None
        (z,) = ctx.saved_tensors
        z = z if tape.reference is None else z - tape.reference.z
        s = rule.stabilizer.damp(g, z)
        if tape.sinks is not None:
            tape.sinks.stabilizer += ((rule.stabilizer(z) - z) * s).sum(dtype=torch.float64)
        return s, None


_damp = entry_of(_Damped)


@final
class AveragePooling(AbstractOp):
    """A mean over positions."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the mean; the rule of the call damps its gradient."""
        z = func(*args, **kwargs)
        # of constants, or of integers
        if not is_live(z):
            return z
        tape = recorder.start_tape(self.kind, self.name, (Epsilon,))
        if recorder.counterpart is not None:
            tape.reference = Ends(z.detach(), recorder.counterpart.result)
        # behind the mean, whose own gradient spreads what the damping lets through
        return _damp(z, tape)


_MEANS = """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d mean
    _adaptive_avg_pool2d _adaptive_avg_pool3d
"""

TABLE = build_table(_MEANS, AveragePooling, Kind.AVERAGE_POOLING)
