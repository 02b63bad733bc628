"""The softmax or sigmoid at the end of a network, and the logits in front of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from lrprism._errors import ModelError
from lrprism.attribution.output import float_parts
from lrprism.ops import TABLE, AbstractOp, Recorder, call_of, name_of, sources_of

BEFORE = frozenset({"before softmax", "before sigmoid"})
"""What ``output=`` says to explain the logits in front of the end of a network."""

_ENDS = {
    "SoftmaxBackward": "softmax",
    "LogSoftmaxBackward": "log_softmax",
    "SigmoidBackward": "sigmoid",
    "LogSigmoidBackward": "logsigmoid",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "sigmoid": "sigmoid",
    "expit": "sigmoid",
    "logsigmoid": "logsigmoid",
    "log_sigmoid_forward": "logsigmoid",
}
"""Ends by the name of their node in the autograd graph, or of their op."""

_FINISHES = frozenset({
    "log", "log2", "log10", "exp", "clamp", "clamp_max", "clamp_min", "clip",
    "LogBackward", "ExpBackward", "ClampBackward", "ClampMinBackward", "ClampMaxBackward",
})  # fmt: skip
"""What often follows a softmax and belongs to it: ``softmax(z).clamp(1e-7).log()``."""

_KEEPS = frozenset({"AliasBackward", "CloneBackward", "ToCopyBackward", "CopyBackwards"})
_RESHAPES = frozenset({
    "ReshapeAliasBackward", "SqueezeBackward", "UnsafeViewBackward", "UnsqueezeBackward", "ViewBackward",
})  # fmt: skip
_OTHER_MOVES = frozenset({
    "AsStridedBackward", "CopySlices", "ExpandBackward", "FlipBackward", "GatherBackward", "IndexBackward",
    "IndexSelectBackward", "PermuteBackward", "SelectBackward", "SliceBackward", "SplitBackward",
    "SplitWithSizesBackward", "TBackward", "TransposeBackward", "UnbindBackward",
})  # fmt: skip
_MOVES = _KEEPS | _RESHAPES | _OTHER_MOVES


class End(NamedTuple):
    """The softmax or sigmoid at the end of a network.

    Args:
        name: ``softmax``, ``log_softmax``, ``sigmoid`` or ``logsigmoid``.
        node: Its node in the autograd graph.
        behind: The nodes between it and the output, the last one first: they only move entries.
    """

    name: str
    node: Any
    behind: Sequence[Any]

    @property
    def is_softmax(self) -> bool:
        """Whether the classes compete, so that relevance follows the gradient."""
        return self.name in {"softmax", "log_softmax"}


def find_end(output: Tensor) -> End | None:
    """Return the softmax or sigmoid that made an output, or None; what only moves entries is looked through.

    Args:
        output: What a model returned, with its place in the autograd graph.
    """
    node: Any = output.grad_fn
    behind: list[Any] = []
    while node is not None:
        name = _op_name(node)
        if name in _ENDS:
            return End(_ENDS[name], node, behind)
        sources = sources_of(node) if name in _MOVES or name in _FINISHES else []
        if len(sources) != 1:
            return None
        behind.append(node)
        (node,) = sources
    return None


def _op_name(node: Any) -> str:
    """The name of a node; of an activation that passes relevance on, the name of its op."""
    name = name_of(node)
    return str(node.op_name) if name == "_PassedBackward" else name


@final
@dataclass(frozen=True, eq=False)
class _Watched(AbstractOp):
    """An op whose input is remembered by the node that the op made.

    Args:
        kind: What the op does to relevance.
        name: The op's name.
        op: The op itself.
        inputs: Where the inputs are remembered.
    """

    op: AbstractOp
    inputs: dict[Any, Tensor]

    def run(
        self, recorder: Recorder, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """Run the op."""
        result = self.op.run(recorder, func, args, kwargs)
        made = result[0] if isinstance(result, tuple) else result
        if made.grad_fn is not None:
            self.inputs[made.grad_fn] = args[0] if args else kwargs.get("input", kwargs.get("self"))
        return result


@cache
def _softening_functions() -> dict[Any, AbstractOp]:
    return {function: op for function, op in TABLE.items() if op.name in _ENDS}


@dataclass(frozen=True, eq=False)
class Front:
    """Finds the logits in front of the end of a network, while that runs.

    Args:
        inputs: The input of each softmax and sigmoid, by the node that it made.
    """

    inputs: dict[Any, Tensor] = field(default_factory=dict)

    @property
    def ops(self) -> dict[Any, AbstractOp]:
        """The ops to watch, by their torch functions."""
        functions = _softening_functions()
        return {each: _Watched(op.kind, op.name, op, self.inputs) for each, op in functions.items()}

    def choose(self, returned: Any) -> Tensor:
        """Return the logits in front of the softmax or sigmoid that made an output.

        What the model does behind that, such as a reshape or a choice of columns, is done to the logits too,
        so that they have the shape of the output and an index means the same.

        Args:
            returned: What the model returned.

        Raises:
            ModelError: If nothing that it returned, or more than one thing, ends in a softmax or sigmoid.
        """
        # a view has the place in the graph of what in-place ops made of the tensor
        parts = [each.view_as(each) for each in float_parts(returned)]
        found_ends = map(find_end, parts)
        ends = [end for end in found_ends if end is not None and end.node in self.inputs]
        if len(ends) != 1:
            found = f"{len(ends)} of them" if ends else _describe(parts)
            raise ModelError(
                "output='before softmax' should meet one output that ends in a softmax or sigmoid. "
                f"Found {found}. Leave output= out, or choose a tensor of what the model returns."
            )
        (end,) = ends
        with torch._C.DisableTorchFunction():
            # a tensor of its own: what stands in its memory may be something else by now, after sigmoid_()
            logits = self.inputs[end.node].clone()
        for node in reversed(end.behind):
            logits = _repeat(node, logits, end.name)
        return logits


def _describe(parts: Sequence[Tensor]) -> str:
    """Say in which ops outputs end."""
    names = []
    for node in (each.grad_fn for each in parts):
        while node is not None and name_of(node) in _KEEPS | _RESHAPES:
            (node,) = sources_of(node)
        if node is not None:
            call = call_of(node)
            names.append(_op_name(node).removesuffix("Backward").lower() if call is None else call.name)
    return ", ".join(names) or "nothing that depends on the inputs"


def _repeat(node: Any, logits: Tensor, name: str) -> Tensor:
    """Do to the logits what a node did to the output of the softmax.

    Raises:
        ModelError: If it cannot be told what that was.
    """
    op = _op_name(node)
    if op in _KEEPS or op in _FINISHES:
        return logits
    if op in _RESHAPES:
        return logits.reshape(tuple(node._input_metadata[0].shape))
    match op:
        case "SelectBackward":
            return logits.select(_signed(node._saved_dim), _signed(node._saved_index))
        case "SliceBackward":
            rows = slice(_signed(node._saved_start), _signed(node._saved_end), node._saved_step)
            return logits[(*(slice(None),) * (_signed(node._saved_dim) % logits.dim()), rows)]
        case "PermuteBackward":
            return logits.permute([_signed(each) for each in node._saved_dims])
        case "TransposeBackward":
            return logits.transpose(_signed(node._saved_dim0), _signed(node._saved_dim1))
        case "TBackward":
            return logits.t()
        case "CopySlices" if tuple(node._input_metadata[0].shape) == logits.shape:
            return logits  # clamp_() wrote over all of it; what it wrote is read by the next case
        case "AsStridedBackward" if _is_reshape(node, logits):
            return logits.reshape(tuple(node._input_metadata[0].shape))
    raise ModelError(
        f"output='before softmax' should meet a {name} with nothing but reshapes, slices and type changes "
        f"behind it. Found {op.removesuffix('Backward').lower()}. Return the logits from the model."
    )


def _is_reshape(node: Any, logits: Tensor) -> bool:
    """Return True if a node reads all entries in the order of memory."""
    shape = tuple(node._input_metadata[0].shape)
    steps = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    return (
        math.prod(shape) == logits.numel()
        and tuple(node._saved_stride) == steps
        and not node._saved_storage_offset
    )


def _signed(number: int) -> int:
    """Read a number below zero, which autograd gives back without its sign."""
    return number - 2**64 if number >= 2**63 else number
