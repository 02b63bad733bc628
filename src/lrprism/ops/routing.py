"""Ops whose own gradient is the rule, ops that are switched off, ops that stop relevance: lists of names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import RECTIFIED, OwnFunction, entry_of
from lrprism.ops.affine.function import LARGE, affine_node, keep_positive
from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind
from lrprism.ops.names import functions_named
from lrprism.ops.nested import detach_tensors, is_live
from lrprism.ops.op import AbstractOp, Arguments, IdentityOp, Keywords, NativeOp, Recorder, StoppedOp
from lrprism.rules import gives_nothing_at_zero

MOVES = """
    adjoint alias alias_copy
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
    as_strided_scatter cartesian_prod cdouble cfloat chalf combinations complex conj_physical diagflat
    _chunk_cat _conj _unsafe_index _unsafe_index_put fft_fftshift fft_ifftshift fftshift ifftshift
    pad_sequence pin_memory put real imag resolve_conj resolve_neg row_stack _reshape_alias
    coalesce sparse_mask to_dense to_sparse values
    alias_copy as_strided_copy diagonal_copy expand_copy narrow_copy permute_copy select_copy slice_copy
    split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy
    unsqueeze_copy view_as_complex_copy view_as_real_copy view_copy
"""
_ADDITIONS = """
    add cumsum diff index_add interpolate neg negative nansum rsub scatter_add sub subtract sum sum_to_size
    fft fft2 fftn ifft ifft2 ifftn rfft rfft2 rfftn irfft irfft2 irfftn view_as_complex view_as_real conj
    hfft hfft2 hfftn ihfft ihfft2 ihfftn _fft_c2c _fft_c2r _fft_r2c
    fft_fft fft_fft2 fft_fftn fft_ifft fft_ifft2 fft_ifftn fft_rfft fft_rfft2 fft_rfftn fft_irfft fft_irfft2
    fft_irfftn fft_hfft fft_hfft2 fft_hfftn fft_ihfft fft_ihfft2 fft_ihfftn
    affine_grid_generator nanmean _upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_nearest_exact1d
    _upsample_nearest_exact2d _upsample_nearest_exact3d
    trace upsample upsample_bicubic2d upsample_bilinear upsample_bilinear2d upsample_linear1d upsample_nearest
    upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_trilinear3d
    __add__ __radd__ __sub__ __rsub__ __neg__ __pos__
"""
_NORMS = """
    cdist _cdist_forward _euclidean_dist dist eigvalsh frobenius_norm hypot linalg_eigvalsh linalg_norm
    linalg_svdvals linalg_vector_norm matrix_norm native_norm norm norm_except_dim nuclear_norm
    pairwise_distance pdist _pdist_forward std svdvals vector_norm
"""
"""Functions that grow with their inputs in proportion, so that gradient times input is the value itself."""

_LINEAR_IN_ONE: dict[str, tuple[int | str, ...]] = {
    "solve": (0, "A"),
    "linalg_solve": (0, "A"),
    "solve_ex": (0, "A"),
    "linalg_solve_ex": (0, "A"),
    "_linalg_solve_ex": (0, "A"),
    "triangular_solve": (1, "A"),
    "cholesky_solve": (1, "L", "input2"),
    "lu_solve": (1, "LU_data"),
    "tensorsolve": (0, "A", "input"),
    "linalg_tensorsolve": (0, "A", "input"),
    "trapezoid": (1, "x"),
    "trapz": (1, "x"),
    "cumulative_trapezoid": (1, "x"),
    "gradient": ("spacing",),
    "stft": (4, "window"),
    "istft": (4, "window"),
}
"""Functions that are linear in one argument while these others are constant: ``A`` of ``A^-1 b``."""

_SELECTIONS = """
    msort nanmedian nanquantile quantile
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
_STOPS = """
    _unique _unique2 detach numpy rsqrt unique unique_consecutive unique_dim unique_dim_consecutive
"""
"""Functions whose result is a constant; of what is in ``unique`` torch has no gradient."""
_DATA = "data"
_PROPERTIES = "H T imag mH mT real"


class _Rectified(OwnFunction):
    """A ReLU behind an affine op, whose way back is left to that op where it hands nothing on at zero anyway.

    That saves a pass over memory.
    """

    node_name = RECTIFIED

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


@final
class GridSampler(AbstractOp):
    """Sampling at the points of a grid: the sampled signal takes all relevance.

    Where a network makes the grid, as a spatial transformer or a deformable attention does, the grid says
    from where the signal comes. Like a gate it carries none itself, by any rule: it is no factor.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Sample at the detached grid; of a constant signal, the grid is said to have no rule."""
        signal = args[0] if args else kwargs["input"]
        grid = args[1] if len(args) > 1 else kwargs["grid"]
        if not is_live((signal, grid)):
            return func(*args, **kwargs)
        if not is_live(signal):
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.SCALING if is_live(grid) else self.kind, self.name)
        fixed = [detach_tensors(value) if place == 1 else value for place, value in enumerate(args)]
        named = {key: detach_tensors(value) if key == "grid" else value for key, value in kwargs.items()}
        return func(*fixed, **named)


def _named(names: str, make: Callable[[str], AbstractOp]) -> dict[Any, AbstractOp]:
    """Enter an op under every function and method of these names."""
    return {function: make(name.strip("_")) for name in names.split() for function in functions_named(name)}


def _routing(name: str) -> AbstractOp:
    return NativeOp(Kind.ROUTING, name)


def _table() -> dict[Any, AbstractOp]:
    table = _named(MOVES + _ASSEMBLIES + _ADDITIONS + _NORMS + _SELECTIONS, _routing)
    table |= _named("prelu _prelu_kernel", lambda name: NativeOp(Kind.ROUTING, name, constants=(1, "weight")))
    for name, constants in _LINEAR_IN_ONE.items():
        table |= _named(name, lambda name: NativeOp(Kind.ROUTING, name, constants=constants))  # noqa: B023
    # the factors come first here, and second in torch.lu_solve
    table[torch.linalg.lu_solve] = NativeOp(Kind.ROUTING, "lu_solve", constants=(0, "LU"))
    table |= _named("relu", lambda name: Rectifier(Kind.ROUTING, name))
    table |= _named(_SAMPLERS, lambda name: GridSampler(Kind.ROUTING, name))
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
