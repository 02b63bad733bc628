"""Moves of entries behind a softmax or sigmoid, repeated on its logits."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from lrprism.errors import ModelError
from lrprism.graph.facets import Facet, names_with
from lrprism.graph.nodes import name_of, op_name_of, sources_of

_FINISHING_OPS = "log log2 log10 log1p exp clamp clamp_max clamp_min clip round nan_to_num"
FINISHES = names_with(Facet.FINISHES) | set(_FINISHING_OPS.split())
"""Nodes and ops that often follow a softmax and belong to it: ``softmax(z).clamp(1e-7).log()``."""

SCALES = names_with(Facet.SCALES)
KEEPS = names_with(Facet.MOVES | Facet.ELEMENTWISE | Facet.KEEPS_SIGN)
RESHAPES = names_with(Facet.KEEPS_ORDER)

_REPEATED = frozenset({
    "SelectBackward", "SliceBackward", "PermuteBackward", "TransposeBackward", "TBackward", "CopySlices",
    "AsStridedBackward", "FlipBackward",
})  # fmt: skip
"""Moves that :func:`_move` knows, besides those that keep the entries in order."""


def can_repeat(node: Any, *, is_softmax: bool) -> bool:
    """Return True if what a node did to a softmax or sigmoid can be done to its logits."""
    name = op_name_of(node)
    if name in SCALES:
        sign = _sign_of(node)
        return sign == 1 or (sign == -1 and not is_softmax)
    return name in KEEPS or name in FINISHES or name in RESHAPES or name in _REPEATED


def repeat(node: Any, logits: Tensor, end: str, *, is_softmax: bool) -> Tensor:
    """Do to the logits what a node did to the output of the softmax or sigmoid.

    A shift and a scale above zero are left out. One below zero turns a logit round, as 1 - sigmoid(z) is
    sigmoid(-z).

    Args:
        node: The node.
        logits: The logits.
        end: The name of the softmax or sigmoid.
        is_softmax: Whether the classes compete in it.

    Raises:
        ModelError: If it cannot be told what that was.
    """
    op = op_name_of(node)
    shape = tuple(node._input_metadata[0].shape)
    # log, clamp and the like: monotonic, so the class that is ahead stays ahead
    if op in KEEPS or op in FINISHES:
        return logits
    if op in SCALES and shape == logits.shape and can_repeat(node, is_softmax=is_softmax):
        return logits if _sign_of(node) == 1 else -logits
    moved = _move(node, op, logits, shape)
    if moved is not None:
        return moved
    raise ModelError(
        f"output='before softmax' should meet a {end} with nothing but reshapes, slices, type changes "
        "and scales that turn no class round behind it. "
        f"Found {op.removesuffix('Backward').lower()}. Return the logits from the model."
    )


def _move(node: Any, op: str, logits: Tensor, shape: tuple[int, ...]) -> Tensor | None:
    """Move logits as a node moved the output of the softmax; return None if it did something else.

    Args:
        node: The node, whose ``_saved_*`` attributes are the arguments of the op.
        op: The name of its op.
        logits: The logits.
        shape: The shape of what it made of the softmax.
    """
    if op in RESHAPES:
        return logits.reshape(shape)
    match op:
        case "SelectBackward":
            return logits.select(_read_signed(node._saved_dim), _read_signed(node._saved_index))
        case "SliceBackward":
            rows = slice(_read_signed(node._saved_start), _read_signed(node._saved_end), node._saved_step)
            return logits[(*(slice(None),) * (_read_signed(node._saved_dim) % logits.dim()), rows)]
        case "PermuteBackward":
            return logits.permute([_read_signed(axis) for axis in node._saved_dims])
        case "TransposeBackward":
            return logits.transpose(_read_signed(node._saved_dim0), _read_signed(node._saved_dim1))
        case "TBackward":
            return logits.t()
        case "FlipBackward":
            return logits.flip([_read_signed(axis) for axis in node._saved_dims])
        # clamp_() wrote over all of it; the result is read by the next case
        case "CopySlices" if shape == logits.shape:
            return logits
        case "AsStridedBackward" if _is_reshape(node, logits):
            return logits.reshape(shape)
    return None


def _sign_of(node: Any) -> int | None:
    """Return the sign by which a node scales its one live input; None where it differs or cannot be told."""
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
        # a constant divided by the live input is no scale of it
        case "MulBackward" | "DivBackward" if place == 0 or name_of(node) == "MulBackward":
            factor = node._saved_other if place == 0 else node._saved_self
            return _common_sign(factor)
    return None


def _common_sign(factor: Any) -> int | None:
    """Return the sign that all numbers of a constant have, or None."""
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
    strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    return (
        math.prod(shape) == logits.numel()
        and tuple(node._saved_stride) == strides
        and not node._saved_storage_offset
    )


def _read_signed(number: int) -> int:
    """Read a number below zero, which autograd gives back as an unsigned one of 64 bits."""
    return number - 2**64 if number >= 2**63 else number
