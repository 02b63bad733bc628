"""Arithmetic that the steps share along the band axis: checks, shift and scale, a matrix over the bands."""

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.errors import InputError

Numbers: TypeAlias = Sequence[float] | Tensor
"""One number per band; a tensor keeps its float type, other numbers get torch's default type."""


def as_numbers(name: str, values: Numbers, *, dims: int = 1) -> Tensor:
    """Return ``values`` as a detached float tensor with ``dims`` axes.

    Raises:
        InputError: If there are none, not all are finite, or the shape is another.
    """
    tensor = torch.as_tensor(values).detach()
    if not tensor.is_floating_point():
        tensor = tensor.to(torch.get_default_dtype())
    if tensor.dim() != dims or not tensor.numel() or not bool(tensor.isfinite().all()):
        odd = int((~tensor.isfinite()).sum())
        raise InputError(
            f"{name} should be finite numbers on {dims} axes, the last of them the bands. Found shape "
            f"{tuple(tensor.shape)}{f' with {odd} NaN or inf' if odd else ''}. Fit the step on the training "
            "part."
        )
    # a copy: the caller's tensor may change later
    return tensor.clone()


def check_same_length(first: tuple[str, Tensor], second: tuple[str, Tensor]) -> None:
    """Refuse two lists of numbers that belong to different numbers of bands.

    Raises:
        InputError: If the lengths differ.
    """
    (name, values), (other, others) = first, second
    if values.shape[-1] != others.shape[-1]:
        raise InputError(
            f"{name} and {other} should have as many numbers each. Found {values.shape[-1]} and "
            f"{others.shape[-1]}. Take both from one set of bands."
        )


def check_bands(step: str, x: Tensor, bands: int) -> None:
    """Refuse data that does not have ``bands`` bands on axis 1.

    Raises:
        InputError: If it has others.
    """
    if x.dim() < 2 or x.shape[1] != bands:
        raise InputError(
            f"{step} should get {bands} bands on axis 1. Found shape {tuple(x.shape)}. "
            "Give the bands that the step was made for, as [N, band, y, x] or [N, band]."
        )


def broadcast_bands(values: Tensor, x: Tensor) -> Tensor:
    """Return one number per band in a shape and type that broadcast to ``x``, ``[N, band, ...]``."""
    # the data's own type: float64 numbers would turn float32 patches into float64
    return values.to(x.dtype).view(1, -1, *(1,) * (x.dim() - 2))


def shift_and_scale(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    r"""Return :math:`y_b = (x_b - c_b) / s_b`, a diagonal affine step.

    Shapes: ``x``, ``y``: ``[N, band, ...]``; ``shift``, ``scale``: ``[band]``.
    """
    return (x - broadcast_bands(shift, x)) / broadcast_bands(scale, x)


def multiply_bands(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    r"""Return :math:`y_k = \sum_b W_{kb} x_b + b_k`: one linear layer over the bands of every pixel.

    Shapes: ``x``: ``[N, band, ...]``; ``y``: ``[N, band', ...]``; ``weight``: ``[band', band]``.
    """
    offset = None if bias is None else bias.to(x.dtype)
    # Moving the bands last and back keeps a batch norm behind the step from being merged with this layer: it
    # belongs to the network.
    return F.linear(x.movedim(1, -1), weight.to(x.dtype), offset).movedim(-1, 1)
