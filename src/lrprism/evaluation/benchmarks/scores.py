"""Scores of relevance against truth that several benchmarks share, each on all entries as one list."""

import torch
from torch import Tensor

from lrprism.errors import InputError


def roc_auc(scores: Tensor, mask: Tensor) -> float:
    r"""Return the chance that a marked entry scores higher than an unmarked one; ties count half.

    .. math:: \frac{\sum_{i \in G} r_i - |G| (|G| + 1) / 2}{|G| \, |\bar G|}

    where :math:`r_i` are ranks from 1, tied entries sharing their mean rank.

    Args:
        scores: Any shape.
        mask: True for marked entries :math:`G`, of the same shape.

    Raises:
        InputError: If the shapes differ, or all or no entries are marked.
    """
    scores, mask = _flatten(scores, mask)
    places, counts = _count_ties(scores)
    last = counts.cumsum(0)
    ranks = (last - (counts - 1) / 2.0).double()[places]
    marked = int(mask.sum())
    excess = float(ranks[mask].sum()) - marked * (marked + 1) / 2
    return excess / (marked * (len(mask) - marked))


def average_precision(scores: Tensor, mask: Tensor) -> float:
    r"""Return :math:`\sum_k (\mathrm{recall}_k - \mathrm{recall}_{k-1}) \, \mathrm{precision}_k`.

    The sum runs over the distinct scores from the highest, tied entries entering together.

    Args:
        scores: Any shape.
        mask: True for marked entries, of the same shape.

    Raises:
        InputError: If the shapes differ, or all or no entries are marked.
    """
    scores, mask = _flatten(scores, mask)
    places, counts = _count_ties(scores)
    hits = torch.zeros(len(counts), dtype=torch.float64).index_add_(0, places, mask.double()).flip(0)
    precision = hits.cumsum(0) / counts.flip(0).cumsum(0)
    return float((hits * precision).sum() / hits.sum())


def cosine(relevance: Tensor, truth: Tensor) -> Tensor:
    """Return the cosine of each sample's relevance and truth, ``[N]``; 0 where one of them is 0 everywhere.

    Args:
        relevance: ``[N, ...]``.
        truth: Of the same shape.

    Raises:
        InputError: If the shapes differ.
    """
    check_shape(relevance, truth)
    a, b = relevance.double().flatten(1), truth.double().flatten(1)
    norms = a.norm(dim=1) * b.norm(dim=1)
    cosines: Tensor = (a * b).sum(1) / norms.where(norms > 0, torch.ones_like(norms))
    return cosines


def correlate(relevance: Tensor, truth: Tensor) -> Tensor:
    """Return Pearson's correlation of each sample's relevance and truth, ``[N]``; 0 where one is constant.

    Args:
        relevance: ``[N, ...]``.
        truth: Of the same shape.

    Raises:
        InputError: If the shapes differ.
    """
    check_shape(relevance, truth)
    a, b = relevance.double().flatten(1), truth.double().flatten(1)
    return cosine(a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True))


def check_shape(relevance: Tensor, truth: Tensor) -> None:
    """Refuse relevance of another shape than the truth.

    Raises:
        InputError: If the shapes differ.
    """
    if relevance.shape != truth.shape:
        shapes = f"{tuple(truth.shape)}. Found {tuple(relevance.shape)}"
        raise InputError(f"relevance should have the shape of the truth, {shapes}.")


def _count_ties(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the place of each entry among the distinct scores from the lowest, and how many share each."""
    _, places, counts = scores.unique(  # type: ignore[no-untyped-call]
        return_inverse=True, return_counts=True
    )
    return places, counts


def _flatten(scores: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    check_shape(scores, mask)
    scores, mask = scores.flatten(), mask.flatten().bool()
    if mask.all() or not mask.any():
        raise InputError(
            f"the mask should mark some entries and not all. Found {int(mask.sum())} of {len(mask)}."
        )
    return scores, mask
