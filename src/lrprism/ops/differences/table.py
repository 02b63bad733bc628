"""The table of ops on differences: what stands in the place of each op where there is a reference."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.arguments import read_argument
from lrprism.ops.attention import Attention, FlashAttention
from lrprism.ops.batch_norm import InstanceNorm, read_statistics
from lrprism.ops.clamping import Choice, Clamp, Conversion, Filling, Masking, Minimum
from lrprism.ops.degrees import HomogeneousOp, IndexedReduction, LeastSquares, SegmentReduction
from lrprism.ops.differences import norms, written_out
from lrprism.ops.differences.elementwise import Secant
from lrprism.ops.differences.maxima import Extremes, MaxPooling
from lrprism.ops.differences.polynomials import Polynomial
from lrprism.ops.differences.routing import RoundingDifference, RoutingDifference, StepConversion
from lrprism.ops.differences.softmax import SoftmaxDifference
from lrprism.ops.elementwise import Activation, ObservedRounding
from lrprism.ops.grouped_norm import GroupedNorm
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import is_live, tensors_in
from lrprism.ops.op import AbstractOp, Arguments, ComposedOp, Keywords, NativeOp, Recorder, StoppedOp
from lrprism.ops.products import Product, Quotient, Reciprocal
from lrprism.ops.routing import GridSampler, Rectifier
from lrprism.ops.triangular import TriangularSolve

_MAXIMA = frozenset(["amax", "fmax", "max", "maximum"])
_MINIMA = frozenset(["amin", "fmin", "min", "minimum"])
_ELEMENTWISE = frozenset(["leaky_relu", "prelu", "prelu_kernel", "clamp_min"])
_WAYS = {name: way for names, way in written_out.WAYS.items() for name in names.split()}
_WITHOUT_WAY = frozenset(
    """
    cummax cummin fractional_max_pool2d fractional_max_pool3d kthvalue median mode msort nanmedian
    nanquantile quantile sort topk
    cdist_forward euclidean_dist eigvalsh frobenius_norm linalg_eigvalsh linalg_norm linalg_svdvals
    matrix_norm native_norm norm_except_dim nuclear_norm pdist pdist_forward svdvals
    """.split()  # noqa: SIM905 - a list of thirty strings would fill the page
)
"""Functions whose differences no exact way shares: they follow their gradient, and the account says so."""


Choose = Callable[[Any, Recorder, Arguments, Keywords], AbstractOp]
"""Chooses what stands in the place of an op for some arguments."""


def _of_activation(op: Activation, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    live = [tensor for tensor in tensors_in((args, kwargs)) if tensor.requires_grad]
    is_power = op.name in ("pow", "float_power") and len(args) == 2
    # the exponent depends on the input, and so may the base
    if is_power and len(live) == 2 and bool((args[0] > 0).all()):
        return ComposedOp(Kind.ROUTING, op.name, written_out.power)
    return Secant(op.kind, op.name)


def _of_native(op: NativeOp, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    if op.kind is Kind.SOFTMAX:
        return SoftmaxDifference(op.kind, op.name)
    if "max_pool" in op.name and op.name not in _WITHOUT_WAY:
        return MaxPooling(op.kind, op.name)
    if op.name in _MAXIMA or op.name in _MINIMA:
        return Extremes(op.kind, op.name, op.name in _MAXIMA)
    if op.name in _ELEMENTWISE:
        return Secant(op.kind, op.name)
    if op.name in _WAYS:
        return ComposedOp(op.kind, op.name, _WAYS[op.name])
    if op.name in _WITHOUT_WAY:
        return NativeOp(Kind.UNKNOWN, op.name)
    fixed = [kwargs.get(key) if isinstance(key, str) else args[key : key + 1] for key in op.constants]
    return RoutingDifference(Kind.UNKNOWN if fixed and is_live(fixed) else op.kind, op.name)


def _of_clamp(op: Clamp, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    if is_live((args[1:], kwargs)):
        return ComposedOp(Kind.ROUTING, op.name, written_out.bound)
    return Secant(op.kind, op.name)


def _of_minimum(op: Minimum, *_: Any) -> AbstractOp:
    return Extremes(op.kind, op.name, False)


def _of_choice(op: Choice, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    is_function = bool(args) and isinstance(args[0], Tensor) and args[0].dtype is torch.bool
    mask = args[0] if is_function else read_argument(args, kwargs, 1, "condition")
    if _is_step(recorder, mask) and _is_finite((args, kwargs)):
        way = written_out.choose if is_function else written_out.choose_from
        return ComposedOp(op.kind, op.name, way)
    return RoutingDifference(op.kind, op.name)


def _of_filling(op: Filling, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    if _is_step(recorder, read_argument(args, kwargs, 1, "mask")) and _is_finite((args, kwargs)):
        return ComposedOp(op.kind, op.name, written_out.fill)
    return RoutingDifference(op.kind, op.name)


def _is_step(recorder: Recorder, mask: Any) -> bool:
    return bool(recorder.compared) and id(mask) in recorder.compared


def _is_finite(values: Any) -> bool:
    """Return True if no number or tensor among arguments is infinite: a product with zero would be NaN."""
    numbers = [value for value in (*values[0], *values[1].values()) if isinstance(value, (int, float))]
    tensors = tensors_in(values)
    return all(map(math.isfinite, numbers)) and all(bool(tensor.isfinite().all()) for tensor in tensors)


def _of_masking(op: Masking, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    if any(_is_step(recorder, tensor) for tensor in tensors_in((args, kwargs))):
        return ComposedOp(op.kind, op.name, written_out.mask)
    return Product(op.kind, op.name)


def _of_quotient(op: Quotient, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    if kwargs.get("rounding_mode") is not None:
        return Secant(Kind.ACTIVATION, op.name)
    if not is_live(read_argument(args, kwargs, op.divisor, *op.names)):
        return RoutingDifference(Kind.ROUTING, op.name)
    way = written_out.divide if op.divisor == 1 else written_out.addcdiv
    return ComposedOp(op.kind, op.name, way)


def _of_stopped(op: StoppedOp, *_: Any) -> AbstractOp:
    return Secant(Kind.ACTIVATION, op.name) if op.name == "rsqrt" else op


def _of_reciprocal(op: Reciprocal, *_: Any) -> AbstractOp:
    return Secant(Kind.ACTIVATION, op.name)


def _of_homogeneous(op: HomogeneousOp, *_: Any) -> AbstractOp:
    def degree(*args: Any, **kwargs: Any) -> int | None:
        if is_live((args[1:], {key: kwargs[key] for key in kwargs if key not in ("input", "A")})):
            return None
        first = args[0] if args else kwargs.pop("input" if "input" in kwargs else "A")
        share = op.degree(first, *args[1:], **kwargs)
        return None if share is None else int(share.max() if isinstance(share, Tensor) else share)

    return Polynomial(op.kind, op.name, degree)


def _of_reduction(op: Any, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    place = 1 if isinstance(op, SegmentReduction) else 4
    is_linear = read_argument(args, kwargs, place, "reduce") in ("sum", "mean")
    return RoutingDifference(op.kind if is_linear else Kind.UNKNOWN, op.name)


def _of_least_squares(op: LeastSquares, *_: Any) -> AbstractOp:
    return NativeOp(Kind.UNKNOWN, op.name)


def _of_instance_norm(op: InstanceNorm, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    if read_statistics(op.order, args, kwargs).mean is not None:
        return op

    def normalize(*args: Any, **kwargs: Any) -> Tensor:
        norm = read_statistics(op.order, args, kwargs)
        return F.group_norm(norm.input, norm.input.shape[1], norm.weight, norm.bias, norm.eps)

    return ComposedOp(op.kind, op.name, normalize)


_ADAPTIVE: dict[Any, Callable[..., Tensor]] = {
    F.layer_norm: norms.write_out_adaptive_layer_norm,
    torch.layer_norm: norms.write_out_adaptive_layer_norm,
    F.rms_norm: norms.write_out_adaptive_rms_norm,
    torch.rms_norm: norms.write_out_adaptive_rms_norm,
    F.group_norm: norms.write_out_adaptive_group_norm,
    torch.group_norm: norms.write_out_adaptive_group_norm,
}
"""How norms are written out whose weights the network computes, by the arguments' own order."""


