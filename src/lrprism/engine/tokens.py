"""Token ids as inputs: which vectors were looked up for which token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lrprism.ops import MOVING


@dataclass(frozen=True, eq=False)
class LookedUp:
    """Vectors that were looked up for tokens of an input.

    Args:
        number: Which of the inputs.
        positions: Flat position in that input of each token, ``[*tokens]``.
        vectors: ``[*tokens, features]``; a leaf of the autograd graph.
    """

    number: int
    positions: Tensor
    vectors: Tensor

    def relevance(self, of_vectors: Tensor, like: Tensor) -> Tensor:
        """Sum the relevance of each token's vector and put it in its place in an input shaped ``like``."""
        flat = of_vectors.new_zeros(like.numel())
        return flat.index_add(0, self.positions.flatten(), of_vectors.sum(-1).flatten()).view(like.shape)


class Tokens:
    """Follows integer inputs through reshaping and slicing to the tables in which they are looked up.

    Args:
        inputs: All inputs; the integer ones are followed.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        """Number the tokens of every input."""
        self.found: list[LookedUp] = []
        # by the tensor's id; the tensor itself is kept alive so that its id stays its own
        self._places: dict[int, tuple[Tensor, int, Tensor]] = {}
        for number, tensor in enumerate(inputs):
            if not tensor.is_floating_point():
                places = torch.arange(tensor.numel(), device=tensor.device).view(tensor.shape)
                self._places[id(tensor)] = (tensor, number, places)

    def __bool__(self) -> bool:
        """Whether there is any integer input."""
        return bool(self._places)

    def follow(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        """Remember where the tokens went, if ``func`` moved any."""
        known = self._places.get(id(args[0])) if args and func in MOVING else None
        if known is None:
            return
        _, number, places = known
        moved = places if _only_converts(result, args[0]) else func(places, *args[1:], **kwargs)
        pairs = [(result, moved)] if isinstance(result, Tensor) else zip(result, moved, strict=True)
        for tensor, where in pairs:
            self._places[id(tensor)] = (tensor, number, where)

    def looked_up(self, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Return ``vectors`` as tensors that carry relevance, if the tokens belong to an input."""
        known = self._places.get(id(tokens))
        if known is None:
            return vectors
        leaf = vectors.detach().requires_grad_()
        self.found.append(LookedUp(known[1], known[2], leaf))
        return leaf.view_as(leaf)  # no leaf: the mode takes leaves for parameters


def _only_converts(result: Any, tokens: Tensor) -> bool:
    """Whether a function changed only type or device."""
    return isinstance(result, Tensor) and (result.dtype, result.device) != (tokens.dtype, tokens.device)
