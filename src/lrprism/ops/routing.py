"""Ops whose own gradient is the rule, ops that are switched off, and ops that stop relevance, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, final

import torch
from torch import Tensor

from lrprism.graph import RECTIFIED, OwnFunction, entry_of
from lrprism.ops.affine.function import LARGE, affine_node, keep_positive
from lrprism.ops.arguments import detach_argument, read_argument
from lrprism.ops.kinds import Kind
from lrprism.ops.names import build_table, functions_named
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, IdentityOp, Keywords, NativeOp, Recorder, StoppedOp
from lrprism.ops.tape import Tape
from lrprism.rules import gives_nothing_at_zero

MOVES = """
    adjoint alias alias_copy as_strided atleast_1d atleast_2d atleast_3d bfloat16 broadcast_to channel_shuffle
    chunk clone contiguous cpu cuda detach diagonal double expand expand_as flatten flip fliplr flipud float
    gather half hsplit index index_select int long masked_select moveaxis movedim narrow permute pixel_shuffle
    pixel_unshuffle positive ravel repeat repeat_interleave reshape reshape_as roll rot90 select slice split
    split_with_sizes squeeze swapaxes swapdims t take take_along_dim tensor_split tile to transpose type
    type_as unbind unflatten unfold unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze view view_as
    vsplit __getitem__
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
"""Functions that grow in proportion to their inputs, so that gradient times input is the value itself."""

_LINEAR_IN_ONE: dict[str, tuple[int | str, ...]] = {
    "solve linalg_solve solve_ex linalg_solve_ex _linalg_solve_ex": (0, "A"),
    "triangular_solve": (1, "A"),
    "cholesky_solve": (1, "L", "input2"),
    "lu_solve": (1, "LU_data"),
    "tensorsolve linalg_tensorsolve": (0, "A", "input"),
    "trapezoid trapz cumulative_trapezoid": (1, "x"),
    "gradient": ("spacing",),
    "stft istft": (4, "window"),
    "prelu _prelu_kernel": (1, "weight"),
}
"""Functions that are linear in one argument while some others are constant: ``A`` of ``A^-1 b``."""

_SELECTIONS = """
    msort nanmedian nanquantile quantile
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d amax amin clamp_min cummax cummin fmax
    fractional_max_pool2d fractional_max_pool3d kthvalue leaky_relu max max_pool1d max_pool1d_with_indices
    max_pool2d max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d
    max_unpool3d maximum median min mode sort topk
"""
_DROPOUTS = """
    alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout feature_dropout
"""
_SAMPLERS = "grid_sampler grid_sampler_2d grid_sampler_3d"
_SOFTMAXES = "log_softmax logcumsumexp logsumexp softmax _softmax _log_softmax"
_STOPS = """
    _unique _unique2 detach numpy rsqrt unique unique_consecutive unique_dim unique_dim_consecutive
"""
"""Functions whose result is a constant; torch has no gradient of ``unique`` and its kin."""
_PROPERTIES = "H T imag mH mT real"


class _Rectified(OwnFunction):
    """A ReLU behind an affine op, which leaves its backward pass to that op to save a pass over memory.

    It may where the op's rule passes nothing on at outputs of zero anyway.
    """

    node_name = RECTIFIED

    @staticmethod
    def forward(ctx: Any, z: Tensor, tape: Tape, relu: Callable[[], Tensor]) -> Tensor:
        r = relu()
        if r is z:  # relu_ wrote over z
            ctx.mark_dirty(z)
        ctx.save_for_backward(r)
        ctx.in_front = tape
        return r

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (g,) = grad_outputs
        tape: Tape = ctx.in_front
        if tape.rectified and gives_nothing_at_zero(tape.rule):
            return g, None, None
        (r,) = ctx.saved_tensors
        c: Tensor = torch.ops.aten.threshold_backward(g, r, 0)
        return c, None, None


_rectify = entry_of(_Rectified)


@final
class Rectifier(AbstractOp):
    """A ReLU: its own gradient is the rule; the layer in front may keep the positive part alone."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the op as it is, in place or not."""
        z = args[0] if args else kwargs["input"]
        node = affine_node(z)
        # of a small tensor the pass over memory costs less than the Function
        if node is not None and z.numel() >= LARGE and not recorder.needs.layers:
            r = _rectify(z, node.tape, partial(func, *args, **kwargs))
        else:
            r = func(*args, **kwargs)
        if is_live(r):
            recorder.record(self.kind, self.name)
        # the layer in front keeps r in the place of z: that frees z, or shares the memory of r
        if node is not None and recorder.needs.outputs:
            keep_positive(node, r, in_place=r is z)
        return r


@final
class GridSampler(AbstractOp):
    """Sampling at the points of a grid: the sampled signal takes all relevance.

    A grid that the network computes, as in a spatial transformer or a deformable attention, says from where
    the signal comes. Like a gate it carries no relevance by any rule: it is no factor.
    """

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Sample at the detached grid; for the grid of a constant signal there is no rule."""
        signal = args[0] if args else kwargs["input"]
        grid = read_argument(args, kwargs, 1, "grid")
        if not is_live((signal, grid)):
            return func(*args, **kwargs)
        if not is_live(signal):
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        recorder.record(Kind.SCALING if is_live(grid) else self.kind, self.name)
        positional, by_name = detach_argument(args, kwargs, 1, "grid")
        return func(*positional, **by_name)


_NATIVE = MOVES + _ASSEMBLIES + _ADDITIONS + _NORMS + _SELECTIONS

TABLE: dict[Any, AbstractOp] = {
    **build_table(_NATIVE, NativeOp, Kind.ROUTING),
    **{
        function: op
        for names, constants in _LINEAR_IN_ONE.items()
        for function, op in build_table(names, NativeOp, Kind.ROUTING, constants).items()
    },
    # the factors come first here, and second in torch.lu_solve
    torch.linalg.lu_solve: NativeOp(Kind.ROUTING, "lu_solve", (0, "LU")),
    **build_table("relu", Rectifier, Kind.ROUTING),
    **build_table(_SAMPLERS, GridSampler, Kind.ROUTING),
    **build_table(_SOFTMAXES, NativeOp, Kind.SOFTMAX),
    **build_table(_DROPOUTS, IdentityOp, Kind.IDENTITY),
    **build_table("native_dropout", IdentityOp, Kind.IDENTITY, True),  # returns a mask too
    **build_table(_STOPS, StoppedOp, Kind.STOPPED),
    **{getattr(Tensor, name).__get__: NativeOp(Kind.ROUTING, name) for name in _PROPERTIES.split()},
    Tensor.data.__get__: StoppedOp(Kind.STOPPED, "data"),  # type: ignore[attr-defined]
}
MOVING = frozenset(
    [function for name in MOVES.split() for function in functions_named(name)]
    + [getattr(Tensor, name).__get__ for name in _PROPERTIES.split()]
)
"""The functions of :data:`MOVES`, and properties such as ``.T``."""
