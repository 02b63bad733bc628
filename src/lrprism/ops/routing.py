"""Ops whose own gradient already is the LRP-0 rule: they move, add or scale relevance and need no rule."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp, IdentityOp, NativeOp

_MOVES = """
    adjoint as_strided atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors broadcast_to bfloat16
    cat channel_shuffle chunk clone column_stack concat concatenate contiguous cpu cuda diag diag_embed
    diagonal diagonal_scatter double dsplit dstack expand expand_as flatten flip fliplr flipud float fold
    gather half hsplit hstack index_copy index_fill index_put index_select masked_fill masked_scatter
    masked_select meshgrid movedim moveaxis narrow native_channel_shuffle pad permute pixel_shuffle
    pixel_unshuffle positive ravel repeat repeat_interleave reshape reshape_as roll rot90 scatter select
    select_scatter slice_scatter split split_with_sizes squeeze stack swapaxes swapdims t take
    take_along_dim tensor_split tile to transpose tril triu type type_as unbind unflatten unfold unsqueeze
    view view_as vsplit vstack where
"""
_ADDITIONS = """
    add cumsum diff index_add interpolate neg negative nansum rsub scatter_add sub subtract sum sum_to_size
    trace upsample upsample_bilinear upsample_nearest
"""
_SELECTIONS = """
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d amax amin clamp_min cummax cummin fmax fmin
    fractional_max_pool2d fractional_max_pool3d kthvalue leaky_relu max max_pool1d max_pool1d_with_indices
    max_pool2d max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d
    max_unpool3d maximum median min minimum mode relu sort topk
"""
_PRODUCTS = """
    addmm addmv baddbmm addbmm bmm chain_matmul dot einsum inner kron matmul mm mul multiply mv outer
    tensordot vdot
"""
_QUOTIENTS = "div divide true_divide"
_PROPERTIES = "H T mH mT real data"
_OPERATORS = {
    "__add__ __radd__ __sub__ __rsub__ __neg__ __pos__ __getitem__": NativeOp(Kind.ROUTING, "{}"),
    "__mul__ __rmul__ __matmul__ __rmatmul__": NativeOp(Kind.ROUTING, "{}", one_live=True),
    "__truediv__ __div__": NativeOp(Kind.ROUTING, "{}", constants=(1, "other")),
}
_DROPOUTS = """
    alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout feature_dropout
"""


def _named(names: str, op: AbstractOp) -> dict[Any, AbstractOp]:
    """Enter an op under every function and method of these names; ``{}`` in its name stands for theirs."""
    table: dict[Any, AbstractOp] = {}
    for name in names.split():
        found = {getattr(owner, name) for owner in (torch, F, Tensor) if callable(getattr(owner, name, None))}
        table |= {function: _renamed(op, name.strip("_")) for function in found}
    return table


def _renamed(op: AbstractOp, name: str) -> AbstractOp:
    if isinstance(op, NativeOp):
        return NativeOp(op.kind, op.name.format(name), op.constants, op.one_live)
    return IdentityOp(op.kind, op.name.format(name))


def _table() -> dict[Any, AbstractOp]:
    table = _named(_MOVES + _ADDITIONS + _SELECTIONS, NativeOp(Kind.ROUTING, "{}"))
    table |= _named(_PRODUCTS, NativeOp(Kind.ROUTING, "{}", one_live=True))
    table |= _named(_QUOTIENTS, NativeOp(Kind.ROUTING, "{}", constants=(1, "other")))
    table |= _named("prelu", NativeOp(Kind.ROUTING, "{}", constants=(1, "weight")))
    table |= _named(_DROPOUTS, IdentityOp(Kind.IDENTITY, "{}"))
    for names, op in _OPERATORS.items():
        table |= _named(names, op)
    for name in _PROPERTIES.split():
        table[getattr(Tensor, name).__get__] = NativeOp(Kind.ROUTING, name)
    return table


TABLE = _table()
