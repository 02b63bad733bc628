"""The account of each sample: over a batch, what one sample loses and another gains cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PerSample:
    """What was explained and what arrived, for each sample; with a leading class axis for several classes.

    The rows of the account have no such numbers: a tensor inside a network need not begin with the samples.

    Args:
        explained: Relevance put in, ``[N]`` or ``[classes, N]``, in double precision.
        reached: Relevance that arrived at the inputs, in the same form.
    """

    explained: Tensor
    reached: Tensor

    @property
    def lost(self) -> Tensor:
        """What did not arrive: what the ops kept, and what no row explains."""
        return self.explained - self.reached

    @classmethod
    def of(
        cls, output: Tensor, seeds: Sequence[Tensor], relevance: Sequence[Sequence[Tensor]]
    ) -> PerSample | None:
        """Add up the relevance of each sample; None unless output and inputs begin with the samples.

        Args:
            output: The explained output.
            seeds: The modified gradient there, for each class.
            relevance: Relevance at the inputs, for each class.
        """
        count = len(output) if output.dim() else None
        if any(not each.dim() or len(each) != count for inputs in relevance for each in inputs):
            return None
        explained = [_sum(torch.where(seed == 0, 0, output.detach() * seed)) for seed in seeds]
        reached = [torch.stack([_sum(each).cpu() for each in inputs]).sum(0) for inputs in relevance]
        per_class = torch.stack(explained).cpu(), torch.stack(reached)
        return cls(*per_class) if len(seeds) > 1 else cls(*(each[0] for each in per_class))

    @classmethod
    def join(cls, parts: Sequence[PerSample | None]) -> PerSample | None:
        """Put the samples of several batches one behind the other; None if a batch has no such account."""
        known = [each for each in parts if each is not None]
        if not known or len(known) < len(parts):
            return None
        return cls(
            torch.cat([each.explained for each in known], -1), torch.cat([each.reached for each in known], -1)
        )


def _sum(values: Tensor) -> Tensor:
    return values.double().unsqueeze(-1).flatten(1).sum(1)
