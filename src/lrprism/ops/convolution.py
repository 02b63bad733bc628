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
"""Up to this number of input channels, two weights at once take hardly longer than one."""


class Geometry(NamedTuple):
    """The movement of the kernel; every tuple but ``extra`` has one entry per spatial dimension.

    ``extra`` is further padding in the order of ``F.pad``, where ``padding="same"`` asks for unequal sides.
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
        weight: ``[out, in / groups, *kernel]``, or ``[in, out / groups, *kernel]`` where transposed; or a
            function that computes it.
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
        # torch has no kernel for complex numbers, and takes them apart in the same way
        if weight.is_complex():
            z = self._convolve_complex(a, weight)
            return z if bias is None else z + self.spread_bias(bias)
        # the shift of a batch norm in front of a padded convolution differs between positions
        if bias is not None and bias.dim() > 1:
            return self._convolve(a, weight) + bias
        return self._convolve(a, weight, bias)

    def _convolve(self, a: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the convolution of an ``a`` that is padded where the sides differ."""
        return torch.convolution(a, weight, bias, *self.geometry[:-1])

    def _convolve_complex(self, a: Tensor, weight: Tensor) -> Tensor:
        """Return the convolution of complex numbers, from four convolutions of real ones."""
        convolve, w = self._convolve, weight.resolve_conj()
        real = convolve(a.real, w.real) - convolve(a.imag, w.imag)
        return torch.complex(real, convolve(a.real, w.imag) + convolve(a.imag, w.real))

    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return the gradient of the convolution with respect to its input."""
        # torch has no backward op for complex numbers: its own gradient takes them apart
        if weight.is_complex():
            return vjp_of(lambda a: self.forward(a, weight, None), a, s)
        *geometry, extra = self.geometry
        padded = F.pad(a, extra) if extra else a
        mask = (True, False, False)  # the gradient of the input alone
        c: Tensor = torch.ops.aten.convolution_backward(s, padded, weight, None, *geometry, mask)[0]
        return F.pad(c, [-side for side in extra]) if extra else c

    def transposes(self, s: Tensor, weights: Sequence[Tensor], a: Tensor) -> list[Tensor]:
        """Return the gradients for several weights; with few input channels, all in one go."""
        count = len(weights)
        if self.geometry.transposed or self.geometry.groups > 1 or a.shape[1] > _FEW_CHANNELS or count == 1:
            return super().transposes(s, weights, a)
        together = a.new_empty(a.shape[0], count * a.shape[1], *a.shape[2:])  # only its shape is read
        return list(self.transpose(s, torch.cat(list(weights), 1), together).chunk(count, 1))

    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return the bias as ``[out, 1, ...]``."""
        return bias if bias.dim() > 1 else bias.view(-1, *(1,) * len(self.geometry.stride))

    def scale_output(self, scale: Tensor, shift: Tensor, z: Tensor) -> Convolution:
        """Scale the weights of each output channel; shift and scale the bias."""
        del z
        if self.bias is not None:
            shift = self._like_bias(scale) * self.bias + self._like_bias(shift)
        return Convolution(lambda: self._scale_outputs(scale), shift, self.geometry)

    def scale_input(self, scale: Tensor, shift: Tensor, a: Tensor) -> Convolution:
        """Scale the weights of each input channel; the shift becomes a bias."""
        # at a padded border it adds less, so that the bias differs between positions
        everywhere = shift.view(1, -1, *(1,) * (a.dim() - 2)).expand(1, *a.shape[1:])
        bias = self.forward(everywhere, self.weight, self.bias)
        return Convolution(lambda: self._scale_inputs(scale), bias, self.geometry)

    def _like_bias(self, values: Tensor) -> Tensor:
        """Return one number per output channel in a shape that broadcasts to the bias."""
        varies = self.bias is not None and self.bias.dim() > 1
        return values.view(-1, *(1,) * len(self.geometry.stride)) if varies else values

    def _scale_outputs(self, scale: Tensor) -> Tensor:
        """Return the weight with one factor per output channel."""
        return self._scale_second(scale) if self.geometry.transposed else self._scale_first(scale)

    def _scale_inputs(self, scale: Tensor) -> Tensor:
        """Return the weight with one factor per input channel."""
        return self._scale_first(scale) if self.geometry.transposed else self._scale_second(scale)

    def _scale_first(self, scale: Tensor) -> Tensor:
        """Return the weight with one factor per channel of its first dimension."""
        return self.weight * scale.view(-1, *(1,) * (self.batched_dim - 1))

    def _scale_second(self, scale: Tensor) -> Tensor:
        """Return the weight with one factor per channel of its second dimension, counted group by group."""
        weight, groups = self.weight, self.geometry.groups
        by_group = weight.view(groups, -1, *weight.shape[1:])
        factors = scale.view(groups, 1, -1, *(1,) * (weight.dim() - 2))
        return (by_group * factors).view_as(weight)


def _per_dimension(value: int | Sequence[int], dimensions: int) -> tuple[int, ...]:
    """Return one number per spatial dimension."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * dimensions if len(values) == 1 else values


def _same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split ``padding="same"``: a symmetric part, and a part for ``F.pad`` behind, last dimension first."""
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
    dilations = _per_dimension(dilation, dimensions)
    extra: tuple[int, ...] = ()
    # padding is numbers, "same" or "valid"
    if padding == "same":
        pads, extra = _same_padding(weight.shape[2:], dilations)
    else:
        pads = (0,) * dimensions if isinstance(padding, str) else _per_dimension(padding, dimensions)
    geometry = Geometry(
        _per_dimension(stride, dimensions), pads, dilations, False, (0,) * dimensions, groups, extra
    )
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
    return _bind_general(input, weight, bias, stride, padding, dilation, True, output_padding, groups)


def _bind_general(  # noqa: PLR0913 - torch's own signature
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int | Sequence[int],
    padding: int | Sequence[int],
    dilation: int | Sequence[int],
    transposed: bool,
    output_padding: int | Sequence[int],
    groups: int,
) -> tuple[Tensor, Convolution]:
    dimensions = weight.dim() - 2
    strides, pads, dilations = (_per_dimension(value, dimensions) for value in (stride, padding, dilation))
    geometry = Geometry(
        strides, pads, dilations, transposed, _per_dimension(output_padding, dimensions), groups
    )
    return input, Convolution(weight, bias, geometry)


TABLE: dict[Any, AffineOp] = {torch.convolution: AffineOp(Kind.CONVOLUTION, "convolution", _bind_general)}
for _name in ("conv1d", "conv2d", "conv3d"):
    TABLE[getattr(torch, _name)] = AffineOp(Kind.CONVOLUTION, _name, _bind_convolution)
for _name in ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"):
    TABLE[getattr(torch, _name)] = AffineOp(Kind.CONVOLUTION, _name, _bind_transposed)
