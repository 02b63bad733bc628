"""Curves of several methods at once: what two of them remove alike is run through the model once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lrprism.evaluation.curves import Curves, rank_regions, score_regions
from lrprism.evaluation.imputers import AbstractImputer
from lrprism.evaluation.predict import Model, Output, check_samples, count_at_once, read_target
from lrprism.evaluation.regions import Regions, check_regions

_KEYS_AT_ONCE = 2**23
"""Numbers by which the steps of some samples are compared, in memory at a time."""


def measure_shared_curves(
    model: Model,
    x: Tensor,
    target: Tensor,
    scores: Sequence[Tensor],
    *,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output = "probability",
    seed: int = 0,
) -> list[Curves]:
    """Return for each of several methods what :func:`measure_curves` returns, in fewer runs of the model.

    Methods that explain one network well agree on many regions: the first and the last steps of their curves
    are often the same, and the ends always.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        scores: Of each method, relevance like ``x`` or scores of regions ``[N, count]``.
        regions: What is removed together.
        imputer: What takes its place.
        output: The probability or the logit of the target.
        seed: Seed of the order among ties.

    Raises:
        InputError: If a method has not one finite score per sample and region, or a sample not one class.
    """
    check_samples(x, target)
    check_regions(regions, x)
    orders = torch.stack([rank_regions(score_regions(each, regions), seed) for each in scores])
    both = torch.stack([orders, orders.flip(2)])  # [way, method, sample, place]
    rows = torch.arange(len(x), device=x.device)
    # a key of a number per region for each way, method and step
    keys = 2 * len(scores) * (regions.count + 1) * (regions.count + 1)
    mif, lif = torch.cat([
        _follow_together(model, x, target, both[:, :, part], part, regions, imputer, output)
        for part in torch.split(rows, max(1, _KEYS_AT_ONCE // keys))
    ], dim=2)  # fmt: skip
    return [Curves(*pair) for pair in zip(mif, lif, strict=True)]


def _follow_together(
    model: Model,
    x: Tensor,
    target: Tensor,
    orders: Tensor,
    rows: Tensor,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output,
) -> Tensor:
    """Return the output after each step of several orders, ``[way, method, sample, step]``."""
    steps = torch.arange(regions.count + 1, device=x.device)
    # region m is removed at step k if its place in the order is before k
    removed = orders.argsort(3)[..., None, :] < steps[:, None]
    numbers = rows[:, None, None].expand(*removed.shape[:-1], 1)
    keys = torch.cat([numbers, removed.to(rows)], -1).flatten(0, 3)
    distinct, position = torch.unique(keys, dim=0, return_inverse=True)
    values = torch.cat([
        _read_removed(model, x, target, part[:, 0], part[:, 1:].bool(), regions, imputer, output)
        for part in torch.split(distinct, count_at_once(x))
    ])  # fmt: skip
    return values[position].reshape(removed.shape[:-1])


@torch.no_grad()
def _read_removed(
    model: Model,
    x: Tensor,
    target: Tensor,
    rows: Tensor,
    removed: Tensor,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output,
) -> Tensor:
    """Return the output with some regions removed, mean over the imputer's draws."""
    mask = regions.build_mask(removed)
    outputs = [
        read_target(model, imputer.impute(x[rows], mask, rows=rows, draw=draw), target[rows], output)
        for draw in range(imputer.draws)
    ]
    return torch.stack(outputs).mean(0)
