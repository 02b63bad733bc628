"""Convolutions and transposed convolutions of one to three dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.affine.map import AbstractAffine, vjp_of
from lrprism.ops.affine.op import AffineOp
from lrprism.ops.kinds import Kind

_FEW_CHANNELS = 16
"""With so few input channels the way back for two weights at once takes hardly longer than for one."""


class Geometry(NamedTuple):
    """How the kernel moves; every tuple but ``extra`` has one entry per spatial dimension.

    ``extra`` is padding on top, in the order of ``F.pad``, where ``padding="same"`` asks for unequal sides.
    """

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int
    extra: tuple[int, ...] = ()


class Convolution(AbstractAffine):
    """A convolution of a batched input ``[N, channels, *positions]``.

    Args:
        weight: ``[out, in / groups, *kernel]``, or ``[in, out / groups, *kernel]`` where transposed; or how
            to work it out.
        bias: ``[out]``, or ``[1, out, *positions]`` where it differs between positions, or None.
        geometry: How the kernel moves.
    """

    has_batch = True

    def __init__(
        self, weight: Tensor | Callable[[], Tensor], bias: Tensor | None, geometry: Geometry
    ) -> None:
        """Keep the parameters and the geometry."""
        super().__init__(weight, bias)
        self.geometry = geometry
        self.batched_dim = len(geometry.stride) + 2

    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the convolution of ``a``."""
        a = F.pad(a, self.geometry.extra) if self.geometry.extra else a
        if weight.is_complex():  # torch has no kernel for these and takes them apart in the same way
            z = self._convolve_complex(a, weight)
            return z if bias is None else z + self.spread_bias(bias)
        added = bias if bias is not None and bias.dim() > 1 else None
        z = self._convolve(a, weight, bias if added is None else None)
        return z if added is None else z + added

    def _convolve(self, a: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the convolution of an ``a`` that is padded where the sides differ."""
        m = self.geometry
        return torch.convolution(
            a,
            weight,
            bias,
            m.stride,
            m.padding,
            m.dilation,
            m.transposed,
            m.output_padding,
            m.groups,
        )

    def _convolve_complex(self, a: Tensor, weight: Tensor) -> Tensor:
        """Return the same of complex numbers, from four convolutions of real ones."""
        convolve, w = self._convolve, weight.resolve_conj()
        real = convolve(a.real, w.real) - convolve(a.imag, w.imag)
        return torch.complex(real, convolve(a.real, w.imag) + convolve(a.imag, w.real))

    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return the gradient of the convolution with respect to its input."""
        if weight.is_complex():  # torch has no backward op for these: its own gradient takes them apart
            return vjp_of(lambda a: self.forward(a, weight, None), a, s)
        m = self.geometry
        padded = F.pad(a, m.extra) if m.extra else a
        mask = (True, False, False)
        c: Tensor = torch.ops.aten.convolution_backward(
            s,
            padded,
            weight,
            None,
            m.stride,
            m.padding,
            m.dilation,
            m.transposed,
            m.output_padding,
            m.groups,
            mask,
        )[0]
        return F.pad(c, [-each for each in m.extra]) if m.extra else c

    def transposes(self, s: Tensor, weights: Sequence[Tensor], a: Tensor) -> list[Tensor]:
        """Return the gradients for several weights; of few input channels, all in one go."""
        m, count = self.geometry, len(weights)
        if m.transposed or m.groups > 1 or a.shape[1] > _FEW_CHANNELS or count == 1:
            return super().transposes(s, weights, a)
        together = a.new_empty(a.shape[0], count * a.shape[1], *a.shape[2:])  # its shape is all that counts
        return list(self.transpose(s, torch.cat(list(weights), 1), together).chunk(count, 1))

    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return the bias as ``[out, 1, ...]``."""
        return bias if bias.dim() > 1 else bias.view(-1, *(1,) * len(self.geometry.stride))

    def scaled(self, scale: Tensor, shift: Tensor, z: Tensor) -> Convolution:
        """Scale the weights of each output channel; shift and scale the bias."""
        del z
        if self.bias is not None:
            shift = self._like_bias(scale) * self.bias + self._like_bias(shift)
        return Convolution(lambda: self._per_output(scale), shift, self.geometry)

    def behind(self, scale: Tensor, shift: Tensor, a: Tensor) -> Convolution:
        """Scale the weights of each input channel; what the shift adds differs at a padded border."""
        everywhere = shift.view(1, -1, *(1,) * (a.dim() - 2)).expand(1, *a.shape[1:])
        bias = self.forward(everywhere, self.weight, self.bias)
        return Convolution(lambda: self._per_input(scale), bias, self.geometry)

    def _like_bias(self, values: Tensor) -> Tensor:
        """Return one number per output channel in a shape that broadcasts to the bias."""
        varies = self.bias is not None and self.bias.dim() > 1
        return values.view(-1, *(1,) * len(self.geometry.stride)) if varies else values

    def _per_output(self, scale: Tensor) -> Tensor:
        """The weight with one factor per output channel."""
        return self._second_dimension(scale) if self.geometry.transposed else self._first_dimension(scale)

    def _per_input(self, scale: Tensor) -> Tensor:
        """The weight with one factor per input channel."""
        return self._first_dimension(scale) if self.geometry.transposed else self._second_dimension(scale)

    def _first_dimension(self, scale: Tensor) -> Tensor:
        """The weight with one factor per channel of its first dimension."""
        return self.weight * scale.view(-1, *(1,) * (self.batched_dim - 1))

    def _second_dimension(self, scale: Tensor) -> Tensor:
        """The weight with one factor per channel of its second dimension, counted group by group."""
        weight, groups = self.weight, self.geometry.groups
        by_group = weight.view(groups, -1, *weight.shape[1:])
        factors = scale.view(groups, 1, -1, *(1,) * (weight.dim() - 2))
        return (by_group * factors).view_as(weight)


def _each(value: int | Sequence[int], dimensions: int) -> tuple[int, ...]:
    """One number per spatial dimension."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * dimensions if len(values) == 1 else values


def _same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split ``padding="same"``: a symmetric part, and what ``F.pad`` adds behind, last dimension first."""
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    extra = tuple(side for t in reversed(total) for side in (0, t % 2))
    return tuple(t // 2 for t in total), extra if any(extra) else ()


def _bind_convolution(
    input: Tensor,  # the names of torch's own signature, so that keyword calls bind
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> tuple[Tensor, Convolution]:
    dimensions = weight.dim() - 2
    dilations = _each(dilation, dimensions)
    extra: tuple[int, ...] = ()
    if padding == "same":
        pads, extra = _same_padding(weight.shape[2:], dilations)
    else:
        pads = (0,) * dimensions if isinstance(padding, str) else _each(padding, dimensions)
    geometry = Geometry(_each(stride, dimensions), pads, dilations, False, (0,) * dimensions, groups, extra)
    return input, Convolution(weight, bias, geometry)


def _bind_transposed(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> tuple[Tensor, Convolution]:
    each = [_each(value, weight.dim() - 2) for value in (stride, padding, dilation, output_padding)]
    return input, Convolution(weight, bias, Geometry(each[0], each[1], each[2], True, each[3], groups))


def _bind_general(  # noqa: PLR0913 - torch's own signature
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> tuple[Tensor, Convolution]:
    each = [_each(value, weight.dim() - 2) for value in (stride, padding, dilation, output_padding)]
    return input, Convolution(weight, bias, Geometry(each[0], each[1], each[2], transposed, each[3], groups))


def _table() -> dict[Any, AffineOp]:
    ops: dict[Any, AffineOp] = {torch.convolution: AffineOp(Kind.CONVOLUTION, "convolution", _bind_general)}
    for dimensions in (1, 2, 3):
        plain, transposed = f"conv{dimensions}d", f"conv_transpose{dimensions}d"
        ops[getattr(torch, plain)] = AffineOp(Kind.CONVOLUTION, plain, _bind_convolution)
        ops[getattr(torch, transposed)] = AffineOp(Kind.CONVOLUTION, transposed, _bind_transposed)
    return ops


TABLE = _table()
