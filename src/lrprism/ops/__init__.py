"""One file per kind of op: how relevance passes it."""

from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import Any

from lrprism.ops import (
    attention,
    batch_norm,
    clamping,
    composed,
    convolution,
    degrees,
    elementwise,
    embedding,
    grouped_norm,
    linear,
    own,
    pooling,
    products,
    recurrent,
    routing,
    triangular,
)
from lrprism.ops.affine.function import InputGoneError, ends_of, is_written_once, producer_of
from lrprism.ops.call import Call, Needs
from lrprism.ops.counterpart import Counterpart, is_same
from lrprism.ops.differences.elementwise import Secant
from lrprism.ops.differences.table import difference_of
from lrprism.ops.kinds import Kind
from lrprism.ops.names import builtin_named, every_name_of, functions_named, packet_of
from lrprism.ops.nested import (
    detach_tensors,
    exchange_tensors,
    is_live,
    map_live,
    map_tensors,
    tensors_in,
    tensors_in_result,
)
from lrprism.ops.op import (
    INSIDE,
    OVERWRITE,
    UNKNOWN,
    AbstractOp,
    ComposedOp,
    Recorder,
)
from lrprism.ops.products import DEFAULT_PRODUCT_RULE
from lrprism.ops.recurrent import RecurrentOp
from lrprism.ops.routing import MOVING, Rectifier
from lrprism.ops.softmax import is_log_probability, is_softmax
from lrprism.ops.tape import Sinks, Tape, tape_of

TABLE: dict[Any, AbstractOp] = {
    **routing.TABLE,
    **elementwise.TABLE,
    **pooling.TABLE,
    **batch_norm.TABLE,
    **grouped_norm.TABLE,
    **linear.TABLE,
    **convolution.TABLE,
    **products.TABLE,
    **attention.TABLE,
    **recurrent.TABLE,
    **embedding.TABLE,
    **degrees.TABLE,
    **composed.TABLE,
    **clamping.TABLE,
    **triangular.TABLE,
}
"""Which op each torch function is."""


OwnOps = Mapping[Callable[..., Any], AbstractOp]
"""Ops that a user adds for torch functions outside the table."""


@cache
def op_of(func: Callable[..., Any]) -> AbstractOp:
    """Return what to do at a torch function or at an ``aten`` op of an exported program."""
    if func in TABLE:
        return TABLE[func]
    packet = packet_of(func)
    if packet is not None:
        return TABLE.get(packet) or TABLE.get(builtin_named(packet.__name__), UNKNOWN)
    return INSIDE if isinstance(func, FunctionType) and func.__module__.startswith("torch.") else UNKNOWN


__all__ = [
    "DEFAULT_PRODUCT_RULE",
    "INSIDE",
    "MOVING",
    "OVERWRITE",
    "TABLE",
    "AbstractOp",
    "Call",
    "ComposedOp",
    "Counterpart",
    "InputGoneError",
    "Kind",
    "Needs",
    "OwnOps",
    "Recorder",
    "Rectifier",
    "RecurrentOp",
    "Secant",
    "Sinks",
    "Tape",
    "builtin_named",
    "detach_tensors",
    "difference_of",
    "ends_of",
    "every_name_of",
    "exchange_tensors",
    "functions_named",
    "is_live",
    "is_log_probability",
    "is_same",
    "is_softmax",
    "is_written_once",
    "map_live",
    "map_tensors",
    "op_of",
    "own",
    "packet_of",
    "producer_of",
    "tape_of",
    "tensors_in",
    "tensors_in_result",
]
