"""Convolutions and transposed convolutions of one to three dimensions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.affine import AbstractAffine
from lrprism.ops.kinds import Kind
from lrprism.ops.op import AffineOp


@dataclass(frozen=True)
class Geometry:
    """How the kernel moves; every tuple has one entry per spatial dimension."""

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int


class Convolution(AbstractAffine):
    """A convolution of a batched input ``[N, channels, *positions]``.

    Args:
        weight: ``[out, in / groups, *kernel]``, or ``[in, out / groups, *kernel]`` where transposed.
        bias: ``[out]`` or None.
        geometry: How the kernel moves.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> None:
        """Keep the parameters and the geometry."""
        super().__init__(weight, bias)
        self.geometry = geometry

    @property
    def batched_dim(self) -> int:
        """Batch, channels and the positions."""
        return self.weight.dim()

    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the convolution of ``a``."""
        m = self.geometry
        return torch.convolution(
            a, weight, bias, m.stride, m.padding, m.dilation, m.transposed, m.output_padding, m.groups
        )

    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return the gradient of the convolution with respect to its input."""
        m = self.geometry
        mask = (True, False, False)
        c: Tensor = torch.ops.aten.convolution_backward(
            s,
            a,
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
        return c

    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return the bias as ``[out, 1, ...]``."""
        return bias.view(-1, *(1,) * len(self.geometry.stride))


def _each(value: int | Sequence[int], dimensions: int) -> tuple[int, ...]:
    """One number per spatial dimension."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * dimensions if len(values) == 1 else values


def _same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[tuple[int, ...], list[int]]:
    """Split ``padding="same"``: a symmetric part, and what ``F.pad`` adds behind, last dimension first."""
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    extra = [side for t in reversed(total) for side in (0, t % 2)]
    return tuple(t // 2 for t in total), extra


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
    if padding == "same":
        pads, extra = _same_padding(weight.shape[2:], dilations)
        input = F.pad(input, extra) if any(extra) else input
    else:
        pads = (0,) * dimensions if isinstance(padding, str) else _each(padding, dimensions)
    geometry = Geometry(_each(stride, dimensions), pads, dilations, False, (0,) * dimensions, groups)
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
