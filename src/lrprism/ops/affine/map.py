"""The affine maps themselves: what an op of this kind computes, and its transpose."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class AbstractAffine(ABC):
    """An op that is affine in its input, with constant weights.

    Args:
        weight: The weight ``w``, or how to work it out.
        bias: The bias ``b``, or None.
    """

    batched_dim: int = 0
    """Number of dimensions of an input with a batch in front; one less is taken as a batch of one."""

    asks_for_input: bool = True
    """Whether the way back asks for the input of the forward pass, if only for its shape and layout."""

    has_batch: bool = False
    """Whether the first dimension of input and output is known to be that of the samples."""

    def __init__(self, weight: Tensor | Callable[[], Tensor], bias: Tensor | None) -> None:
        """Keep the constant parameters."""
        self._weight = weight
        self.bias = bias

    @property
    def weight(self) -> Tensor:
        """The weight; that of a merged op is worked out anew, so that none is kept between the two passes."""
        return self._weight if isinstance(self._weight, Tensor) else self._weight()

    @abstractmethod
    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return ``L(a; weight) + bias``."""

    @abstractmethod
    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return ``L^T(weight) s``, of the shape of ``a``."""

    def transposes(self, s: Tensor, weights: Sequence[Tensor], a: Tensor) -> list[Tensor]:
        """Return ``L^T(weight) s`` for several weights."""
        return [self.transpose(s, weight, a) for weight in weights]

    @abstractmethod
    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return ``bias`` in a shape that broadcasts to ``z``."""

    def scale_output(self, scale: Tensor, shift: Tensor, z: Tensor) -> AbstractAffine | None:
        """Return the op that gives ``scale * z + shift`` per channel, or None where ``z`` has no channels."""
        del scale, shift, z
        return None

    def scale_input(self, scale: Tensor, shift: Tensor, a: Tensor) -> AbstractAffine | None:
        """Return the op on ``scale * a + shift`` per channel as one on ``a``, or None where that is none."""
        del scale, shift, a
        return None

    def without_bias(self) -> AbstractAffine:
        """Return the linear part of the op."""
        other = copy.copy(self)
        other.bias = None
        return other

    def with_type(self, dtype: torch.dtype) -> AbstractAffine:
        """Return the op with its parameters in another float type."""
        other = copy.copy(self)
        other._weight = self.weight.to(dtype)
        other.bias = None if self.bias is None else self.bias.to(dtype)
        return other


def vjp_of(function: Callable[[Tensor], Tensor], a: Tensor, s: Tensor) -> Tensor:
    """Return what autograd carries from ``s`` at the output of ``function`` back to ``a``."""
    with torch.enable_grad():
        a = a.detach().requires_grad_()
        z = function(a)
    c: Tensor = torch.autograd.grad(z, a, s.contiguous())[0]  # grouped products refuse an expanded one
    return c
