"""The softmax or sigmoid at the end of a network, and the logits in front of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from lrprism.attribution.output import float_parts
from lrprism.errors import ModelError
from lrprism.graph import PASSED
from lrprism.ops import (
    TABLE,
    AbstractOp,
    Facet,
    Recorder,
    call_of,
    is_log_probability,
    is_softmax,
    name_of,
    names_with,
    sources_of,
)

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

_LINKS = {
    "exp": "exp",
    "softplus": "softplus",
    "hardsigmoid": "hardsigmoid",
    "ExpBackward": "exp",
    "SoftplusBackward": "softplus",
    "HardsigmoidBackward": "hardsigmoid",
}
"""Other ends that grow with a number of either sign and are never negative: what makes a count of a score."""

_FINISHES = frozenset({
    "log", "log2", "log10", "log1p", "exp", "clamp", "clamp_max", "clamp_min", "clip", "round", "nan_to_num",
    "LogBackward", "ExpBackward", "ClampBackward", "ClampMinBackward", "ClampMaxBackward",
})  # fmt: skip
"""What often follows a softmax and belongs to it: ``softmax(z).clamp(1e-7).log()``."""

_MOVES, _SCALES, _JOINS = (names_with(each) for each in (Facet.MOVES, Facet.SCALES, Facet.JOINS_GATES))
_MEANS = names_with(Facet.ADDS)
_KEEPS = names_with(Facet.MOVES | Facet.ELEMENTWISE | Facet.KEEPS_SIGN)
_RESHAPES = names_with(Facet.KEEPS_ORDER)
_LOOKED_THROUGH = _MOVES | _SCALES | _MEANS
_LIMIT = 64
"""How many tensors may be joined behind softmaxes."""


class End(NamedTuple):
    """The softmax or sigmoid at the end of a network, or what stands in its place for a regression.

    Args:
        name: ``softmax``, ``log_softmax``, ``sigmoid`` or ``logsigmoid``; ``exp`` (of any base), ``softplus``
            or ``hardsigmoid``.
        node: Its node in the autograd graph.
        behind: The nodes between it and the output, the last one first: they only move or scale entries.
        is_written_out: Whether it is written as exponentials over their sum.
    """

    name: str
    node: Any
    behind: Sequence[Any]
    is_written_out: bool = False

    @property
    def is_softmax(self) -> bool:
        """Whether the classes compete, so that relevance follows the gradient."""
        return self.name in {"softmax", "log_softmax"}

    @property
    def is_link(self) -> bool:
        """Whether no probabilities are made, but numbers above zero."""
        return self.name in _LINKS

    @property
    def is_scaled(self) -> bool:
        """Whether it is shifted or scaled behind."""
        return any(name_of(node) in _SCALES for node in self.behind)

    @property
    def has_front(self) -> bool:
        """Whether the logits in front can be explained in its place, unless a shape forbids it."""
        is_called = not (self.is_written_out or self.is_link)
        return is_called and all(_can_repeat(node, self) for node in self.behind)


def find_end(output: Tensor) -> End | None:
    """Return the softmax or sigmoid that made an output, or None; moves, scales and means are looked through.

    Args:
        output: What a model returned, with its place in the autograd graph.
    """
    return None if output.grad_fn is None else _end_behind(output.grad_fn, _LIMIT)


def _end_behind(node: Any, limit: int) -> End | None:
    """Return the end that made what a node made; where several tensors are joined, all must have one."""
    behind: list[Any] = []
    link: End | None = None
    while True:
        name = _op_name(node)
        if name in _ENDS:
            return End(_ENDS[name], node, behind)
        if is_softmax(node) or name == "logistic":
            return End("sigmoid" if name == "logistic" else "softmax", node, behind, is_written_out=True)
        sources = sources_of(node)
        if name == "SubBackward" and is_log_probability(node):
            return End("log_softmax", node, behind, is_written_out=True)
        if name in _LINKS and link is None:
            link = End(_LINKS[name], node, tuple(behind))
        behind.append(node)
        if len(sources) > 1 and name in _JOINS and len(sources) <= limit:
            ends = [_end_behind(source, limit // len(sources)) for source in sources]
            first, *others = ends
            return (
                link if first is None or None in others else first._replace(behind=[*behind, *first.behind])
            )
        if len(sources) != 1 or not (name in _LOOKED_THROUGH or name in _FINISHES):
            return link
        (node,) = sources


def _op_name(node: Any) -> str:
    """The name of a node; of an activation that passes relevance on, the name of its op."""
    name = name_of(node)
    return str(node.op_name) if name == PASSED else name


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
        found_ends = [end for each in parts if (end := find_end(each)) is not None]
        ends = [end for end in found_ends if end.node in self.inputs]
        if len(ends) != 1:
            if any(end.is_written_out for end in found_ends):
                raise ModelError(
                    "output='before softmax' should meet a softmax or sigmoid that is called by its name. "
                    "Found one that is written as exponentials. Return the logits from the model, or write "
                    "torch.softmax, torch.log_softmax or torch.sigmoid there."
                )
            found = f"{len(ends)} of them" if ends else _describe(parts)
            way_out = "Return the logits from the model" + ("" if ends else ", or leave output= out")
            raise ModelError(
                "output='before softmax' should meet one output that ends in a softmax or sigmoid. "
                f"Found {found}. {way_out}."
            )
        (end,) = ends
        with torch._C.DisableTorchFunction():
            # a tensor of its own: what stands in its memory may be something else by now, after sigmoid_()
            logits = self.inputs[end.node].clone()
        for node in reversed(end.behind):
            logits = _repeat(node, logits, end)
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


_REPEATED = frozenset({
    "SelectBackward", "SliceBackward", "PermuteBackward", "TransposeBackward", "TBackward", "CopySlices",
    "AsStridedBackward", "FlipBackward",
})  # fmt: skip
"""Moves that :func:`_move` knows, besides those that keep the entries in order."""


def _can_repeat(node: Any, end: End) -> bool:
    """Whether logits have a counterpart to what a node did to the output of their softmax or sigmoid."""
    name = _op_name(node)
    if name in _SCALES:
        sign = _sign_of(node)
        return sign == 1 or (sign == -1 and not end.is_softmax)
    return name in _KEEPS or name in _FINISHES or name in _RESHAPES or name in _REPEATED


def _repeat(node: Any, logits: Tensor, end: End) -> Tensor:
    """Do to the logits what a node did to the output of the softmax or sigmoid.

    A shift and a scale above zero are left out. One below zero turns a logit round, as 1 - sigmoid(z) is
    sigmoid(-z).

    Raises:
        ModelError: If it cannot be told what that was.
    """
    op = _op_name(node)
    shape = tuple(node._input_metadata[0].shape)
    if op in _KEEPS or op in _FINISHES:
        return logits
    if op in _SCALES and shape == logits.shape and _can_repeat(node, end):
        return logits if _sign_of(node) == 1 else -logits
    moved = _move(node, op, logits, shape)
    if moved is not None:
        return moved
    raise ModelError(
        f"output='before softmax' should meet a {end.name} with nothing but reshapes, slices, type changes "
        "and scales that turn no class round behind it. "
        f"Found {op.removesuffix('Backward').lower()}. Return the logits from the model."
    )


def _move(node: Any, op: str, logits: Tensor, shape: tuple[int, ...]) -> Tensor | None:
    """Move logits as a node moved the output of the softmax; None if it did something else.

    Args:
        node: The node.
        op: What it is called.
        logits: The logits.
        shape: What it made of the softmax is of this shape.
    """
    if op in _RESHAPES:
        return logits.reshape(shape)
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
        case "FlipBackward":
            return logits.flip([_signed(each) for each in node._saved_dims])
        case "CopySlices" if shape == logits.shape:
            return logits  # clamp_() wrote over all of it; what it wrote is read by the next case
        case "AsStridedBackward" if _is_reshape(node, logits):
            return logits.reshape(shape)
    return None


def _sign_of(node: Any) -> int | None:
    """The sign by which a node scales its one live input; None where that cannot be told, or differs."""
    if len(sources_of(node)) != 1:
        return None
    place = next(place for place, (source, _) in enumerate(node.next_functions) if source is not None)
    match name_of(node):
        case "AddBackward":
            return 1 if place == 0 or node._saved_alpha > 0 else None
        case "SubBackward":
            return 1 if place == 0 else (-1 if node._saved_alpha > 0 else None)
        case "NegBackward" | "RsubBackward":
            return -1
        case "MulBackward" | "DivBackward" if place == 0 or name_of(node) == "MulBackward":
            factor = node._saved_other if place == 0 else node._saved_self
            return _common_sign(factor)
    return None


def _common_sign(factor: Any) -> int | None:
    """The sign that all numbers of a constant have, or None."""
    if not isinstance(factor, Tensor):
        factor = torch.as_tensor(factor)
    if factor.is_complex():
        return None
    if bool((factor > 0).all()):
        return 1
    return -1 if bool((factor < 0).all()) else None


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
