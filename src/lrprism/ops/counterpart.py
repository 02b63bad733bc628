"""The counterpart of a call: what the same call got and gave when the model ran on the reference."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from lrprism.ops.nested import tensors_in


class Ends(NamedTuple):
    """Input and output of an affine op in the run on the reference; they broadcast to those explained."""

    a: Tensor
    z: Tensor


class Counterpart(NamedTuple):
    """Arguments and result of one call on the reference, detached.

    Args:
        args: The arguments by position.
        kwargs: The arguments by name.
        result: What the call returned.
        live: The tensors among the arguments that depend on the reference.
        outputs: The tensors in the result that depend on it.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any
    live: list[Tensor]
    outputs: list[Tensor]

    def of(self, values: Any, tensor: Tensor) -> Tensor:
        """Return the tensor that stands where ``tensor`` stands among the arguments ``values``.

        Args:
            values: The arguments of the explained call: ``(args, kwargs)``.
            tensor: One of the tensors in them.
        """
        pairs = zip(tensors_in(values), tensors_in((self.args, self.kwargs)), strict=True)
        return next(other for own, other in pairs if own is tensor)


def is_same(tensor: Tensor, other: Tensor) -> bool:
    """Return True if two constants hold the same numbers, each repeated as often as the other asks for."""
    if tensor is other or (tensor.data_ptr() == other.data_ptr() and tensor.shape == other.shape):
        return True
    try:
        shape = torch.broadcast_shapes(tensor.shape, other.shape)  # type: ignore[no-untyped-call]
    except RuntimeError:
        return False
    return torch.equal(tensor.detach().expand(shape), other.detach().expand(shape))