def _of_grid(op: GridSampler, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    return NativeOp(Kind.UNKNOWN, op.name) if is_live(read_argument(args, kwargs, 1, "grid")) else op


def _of_triangular(op: TriangularSolve, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    matrix = args[0] if args else kwargs.get("A", kwargs.get("self"))
    return NativeOp(Kind.UNKNOWN, op.name) if is_live(matrix) else op


def _of_norm(op: GroupedNorm, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    del recorder
    _, how = op.bind(*args, **kwargs)
    name = {"layer_norm": F.layer_norm, "rms_norm": F.rms_norm, "group_norm": F.group_norm}[op.name]
    if is_live((how.weight, how.bias)) and op.results == 1:
        return ComposedOp(op.kind, op.name, _ADAPTIVE[name])
    return norms.NormDifference(op.kind, op.name, op.bind, op.results)


_CHOICES: dict[type[AbstractOp], Choose] = {
    Activation: _of_activation,
    Attention: lambda op, *_: ComposedOp(op.kind, op.name, written_out.attend),
    Choice: _of_choice,
    Clamp: _of_clamp,
    Conversion: lambda op, *_: StepConversion(op.kind, op.name),
    Filling: _of_filling,
    FlashAttention: lambda op, *_: ComposedOp(op.kind, op.name, written_out.attend_with_logarithms),
    GridSampler: _of_grid,
    GroupedNorm: _of_norm,
    HomogeneousOp: _of_homogeneous,
    IndexedReduction: _of_reduction,
    InstanceNorm: _of_instance_norm,
    LeastSquares: _of_least_squares,
    Masking: _of_masking,
    Minimum: _of_minimum,
    NativeOp: _of_native,
    ObservedRounding: lambda op, *_: RoundingDifference(op.kind, op.name, op),
    Quotient: _of_quotient,
    Reciprocal: _of_reciprocal,
    Rectifier: lambda op, *_: Secant(op.kind, op.name),
    SegmentReduction: _of_reduction,
    StoppedOp: _of_stopped,
    TriangularSolve: _of_triangular,
}


def difference_of(op: AbstractOp, recorder: Recorder, args: Arguments, kwargs: Keywords) -> AbstractOp:
    """Return what stands in the place of an op where a difference is explained.

    Args:
        op: The op of the table, or a user's own.
        recorder: Keeps the calls so far.
        args: The arguments of the call.
        kwargs: Its keyword arguments.
    """
    choose = _CHOICES.get(type(op))
    return op if choose is None else choose(op, recorder, args, kwargs)
