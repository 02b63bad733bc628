"""Fully connected layers."""

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.affine import AbstractAffine
from lrprism.ops.kinds import Kind
from lrprism.ops.op import AffineOp


class Linear(AbstractAffine):
    """``z = a w^T + b`` over the last dimension of ``a``."""

    @property
    def batched_dim(self) -> int:
        """A vector needs no batch."""
        return 1

    def forward(self, a: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return ``a w^T + b``."""
        return F.linear(a, weight, bias)

    def transpose(self, s: Tensor, weight: Tensor, a: Tensor) -> Tensor:
        """Return ``s w``."""
        del a
        return s.unsqueeze(-1) * weight if weight.dim() == 1 else torch.matmul(s, weight)

    def spread_bias(self, bias: Tensor) -> Tensor:
        """Return the bias as it is: it belongs to the last dimension."""
        return bias


def _bind_linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Linear]:
    return input, Linear(weight, bias)


TABLE = {F.linear: AffineOp(Kind.LINEAR, "linear", _bind_linear)}
