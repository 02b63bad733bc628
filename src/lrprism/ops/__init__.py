"""One file per kind of op: how relevance passes it."""

from typing import Any

from lrprism.ops import batch_norm, convolution, linear, routing, scaled
from lrprism.ops.affine import call_of
from lrprism.ops.call import Call, Sinks
from lrprism.ops.kinds import Kind
from lrprism.ops.op import OVERWRITE, UNKNOWN, AbstractOp, Recorder, is_live, tensors_in

TABLE: dict[Any, AbstractOp] = {
    **routing.TABLE,
    **scaled.TABLE,
    **batch_norm.TABLE,
    **linear.TABLE,
    **convolution.TABLE,
}
"""Which op each torch function is."""

__all__ = [
    "OVERWRITE",
    "TABLE",
    "UNKNOWN",
    "AbstractOp",
    "Call",
    "Kind",
    "Recorder",
    "Sinks",
    "call_of",
    "is_live",
    "tensors_in",
]
