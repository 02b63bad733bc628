"""Agreement of relevance with features that are known to carry the class."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.bootstrap import Bootstrap, Interval
from lrprism.evaluation.regions import check_scores_finite, read_axis


@dataclass(frozen=True)
class Recovery:
    """Success of relevance in finding planted features; scored is the mean of ``|R|`` over samples.

    The signed mean over a class would not do: relevance is often proportional to the input, so that it
    contains the class mean of the data, which finds planted features without any network.

    Args:
        auc: Area under the ROC curve; .5 for a random map.
        average_precision: Area under precision over recall.
        precision_at_k: Share of planted features among the first k, with k planted ones.
        mass: Share of positive relevance on planted features.
        emd: 1 less the earth mover's distance to the mask, as a share of the axis.
    """

    auc: Interval
    average_precision: Interval
    precision_at_k: Interval
    mass: Interval
    emd: Interval


def recover(
    relevance: Tensor,
    mask: Tensor,
    *,
    positions: Tensor | None = None,
    axis: int = 1,
    bootstrap: Bootstrap | None = None,
) -> Recovery:
    """Compare relevance with a mask of planted features.

    Args:
        relevance: Relevance of samples, ``[N, ...]``; with a mask of one axis, ``|R|`` is summed over all
            axes but ``axis``.
        mask: What is planted, bool, ``[features]`` or of the shape of one sample.
        positions: Position of each feature along the axis, such as nm; evenly spaced if not given.
        axis: The axis of the bands in ``relevance``.
        bootstrap: How intervals are drawn.

    Raises:
        InputError: If the mask does not fit, or holds only one kind of feature.
    """
    draw = bootstrap or Bootstrap()
    magnitude, gain = (reduce_to_mask(part, mask, axis) for part in (relevance.abs(), relevance.clamp(min=0)))
    flat = mask.flatten().to(relevance.device)
    return Recovery(
        auc=draw.measure(magnitude, lambda scores: roc_auc(scores, flat)),
        average_precision=draw.measure(magnitude, lambda scores: average_precision(scores, flat)),
        precision_at_k=draw.measure(magnitude, lambda scores: precision_at_k(scores, flat)),
        mass=draw.measure(gain, lambda scores: mass_accuracy(scores, flat)),
        emd=draw.measure(magnitude, lambda scores: emd_similarity(scores, flat, positions)),
    )


def reduce_to_mask(relevance: Tensor, mask: Tensor, axis: int = 1) -> Tensor:
    """Return relevance with one number for each entry of a mask, ``[N, features]``.

    Raises:
        InputError: If the mask does not fit, is not bool, or holds only one kind of feature; or if relevance
            is not finite.
    """
    axis = read_axis(axis, relevance)
    if not relevance.isfinite().all():
        raise InputError(
            f"relevance should be finite. Found {int((~relevance.isfinite()).sum())} of {relevance.numel()} "
            "values that are NaN or inf."
        )
    # a mask of single features, of pixels too
    if mask.shape == relevance.shape[1:]:
        reduced = relevance.flatten(1)
    # a mask of bands: each counts with all its pixels
    elif mask.dim() == 1 and mask.shape[0] == relevance.shape[axis]:
        reduced = relevance.movedim(axis, 1).reshape(len(relevance), len(mask), -1).sum(2)
    else:
        raise InputError(
            f"mask should have the shape of one sample {tuple(relevance.shape[1:])} or one value for each of "
            f"the {relevance.shape[axis]} bands of axis {axis}. Found shape {tuple(mask.shape)}."
        )
    if mask.dtype is not torch.bool or not 0 < int(mask.sum()) < mask.numel():
        raise InputError(
            "mask should be bool, with features that are planted and others that are not. "
            f"Found {mask.dtype}, {int(mask.sum())} of {mask.numel()} planted."
        )
    return reduced


def _check_scores(scores: Tensor, mask: Tensor) -> None:
    """Check that scores can be compared with a mask: NaN would sort as the highest of all.

    Raises:
        InputError: If a score is not finite, or the mask does not fit or holds no planted feature.
    """
    if mask.dtype is not torch.bool or mask.shape != scores.shape[-1:] or not mask.any():
        raise InputError(
            f"mask should be bool, one value for each of the {scores.shape[-1]} features, with planted ones. "
            f"Found {mask.dtype} of shape {tuple(mask.shape)}, {int(mask.sum())} planted."
        )
    check_scores_finite(scores)


def roc_auc(scores: Tensor, mask: Tensor) -> Tensor:
    r"""Probability that a planted feature has a higher score than another; ties count one half.

    .. math:: AUC = \frac{1}{|G||\bar G|} \sum_{i \in G, j \notin G} [s_i > s_j] + \tfrac12 [s_i = s_j]

    Shapes: ``scores``: ``[..., features]``; ``mask``: ``[features]``, bool; result ``[...]``.

    Raises:
        InputError: If a score is not finite, or the mask does not fit or holds only one kind of feature.
    """
    _check_scores(scores, mask)
    if mask.all():
        raise InputError(
            "mask should be bool, with features that are planted and others that are not. "
            f"Found {mask.numel()} of {mask.numel()} planted."
        )
    planted, others = scores[..., mask].contiguous(), scores[..., ~mask].sort(-1).values.contiguous()
    below = torch.searchsorted(others, planted, right=False)
    not_above = torch.searchsorted(others, planted, right=True)
    return (below + not_above).to(scores.dtype).mean(-1) / (2 * others.shape[-1])


def average_precision(scores: Tensor, mask: Tensor) -> Tensor:
    r"""Precision averaged over recall; features of one score enter together.

    .. math:: AP = \sum_t (recall_t - recall_{t-1})\, precision_t

    over the distinct scores t from the highest down.
    Shapes: ``scores``: ``[..., features]``; ``mask``: ``[features]``, bool; result ``[...]``.
    """
    _check_scores(scores, mask)
    ascending = scores.sort(-1).values.contiguous()
    planted = scores[..., mask].contiguous()
    among_planted = planted.sort(-1).values.contiguous()
    # a planted feature stands for 1 / |G| of recall, at the precision of all features of at least its score
    size = scores.shape[-1]
    at_least = size - torch.searchsorted(ascending, planted, right=False)
    hits = planted.shape[-1] - torch.searchsorted(among_planted, planted, right=False)
    return (hits / at_least).to(scores.dtype).mean(-1)


def precision_at_k(scores: Tensor, mask: Tensor) -> Tensor:
    """Share of planted features among the k highest, with k planted ones; ties at the border in equal parts.

    Shapes: ``scores``: ``[..., features]``; ``mask``: ``[features]``, bool; result ``[...]``.
    """
    _check_scores(scores, mask)
    k = int(mask.sum())
    border = scores.topk(k, dim=-1).values[..., -1:]
    above, tied = scores > border, scores == border
    # places left at the border, shared by the features that are tied there
    share = (k - above.sum(-1)) / tied.sum(-1)
    hits = (above & mask).sum(-1) + share * (tied & mask).sum(-1)
    return (hits / k).to(scores.dtype)


def mass_accuracy(scores: Tensor, mask: Tensor) -> Tensor:
    r"""Share of relevance on planted features; 0 where there is no relevance.

    .. math:: RMA = \sum_{i \in G} s_i / \sum_i s_i

    Shapes: ``scores``: not negative, ``[..., features]``; ``mask``: ``[features]``, bool; result ``[...]``.
    """
    _check_scores(scores, mask)
    total = scores.sum(-1)
    return scores[..., mask].sum(-1) / torch.where(total > 0, total, 1)


def emd_similarity(scores: Tensor, mask: Tensor, positions: Tensor | None = None) -> Tensor:
    r"""One less the earth mover's distance between scores and mask along the axis.

    .. math:: 1 - \frac{1}{\lambda_{max} - \lambda_{min}}
              \int |F_s(\lambda) - F_G(\lambda)|\,d\lambda

    with the cumulative shares F of scores and of mask. A map that is a little off the planted band loses a
    little, which AUC does not tell. 0 where there is no relevance.

    Shapes: ``scores``: not negative, ``[..., features]``; ``mask``, ``positions``: ``[features]``; result
    ``[...]``.

    Raises:
        InputError: If the positions do not fit or are all the same.
    """
    _check_scores(scores, mask)
    size = scores.shape[-1]
    where = torch.arange(size).to(scores) if positions is None else positions.to(scores)
    if where.shape != (size,) or not where.max() > where.min():
        raise InputError(
            f"positions should be one number for each of the {size} features, not all the same. "
            f"Found shape {tuple(where.shape)}."
        )
    order = where.argsort()
    total = scores.sum(-1, keepdim=True)
    shares = scores / torch.where(total > 0, total, 1)
    planted = mask.to(scores) / mask.sum()
    gap = (shares - planted)[..., order].cumsum(-1)[..., :-1].abs()
    steps = where[order].diff() / (where.max() - where.min())
    return torch.where(total[..., 0] > 0, 1 - (gap * steps).sum(-1), 0)
