"""The entries of the dispatch table for ops with constant weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from lrprism.ops.affine.function import apply_affine, producer_of, take_over
from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.counterpart import Counterpart, Ends
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder, in_autocast_precision
from lrprism.ops.products import run_product
from lrprism.ops.tape import Tape
from lrprism.rules import AbstractAffineRule, Pass


@final
@dataclass(frozen=True, eq=False)
class AffineOp(AbstractOp):
    """An op with constant weights: its backward pass follows a rule.

    Args:
        kind: ``CONVOLUTION`` or ``LINEAR``.
        name: The op's name.
        bind: Reads the call's arguments into the input and the affine op.
    """

    bind: Callable[..., tuple[Tensor, AbstractAffine]]

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the affine op under its rule; with a live weight it is a product."""
        a, affine = self.bind(*args, **kwargs)
        # a weight that the network computes is a factor
        if is_live(affine.weight):
            return run_product(recorder, self.name, func, args, kwargs, addends=(2, "bias"))
        # so is a bias an addend
        if affine.bias is not None and is_live(affine.bias):
            with recorder.watching():
                z = func(*args[:2], None, *args[3:], **{k: v for k, v in kwargs.items() if k != "bias"})
                return z + affine.spread_bias(affine.bias)
        if not a.requires_grad:
            return func(*args, **kwargs)
        return run_affine(recorder, self.kind, self.name, a, affine)


any_autocast = torch._C._is_any_autocast_enabled
"""Whether autocast is on for any kind of device: the quick question to ask first."""


def run_affine(recorder: Recorder, kind: Kind, name: str, a: Tensor, affine: AbstractAffine) -> Tensor:
    """Record an affine op and run it, together with a batch norm right in front of it."""
    if any_autocast() and torch.is_autocast_enabled(a.device.type):
        a = in_autocast_precision(a)
        affine = affine if a.dtype is affine.weight.dtype else affine.with_type(a.dtype)
    accepts = (AbstractAffineRule, Pass)
    # differences have no shift to merge: each op alone gives what both would
    norm = None if recorder.counterpart is not None else _batch_norm_before(a, affine)
    if norm is None:
        tape = recorder.start_tape(kind, name, accepts)
    else:
        replaced, before, affine = norm
        tape = recorder.start_tape(kind, f"batch_norm + {name}", accepts, replaces=replaced.call)
        a = take_over(recorder, tape, replaced, before)
    if recorder.counterpart is not None:
        tape.reference = _read_ends(recorder.counterpart, a, affine)
    if a.dim() == affine.batched_dim - 1:  # one sample without a batch axis
        return apply_affine(affine, a.unsqueeze(0), tape, recorder.needs).squeeze(0)
    return apply_affine(affine, a, tape, recorder.needs)


def _batch_norm_before(a: Tensor, affine: AbstractAffine) -> tuple[Tape, Tensor, AbstractAffine] | None:
    """Return the tape and the input of the batch norm that made ``a``, and the two ops as one; or None."""
    producer = producer_of(a, Kind.NORMALIZATION)
    if producer is None or a.dim() == affine.batched_dim - 1:
        return None
    tape, norm, before = producer
    assert norm.bias is not None  # the shift of a batch norm
    merged = affine.scale_input(norm.weight.flatten(), norm.bias.flatten(), a)
    return None if merged is None else (tape, before, merged)


def _read_ends(counterpart: Counterpart, a: Tensor, affine: AbstractAffine) -> Ends:
    """Return input and output of the call on the reference, with a batch axis."""
    (a_r,), z_r = counterpart.live, counterpart.result
    ends = Ends(a_r.to(a.dtype), z_r)
    # one sample without a batch axis
    return Ends(ends.a.unsqueeze(0), ends.z.unsqueeze(0)) if a.dim() == affine.batched_dim - 1 else ends
