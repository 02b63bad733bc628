"""The sums of what is explained and of the relevance that arrives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lrprism.engine import Trace

_ROUNDING = 10
"""An explained difference up to this multiple of its terms' precision is nothing but rounding."""

_HALVES = frozenset({torch.float16, torch.bfloat16})


def sum_relevance(tensors: Sequence[Tensor]) -> float:
    """Return the sum of all numbers, of half precision in a type that holds it."""
    total = 0.0
    for tensor in tensors:
        total += float(tensor.sum(dtype=torch.float32) if tensor.dtype in _HALVES else tensor.sum())
    return total


def sum_magnitudes(tensor: Tensor) -> float:
    """Return the sum of all magnitudes."""
    # one call, where abs().sum() takes two and longer
    dtype = torch.float32 if tensor.dtype in _HALVES else None
    return float(torch.linalg.vector_norm(tensor, 1, dtype=dtype))


def _sum_each_sample(tensor: Tensor) -> Tensor:
    """Return the sums over all but the first dimension."""
    tensor = tensor.float() if tensor.dtype in _HALVES else tensor
    return tensor.flatten(1).sum(1) if tensor.dim() > 1 else tensor.reshape(-1)


def sum_samples(
    output: Tensor, seeds: Sequence[Tensor], relevance: Sequence[Sequence[Tensor]]
) -> tuple[float, float]:
    """Return the explained output and the relevance that arrived, summed over samples without their sign.

    Where the inputs do not have the samples in front, both are summed over the whole batch. What is explained
    counts as nothing where it is rounding alone, as the difference of two equal logits is.
    """
    explained = arrived = size = 0.0
    for seed, inputs in zip(seeds, relevance, strict=True):
        # an unexplained -inf has no part in it
        terms = torch.where(seed == 0, 0, output * seed)
        sums, size = _sum_each_sample(terms), size + sum_magnitudes(terms)
        if all(x.dim() and len(x) == len(sums) for x in inputs):
            parts = [_sum_each_sample(x).to(sums) for x in inputs]
            explained += float(sums.abs().sum())
            arrived += float(torch.stack(parts).sum(0).abs().sum())
        else:
            explained += abs(float(sums.sum()))
            arrived += abs(sum_relevance(inputs))
    is_rounding = explained <= _ROUNDING * torch.finfo(output.dtype).eps * size
    return (0.0, arrived) if is_rounding else (explained, arrived)


_LARGEST_GAP = 1e-3
"""The share of an explained difference that may be missing at the inputs, beyond rounding."""


_ROUNDING_OF_CHANGE = 100
"""A gap up to this multiple of the precision of both outputs is nothing but rounding on the way."""


_MOST_CANCELLING = 1e4
"""Magnitudes, as a multiple of difference and outputs, that leave float32 three digits when they cancel."""


def find_missing(passed: Trace, seeds: Sequence[Tensor], relevance: Sequence[Sequence[Tensor]]) -> str | None:
    """Return the warning for a difference that does not arrive at the inputs in full; None if there is none.

    Args:
        passed: The forward pass.
        seeds: The seeds at its output.
        relevance: The relevance at the inputs, for each seed.
    """
    if passed.reference is None:
        return None
    output, change = passed.output.detach(), passed.change
    gap = size = of_outputs = 0.0
    for seed, inputs in zip(seeds, relevance, strict=True):
        terms = torch.where(seed == 0, 0, change * seed)
        sums = _sum_each_sample(terms)
        if all(x.dim() and len(x) == len(sums) for x in inputs):
            arrived = torch.stack([_sum_each_sample(x).to(sums) for x in inputs]).sum(0)
        else:
            sums, arrived = sums.sum(), torch.tensor(sum_relevance(inputs), device=sums.device)
        gap += float((sums - arrived).abs().sum())
        size += float(sums.abs().sum())
        of_outputs += sum_magnitudes(torch.where(seed == 0, 0, output.abs().maximum(change.abs()) * seed))
    eps = torch.finfo(change.dtype).eps
    if gap <= max(_LARGEST_GAP * size, _ROUNDING_OF_CHANGE * eps * of_outputs):
        return _find_cancelling(relevance, size, _MOST_CANCELLING * max(size, of_outputs))
    return (
        f"relevance of a difference should add up to f(x) - f(reference). Found {gap:.3g} of {size:.3g} "
        "missing, summed over samples without their sign: an op that shares its difference in no exact way, "
        "a tensor after detach(), or a large eps keeps it. See where: "
        "print(explain(..., audit=True, reference=...).audit)."
    )


def _find_cancelling(relevance: Sequence[Sequence[Tensor]], size: float, largest: float) -> str | None:
    """Return the warning for a map that adds up, but of amounts far larger than what they add up to.

    Args:
        relevance: The relevance at the inputs, for each seed.
        size: The size of the difference.
        largest: What the magnitudes may add up to.
    """
    magnitude = sum(sum_magnitudes(x) for inputs in relevance for x in inputs)
    if magnitude <= largest:
        return None
    return (
        "relevance of a difference should be about as large as it. Found magnitudes that add up to "
        f"{magnitude:.3g} and cancel to {size:.3g}: the model divides by next to nothing in one of the two "
        "runs, as by a norm of zeros. Choose a reference on which it does not."
    )
