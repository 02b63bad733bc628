"""Looking up vectors by token id: where relevance of tokens is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.errors import ModelError
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder


@final
@dataclass(frozen=True, eq=False)
class Embedding(AbstractOp):
    """A look-up of vectors: tokens that are an input get the relevance of their vectors.

    Args:
        tokens: Position of the token ids; the table of vectors stands in the other of the first two.
    """

    tokens: int = 0

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the vectors; a table that carries relevance is indexed, not looked up by a user's token."""
        bound = dict(
            zip(("input", "weight") if self.tokens == 0 else ("weight", "indices"), args, strict=False)
        )
        named = bound | dict(kwargs)
        tokens = named["input"] if self.tokens == 0 else named["indices"]
        if is_live(named["weight"]):
            recorder.record(Kind.ROUTING, self.name)
            return func(*args, **kwargs)
        if (len(args) > 3 and args[3] is not None) or named.get("max_norm") is not None:
            args = tuple(value.detach().clone() if value is named["weight"] else value for value in args)
            kwargs = {k: v.detach().clone() if v is named["weight"] else v for k, v in kwargs.items()}
        return recorder.admit_vectors(tokens, func(*args, **kwargs))


def _bag(  # noqa: PLR0913 - torch's own signature
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the vectors of each bag.

    Raises:
        ModelError: If maxima are taken over bags of several lengths.
    """
    del scale_grad_by_freq, sparse
    padding = None if padding_idx is None else padding_idx % len(weight)  # may count from the end
    counts = torch.ones_like(input) if padding is None else (input != padding).to(input.dtype)
    vectors = F.embedding(input, weight, None, max_norm, norm_type)
    if mode == "max":
        if input.dim() != 2:
            raise ModelError(
                "embedding_bag of mode 'max' should get bags of one length, (N, tokens), to be explained. "
                f"Found tokens of shape {tuple(input.shape)}."
            )
        largest = vectors.masked_fill((counts == 0)[..., None], float("-inf")).amax(1)
        return largest.where(counts.any(1)[:, None], 0.0)
    factor = counts if per_sample_weights is None else counts * per_sample_weights
    vectors = vectors * factor[..., None].to(vectors.dtype)
    if input.dim() == 2:
        total, number = vectors.sum(1), counts.sum(1)
    else:
        assert offsets is not None  # torch demands them for a flat input
        starts = offsets[:-1] if include_last_offset else offsets
        bag = torch.searchsorted(starts, torch.arange(len(input), device=input.device), right=True) - 1
        total = vectors.new_zeros(len(starts), weight.shape[1]).index_add(0, bag, vectors)
        number = counts.new_zeros(len(starts)).index_add(0, bag, counts)
    return total / number.clamp(min=1)[:, None] if mode == "mean" else total


@final
class EmbeddingBag(AbstractOp):
    """Sums and means of looked up vectors, written out."""

    @property
    def is_composed(self) -> bool:
        """Always."""
        return True

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Look up the vectors, then add them."""
        del func
        with recorder.watching():
            return _bag(*args, **kwargs)


TABLE: dict[Any, AbstractOp] = {
    F.embedding: Embedding(Kind.EMBEDDING, "embedding"),
    torch.embedding: Embedding(Kind.EMBEDDING, "embedding", tokens=1),
    F.embedding_bag: EmbeddingBag(Kind.EMBEDDING, "embedding_bag"),
}
