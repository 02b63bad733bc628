"""Ops whose own gradient is the rule, ops that are switched off, ops that stop relevance: lists of names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, final

import torch
from torch import Tensor

from lrprism.ops.affine import LARGE, affine_node, keep_positive
from lrprism.ops.call import Call
from lrprism.ops.functions import entry_of
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.op import (
    AbstractOp,
    Arguments,
    IdentityOp,
    Keywords,
    NativeOp,
    Recorder,
    StoppedOp,
    is_live,
)
from lrprism.rules import gives_nothing_at_zero

MOVES = """
    adjoint alias
    as_strided atleast_1d atleast_2d atleast_3d bfloat16 broadcast_to channel_shuffle chunk clone
    contiguous cpu cuda
    detach diagonal double expand expand_as flatten flip fliplr flipud float gather half
    hsplit index int index_select long slice
    masked_select movedim moveaxis narrow permute pixel_shuffle pixel_unshuffle
    positive ravel
    repeat repeat_interleave reshape reshape_as roll rot90 select split split_with_sizes squeeze
    swapaxes swapdims t take take_along_dim
    unsafe_chunk unsafe_split unsafe_split_with_sizes
    tensor_split tile to transpose type type_as unbind unflatten unfold
    unsqueeze view view_as vsplit __getitem__
"""
"""Functions that only move the entries of their first argument, or change their type."""

_ASSEMBLIES = """
    block_diag broadcast_tensors cat column_stack concat concatenate constant_pad_nd copy diag diag_embed
    diagonal_scatter dsplit dstack fill fold hstack index_copy index_fill index_put masked_scatter
    meshgrid native_channel_shuffle pad reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d
    replication_pad2d replication_pad3d scatter select_scatter slice_scatter stack tril triu vstack
    _pack_padded_sequence _pad_packed_sequence _to_copy _unsafe_view col2im im2col
"""
_ADDITIONS = """
    add cumsum diff index_add interpolate neg negative nansum rsub scatter_add sub subtract sum sum_to_size
    fft fft2 fftn ifft ifft2 ifftn rfft rfft2 rfftn irfft irfft2 irfftn view_as_complex view_as_real conj
    nanmean index_reduce scatter_reduce
    trace upsample upsample_bicubic2d upsample_bilinear upsample_bilinear2d upsample_linear1d upsample_nearest
    upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_trilinear3d
    __add__ __radd__ __sub__ __rsub__ __neg__ __pos__
"""
_NORMS = "dist frobenius_norm linalg_norm linalg_vector_norm matrix_norm norm std vector_norm"
_SELECTIONS = """
    aminmax msort nanmedian nanquantile quantile
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d amax amin clamp_min cummax cummin fmax
    fractional_max_pool2d fractional_max_pool3d kthvalue leaky_relu max max_pool1d max_pool1d_with_indices
    max_pool2d max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d
    max_unpool3d maximum median min mode sort topk
"""
_DROPOUTS = """
    alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout feature_dropout native_dropout
"""
_SAMPLERS = "grid_sampler grid_sampler_2d grid_sampler_3d"
_SOFTMAXES = "log_softmax logcumsumexp logsumexp softmax _softmax _log_softmax"
_STOPS = "detach rsqrt"
_DATA = "data"
_PROPERTIES = "H T imag mH mT real"


class _Rectified(torch.autograd.Function):
    """A ReLU behind an affine op, whose way back is left to that op where it hands nothing on at zero anyway.

    That saves a pass over memory.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, call: Call, relu: Callable[[], Tensor]) -> Tensor:
        r = relu()
        if r is z:
            ctx.mark_dirty(z)
        ctx.save_for_backward(r)
        ctx.in_front = call
        return r

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (g,) = grad_outputs
        call: Call = ctx.in_front
        if call.rectified and gives_nothing_at_zero(call.rule):
            return g, None, None
        (r,) = ctx.saved_tensors
        c: Tensor = torch.ops.aten.threshold_backward(g, r, 0)
        return c, None, None


_enter = entry_of(_Rectified)


@final
class Rectifier(AbstractOp):
    """A ReLU: its own gradient is the rule; the layer in front needs no more than what it lets through."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the op as it is, in place or not."""
        z = args[0] if args else kwargs["input"]
        node = affine_node(z)
        if node is not None and z.numel() >= LARGE and not recorder.needs.layers:
            r = _enter(z, node.call, partial(func, *args, **kwargs))
        else:
            r = func(*args, **kwargs)
        if is_live(r):
            recorder.record(self.kind, self.name)
        if node is not None and recorder.needs.outputs:
            keep_positive(node, r, in_place=r is z)
        return r


def _named(names: str, make: Callable[[str], AbstractOp]) -> dict[Any, AbstractOp]:
    """Enter an op under every function and method of these names."""
    return {function: make(name.strip("_")) for name in names.split() for function in functions_named(name)}


def _routing(name: str) -> AbstractOp:
    return NativeOp(Kind.ROUTING, name)


def _table() -> dict[Any, AbstractOp]:
    table = _named(MOVES + _ASSEMBLIES + _ADDITIONS + _NORMS + _SELECTIONS, _routing)
    table |= _named("prelu _prelu_kernel", lambda name: NativeOp(Kind.ROUTING, name, constants=(1, "weight")))
    table |= _named("relu", lambda name: Rectifier(Kind.ROUTING, name))
    table |= _named(_SAMPLERS, lambda name: NativeOp(Kind.ROUTING, name, constants=(1, "grid")))
    table |= _named(_SOFTMAXES, lambda name: NativeOp(Kind.SOFTMAX, name))
    table |= _named(_DROPOUTS, lambda name: IdentityOp(Kind.IDENTITY, name, name == "native_dropout"))
    table |= _named(_STOPS, lambda name: StoppedOp(Kind.STOPPED, name))
    for name in _PROPERTIES.split():
        table[getattr(Tensor, name).__get__] = NativeOp(Kind.ROUTING, name)
    table[getattr(Tensor, _DATA).__get__] = StoppedOp(Kind.STOPPED, "data")
    return table


TABLE = _table()
MOVING = frozenset(
    [function for name in MOVES.split() for function in functions_named(name)]
    + [getattr(Tensor, name).__get__ for name in _PROPERTIES.split()]
)
"""The functions of :data:`MOVES`, and properties such as ``.T``."""
