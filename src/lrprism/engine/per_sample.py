"""The account of each sample: over a batch, what one sample loses and another gains cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PerSample:
    """Relevance explained and relevance reached, per sample; with a leading class axis for several classes.

    The rows of the account have no such numbers: a tensor inside a network need not begin with the samples.

    Args:
        explained: Relevance put in, ``[N]`` or ``[classes, N]``, in double precision.
        reached: Relevance that arrived at the inputs, in the same form.
    """

    explained: Tensor
    reached: Tensor

    @property
    def lost(self) -> Tensor:
        """Relevance that did not arrive: kept by the ops, or in no row of the account."""
        return self.explained - self.reached

    @classmethod
    def of(
        cls, output: Tensor, seeds: Sequence[Tensor], relevance: Sequence[Sequence[Tensor]]
    ) -> PerSample | None:
        """Sum the relevance of each sample; None unless samples are the first axis of output and inputs.

        Args:
            output: The explained output.
            seeds: The modified gradient there, for each class.
            relevance: Relevance at the inputs, for each class.
        """
        count = len(output) if output.dim() else None
        if any(not R.dim() or len(R) != count for inputs in relevance for R in inputs):
            return None
        # an output of -inf, as of a masked class, is not explained: its seed is zero
        explained = [_sum(torch.where(seed == 0, 0, output.detach() * seed)) for seed in seeds]
        # inputs may lie on several devices
        reached = [torch.stack([_sum(R).cpu() for R in inputs]).sum(0) for inputs in relevance]
        per_class = torch.stack(explained).cpu(), torch.stack(reached)
        return cls(*per_class) if len(seeds) > 1 else cls(*(numbers[0] for numbers in per_class))

    @classmethod
    def join(cls, parts: Sequence[PerSample | None]) -> PerSample | None:
        """Concatenate the samples of several batches; None if a batch has no such account."""
        batches = [part for part in parts if part is not None]
        if not batches or len(batches) < len(parts):
            return None
        explained, reached = zip(*((batch.explained, batch.reached) for batch in batches), strict=True)
        return cls(torch.cat(explained, -1), torch.cat(reached, -1))

    @classmethod
    def mean_of(cls, parts: Sequence[PerSample | None]) -> PerSample | None:
        """Average the same samples against several references; None if one of them has no such account."""
        found = [part for part in parts if part is not None]
        if not found or len(found) < len(parts):
            return None
        explained, reached = zip(*((part.explained, part.reached) for part in found), strict=True)
        return cls(torch.stack(explained).mean(0), torch.stack(reached).mean(0))


def _sum(values: Tensor) -> Tensor:
    # unsqueeze, as a tensor [N] has nothing to flatten
    return values.double().unsqueeze(-1).flatten(1).sum(1)
