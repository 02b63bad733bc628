"""Normalisations by statistics of each sample: layer, group and RMS norm."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.affine.function import pass_unchanged
from lrprism.ops.affine.op import any_autocast
from lrprism.ops.call import Needs
from lrprism.ops.kinds import Kind
from lrprism.ops.names import aten_named
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.tape import Sinks, Tape
from lrprism.rules import Epsilon, Pass


class _Normalized(OwnFunction):
    """``z = w (a - mean) / sigma + b`` over some dimensions, with ``sigma`` a constant on the way back."""

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, how: Group, tape: Tape, needs: Needs, normalize: Callable[[], _Found]
    ) -> Tensor:
        z, ctx.inverse_scale = normalize()
        keeps_input = needs.inputs or ctx.inverse_scale is None
        ctx.save_for_backward(a if keeps_input else None, z if needs.outputs else None)
        ctx.how, ctx.tape = how, tape
        return z

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        a, z = ctx.saved_tensors
        how: Group = ctx.how
        tape: Tape = ctx.tape
        if isinstance(tape.rule, Pass):
            return pass_unchanged(a, z, g, tape), None, None, None, None
        if isinstance(tape.rule, Epsilon) and not tape.rule.is_gradient:
            g = _damp_output(z, how.bias, tape.rule, g, tape.sinks)
        elif tape.sinks is not None and how.bias is not None:
            tape.sinks.bias += (how.bias * g).sum(dtype=torch.float64)
        g = g if how.weight is None else g * how.weight
        return how.back(a, g, ctx.inverse_scale), None, None, None, None


_Found = tuple[Tensor, Tensor | None]
"""``z``, and ``1 / sigma`` if torch returned it."""
_enter = entry_of(_Normalized)


def _damp_output(z: Tensor, bias: Tensor | None, rule: Epsilon, g: Tensor, sinks: Sinks | None) -> Tensor:
    """Return ``s = g z / st(z)``, or ``g z / st(z - b)`` for a rule that leaves the bias out."""
    denominator = z if bias is None or rule.bias else z - bias
    if denominator is not z:
        g = g * rule.stabilizer.quotient(z, denominator)
    elif not rule.stabilizer.changes_nothing:
        g = rule.stabilizer.damp(g, z)
    if sinks is not None:
        sinks.stabilizer += ((rule.stabilizer(denominator) - denominator) * g).sum(dtype=torch.float64)
        if bias is not None and rule.bias:
            sinks.bias += (bias * g).sum(dtype=torch.float64)
    return g


class Group(NamedTuple):
    """The dimensions of a normalisation's statistics; weight and bias broadcast to the input."""

    dims: tuple[int, ...]
    eps: float
    weight: Tensor | None
    bias: Tensor | None
    centred: bool = True
    shape: tuple[int, ...] | None = None

    def back(self, a: Tensor | None, g: Tensor, inverse_scale: Tensor | None) -> Tensor:
        """Carry ``g`` from the normalised values to ``a``, the scale being a constant.

        Args:
            a: The input; may be None if ``inverse_scale`` is not.
            g: The modified gradient, of the same shape.
            inverse_scale: ``1 / sigma``; None to compute it from the input.
        """
        if not g.numel():
            return torch.zeros_like(g)
        grouped = self.group(g)
        grouped = grouped * (self._inverse_scale(a) if inverse_scale is None else inverse_scale)
        # the mean that the forward pass took out
        grouped = grouped.sub_(grouped.mean(self.dims, keepdim=True)) if self.centred else grouped
        return grouped.reshape(g.shape).to(g.dtype)

    def group(self, tensor: Tensor) -> Tensor:
        """Return a tensor like the input in groups, in a type that holds sums of squares."""
        tensor = _widen(tensor)
        return tensor.reshape(self.shape or tensor.shape)

    def centre(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """Return the groups of the input without their mean, where it is taken out, and their deviation."""
        grouped = self.group(a)
        c = grouped - grouped.mean(self.dims, keepdim=True) if self.centred else grouped
        return c, (c.square().mean(self.dims, keepdim=True) + self.eps).sqrt_()

    def count(self, grouped: Tensor) -> int:
        """Return how many entries share their statistics."""
        return math.prod(grouped.shape[dim] for dim in self.dims)

    def _inverse_scale(self, a: Tensor | None) -> Tensor:
        assert a is not None  # kept wherever torch did not return the scale
        grouped = self.group(a)
        if self.centred:
            var = torch.var(grouped, self.dims, correction=0, keepdim=True)
        else:
            var = grouped.square().mean(self.dims, keepdim=True)
        return torch.rsqrt(var + self.eps)


def _widen(a: Tensor) -> Tensor:
    """Return half precision as float32: a sum of squares leaves its range."""
    return a.float() if a.dtype in (torch.float16, torch.bfloat16) else a


@final
@dataclass(frozen=True, eq=False)
class GroupedNorm(AbstractOp):
    r"""Layer, group, instance and RMS norm: the scale counts as a constant, the mean is taken out.

    .. math:: z = w \frac{a - \mathrm{mean}(a)}{\sigma} + b, \quad
              R_i = a_i \sum_j \frac{w_j}{\sigma} \Bigl(\delta_{ij} - \frac{1}{n}\Bigr) \frac{R_j}{z_j}

    RMS norm takes no mean out, so that relevance passes it unchanged. Reference: Ali et al. 2022, XAI for
    transformers: better explanations through conservative propagation, ICML.

    Args:
        bind: Reads the call's arguments into the input and the groups.
        results: How many results the torch function returns; the statistics among them are constants.
    """

    bind: Callable[..., tuple[Tensor, Group]]
    results: int = 1

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Normalise; the gradient treats the scale as a constant."""
        a, how = self.bind(*args, **kwargs)
        if not a.requires_grad:
            return func(*args, **kwargs)
        # adaptive norms compute weight or bias from the inputs
        if is_live((how.weight, how.bias)):
            recorder.record(Kind.UNKNOWN, self.name)
            return func(*args, **kwargs)
        tape = recorder.start_tape(self.kind, self.name, (Epsilon, Pass))
        statistics: list[Tensor] = []

        def normalize() -> _Found:
            # 1 / sigma from torch saves a pass over the input on the way back
            if func in _LAYER_NORMS and a.dtype in _EXACT and not any_autocast():
                shape = a.shape[how.dims[0] :]
                z, _, inverse_scale = torch.native_layer_norm(a, shape, how.weight, how.bias, how.eps)
                return z, inverse_scale
            if self.results == 1:
                return func(*args, **kwargs), None
            z, *statistics[:] = func(*args, **kwargs)
            return z, None

        z = _enter(a, how, tape, recorder.needs, normalize)
        return z if self.results == 1 else (z, *statistics)


def _bind_layer(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> tuple[Tensor, Group]:
    del cudnn_enable
    return input, Group(tuple(range(-len(normalized_shape), 0)), eps, weight, bias)


def _bind_rms(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> tuple[Tensor, Group]:
    eps = torch.finfo(input.dtype).eps if eps is None else eps
    return input, Group(tuple(range(-len(normalized_shape), 0)), eps, weight, None, centred=False)


def bind_group(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> tuple[Tensor, Group]:
    """Read the arguments of ``F.group_norm``."""
    del cudnn_enabled
    shape = (input.shape[0], num_groups, math.prod(input.shape[1:]) // num_groups)
    per_channel = (-1, *(1,) * (input.dim() - 2))
    weight = None if weight is None else weight.view(per_channel)
    bias = None if bias is None else bias.view(per_channel)
    return input, Group((-1,), eps, weight, bias, shape=shape)


def _bind_native_group(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
) -> tuple[Tensor, Group]:
    del N, C, HxW
    return bind_group(input, group, weight, bias, eps)


_LAYER_NORMS = {F.layer_norm, torch.layer_norm}
_EXACT = {torch.float32, torch.float64}  # the types in which torch returns 1 / sigma unrounded


_NORM = Kind.NORMALIZATION

TABLE: dict[Any, AbstractOp] = {
    F.layer_norm: GroupedNorm(_NORM, "layer_norm", _bind_layer),
    torch.layer_norm: GroupedNorm(_NORM, "layer_norm", _bind_layer),
    torch.native_layer_norm: GroupedNorm(_NORM, "layer_norm", _bind_layer, 3),
    F.rms_norm: GroupedNorm(_NORM, "rms_norm", _bind_rms),
    # the op of exported programs, which torch has from 2.8 on
    **dict.fromkeys(aten_named("_fused_rms_norm"), GroupedNorm(_NORM, "rms_norm", _bind_rms, 2)),
    torch.rms_norm: GroupedNorm(_NORM, "rms_norm", _bind_rms),
    F.group_norm: GroupedNorm(_NORM, "group_norm", bind_group),
    torch.group_norm: GroupedNorm(_NORM, "group_norm", bind_group),
    torch.native_group_norm: GroupedNorm(_NORM, "group_norm", _bind_native_group, 3),
}
