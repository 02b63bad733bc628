"""Normalisations by running statistics: an affine op per channel, merged with the layer beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.affine.function import apply_affine, producer_of, take_over
from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.counterpart import Ends
from lrprism.ops.grouped_norm import GroupedNorm, bind_group
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder, in_full_precision
from lrprism.rules import AbstractAffineRule, Pass


class ChannelScaling(AbstractAffine):
    """``z = w a + b`` with ``w`` and ``b`` of a shape that broadcasts to ``a``: ``[1, channels, 1, ...]``."""

    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return ``w a + b``."""
        return a * weight if bias is None else a * weight + bias

    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return ``w s``."""
        del a
        return s * weight

    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return the bias as it is."""
        return bias


@final
@dataclass(frozen=True, eq=False)
class BatchNorm(AbstractOp):
    r"""Batch norm with constant statistics: affine per channel, whatever mode the model is in.

    .. math:: z = \frac{w}{\sqrt{\mathrm{var} + \varepsilon}} a
              + \Bigl(b - \frac{w\,\mathrm{mean}}{\sqrt{\mathrm{var} + \varepsilon}}\Bigr)

    Right behind a convolution or a linear layer the two are one op, with the rule of that layer; right in
    front of one, that layer takes it in (see :class:`AffineOp`). Elsewhere it is an affine op of its own.
    Without running statistics those of the batch count as constants.

    Shapes: ``a``, ``z``: ``[N, channels, *positions]``; the rest: ``[channels]``.

    Args:
        order: The names of the torch function's arguments.
        results: How many results the torch function returns.
    """

    order: tuple[str, ...]
    results: int = 1

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Scale each channel; merge with the layer in front where there is one."""
        norm = read_statistics(self.order, args, kwargs)
        a = in_full_precision(norm.input)
        mean, var = norm.mean, norm.var
        # track_running_stats=False: the statistics of this batch, as constants
        if mean is None or var is None:
            if recorder.counterpart is not None and is_live(a):  # those of the reference are others
                return self._run_unexplained(recorder, func, args, kwargs)
            var, mean = torch.var_mean(a.detach(), [d for d in range(a.dim()) if d != 1], correction=0)
        z = F.batch_norm(a.detach(), mean, var, norm.weight, norm.bias, False, 0.0, norm.eps)
        if a.requires_grad:
            z = self._run_merged(recorder, a, z, *_to_affine(norm, mean, var))
        # torch's builtins return the statistics too
        return z if self.results == 1 else (z, *(mean, var, mean)[: self.results - 1])

    def _run_unexplained(
        self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords
    ) -> Any:
        """Run the norm as it is: its gradient is used, and said."""
        recorder.record(Kind.UNKNOWN, self.name)
        return func(*args, **kwargs)

    def _run_merged(
        self, recorder: Recorder, a: Tensor, value: Tensor, scale: Tensor, shift: Tensor
    ) -> Tensor:
        """Return ``value`` as the output of the norm merged with the layer in front, or of the norm alone."""
        # differences have no shift to merge: each op alone gives what both would
        producer = None if recorder.counterpart is not None else producer_of(a)
        merged = None if producer is None else producer[1].scale_output(scale, shift, a)
        # no layer in front, or one whose output has no channels where the norm has them
        if producer is None or merged is None:
            tape = recorder.start_tape(self.kind, self.name, (AbstractAffineRule, Pass))
            shape = (1, -1, *(1,) * (a.dim() - 2))
            scaling = ChannelScaling(scale.view(shape), shift.view(shape))
            if recorder.counterpart is not None:
                tape.reference = Ends(recorder.counterpart.live[0], recorder.counterpart.outputs[0])
            return apply_affine(scaling, a, tape, recorder.needs, value)
        replaced, _, before = producer
        layer = replaced.call
        tape = recorder.start_tape(
            layer.kind, f"{layer.name} + {self.name}", layer.accepts, replaces=layer, within=layer
        )
        before = take_over(recorder, tape, replaced, before)
        return apply_affine(merged, before, tape, recorder.needs, value)


class _Statistics(NamedTuple):
    """The arguments of a batch norm, by name: torch has four signatures."""

    input: Tensor
    mean: Tensor | None
    var: Tensor | None
    weight: Tensor | None
    bias: Tensor | None
    eps: float


def _to_affine(norm: _Statistics, mean: Tensor, var: Tensor) -> tuple[Tensor, Tensor]:
    """Return the factor and the shift of each channel."""
    scale = torch.rsqrt(var + norm.eps)
    if norm.weight is not None:
        scale = scale * norm.weight
    shift = -mean * scale
    return scale, shift if norm.bias is None else shift + norm.bias


_FUNCTIONAL = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
_BUILTIN = ("input", "weight", "bias", "running_mean", "running_var", "training", "momentum", "eps")
_INFERENCE = ("input", "weight", "bias", "running_mean", "running_var", "momentum", "eps")
"""The order of the arguments in ``F.batch_norm``, in torch's builtins and in exported programs."""


def read_statistics(order: tuple[str, ...], args: Arguments, kwargs: Keywords) -> _Statistics:
    """Return the arguments of a norm by their names."""
    values = {**dict(zip(order, args, strict=False)), **kwargs}
    mean, var = values.get("running_mean"), values.get("running_var")
    return _Statistics(
        values["input"], mean, var, values.get("weight"), values.get("bias"), values.get("eps", 1e-5)
    )


@final
@dataclass(frozen=True, eq=False)
class InstanceNorm(AbstractOp):
    """Instance norm: a batch norm if there are running statistics, else one group per channel.

    Args:
        order: The names of the torch function's arguments.
    """

    order: tuple[str, ...]

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Normalise each channel of each sample, or by the running statistics."""
        norm = read_statistics(self.order, args, kwargs)
        if norm.mean is not None:
            return BatchNorm(self.kind, self.name, self.order).run(recorder, func, args, kwargs)
        group = (norm.input, norm.input.shape[1], norm.weight, norm.bias, norm.eps)
        return GroupedNorm(self.kind, self.name, bind_group).run(recorder, F.group_norm, group, {})


_NORM = Kind.NORMALIZATION
_EXPORTED = torch.ops.aten._native_batch_norm_legit_no_training  # exported programs call it

TABLE: dict[Any, AbstractOp] = {
    F.batch_norm: BatchNorm(_NORM, "batch_norm", _FUNCTIONAL),
    torch.batch_norm: BatchNorm(_NORM, "batch_norm", _BUILTIN),
    torch.native_batch_norm: BatchNorm(_NORM, "batch_norm", _BUILTIN, 3),
    _EXPORTED: BatchNorm(_NORM, "batch_norm", _INFERENCE, 3),
    F.instance_norm: InstanceNorm(_NORM, "instance_norm", _FUNCTIONAL),
    torch.instance_norm: InstanceNorm(_NORM, "instance_norm", _BUILTIN),
}
