"""Look-up of vectors by token id, where relevance of tokens is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.errors import ModelError
from lrprism.ops.arguments import read_argument
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import exchange_tensors, is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder


@final
@dataclass(frozen=True, eq=False)
class Embedding(AbstractOp):
    """A look-up of vectors: tokens that are an input get the relevance of their vectors.

    Args:
        tokens: Position of the token ids, 0 or 1; the table of vectors has the other one.
    """

    tokens: int = 0

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Return the vectors; a table that carries relevance is indexed as any live tensor is."""
        tokens = read_argument(args, kwargs, self.tokens, "input", "indices")
        vectors = read_argument(args, kwargs, 1 - self.tokens, "weight")
        if is_live(vectors):
            recorder.record(Kind.ROUTING, self.name)
            return func(*args, **kwargs)
        # torch shortens vectors in the user's table to max_norm: let it do so in a copy
        if read_argument(args, kwargs, 3, "max_norm") is not None:
            copied = {id(vectors): vectors.detach().clone()}
            args, kwargs = exchange_tensors(args, copied), exchange_tensors(dict(kwargs), copied)
        return recorder.admit_vectors(tokens, func(*args, **kwargs))


def _combine_bags(  # noqa: PLR0913 - torch's own signature
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
    """Return the sum, mean or maximum of the vectors of each bag.

    Raises:
        ModelError: If maxima are taken over bags of several lengths.
    """
    del scale_grad_by_freq, sparse
    padding = None if padding_idx is None else padding_idx % len(weight)  # may count from the end
    counts = torch.ones_like(input) if padding is None else (input != padding).to(input.dtype)
    vectors = F.embedding(input, weight, None, max_norm, norm_type)
    # maxima need bags of one length; a padded token takes no part, an empty bag gives zeros
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
    # one bag per row, or bags one behind the other that begin at offsets
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
            return _combine_bags(*args, **kwargs)


TABLE: dict[Any, AbstractOp] = {
    F.embedding: Embedding(Kind.EMBEDDING, "embedding"),
    torch.embedding: Embedding(Kind.EMBEDDING, "embedding", tokens=1),
    F.embedding_bag: EmbeddingBag(Kind.EMBEDDING, "embedding_bag"),
}
