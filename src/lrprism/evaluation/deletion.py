"""In-domain deletion: does relevance of a region follow what the output loses with it alone."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation.curves import score_regions
from lrprism.evaluation.imputers import AbstractImputer
from lrprism.evaluation.predict import (
    Model,
    Output,
    check_samples,
    check_targets,
    count_at_once,
    read_logits,
    read_target,
)
from lrprism.evaluation.ranks import correlate_ranks
from lrprism.evaluation.regions import Regions, check_regions


@torch.no_grad()
def measure_drops(
    model: Model,
    x: Tensor,
    target: Tensor,
    *,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output = "logit",
) -> Tensor:
    r"""Measure what the target's output loses when one region is removed.

    .. math:: d_{nm} = f(x_n) - f(x_n \text{ without region } m)

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        regions: What is removed together.
        imputer: What takes its place.
        output: The probability or the logit of the target.

    Returns:
        Drops, ``[N, count]``, mean over the imputer's draws.

    Raises:
        InputError: If there is not one class of the model for each sample.
    """
    check_samples(x, target)
    check_regions(regions, x)
    count = regions.count
    single = torch.eye(count, dtype=torch.bool, device=x.device)
    drops = []
    everyone = torch.arange(len(x), device=x.device)
    for part in torch.split(everyone, max(1, 4 * count_at_once(x) // count)):
        repeated, rows = x[part].repeat_interleave(count, dim=0), part.repeat_interleave(count)
        mask = regions.build_mask(single.repeat(len(part), 1))
        outputs = [
            read_target(model, imputer.impute(repeated, mask, rows=rows, draw=draw), target[rows], output)
            for draw in range(imputer.draws)
        ]
        remaining = torch.stack(outputs).mean(0).reshape(len(part), count)
        drops.append(read_target(model, x[part], target[part], output)[:, None] - remaining)
    return torch.cat(drops)


def measure_deletion(
    model: Model,
    x: Tensor,
    target: Tensor,
    relevance: Tensor,
    *,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output = "logit",
) -> Tensor:
    """Correlate relevance of regions with what the output loses with each, by ranks.

    After Hesse et al. 2024 (IDSDS, NeurIPS), who fine-tune the model on single deletions first: pass the copy
    that :func:`fine_tune` returns as ``model`` to judge within its domain.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        relevance: Relevance like ``x``, or scores of regions ``[N, count]``.
        regions: What is removed together.
        imputer: What takes its place.
        output: The probability or the logit of the target.

    Returns:
        Spearman's correlation per sample, ``[N]``; 0 where relevance is the same for all regions.

    Raises:
        InputError: If there is not one finite score per sample and region.
    """
    drops = measure_drops(model, x, target, regions=regions, imputer=imputer, output=output)
    return correlate_ranks(score_regions(relevance, regions), drops)


def fine_tune(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    regions: Regions,
    imputer: AbstractImputer,
    epochs: int = 3,
    learning_rate: float = 1e-4,
    seed: int = 0,
) -> nn.Module:
    """Return a copy of the model that has learned from samples with one random region removed.

    Adam with batches of 64 in eval mode, so that running statistics stay; the original does not change.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Training samples, ``[N, ...]``.
        target: Their classes, ``[N]``.
        regions: What is removed together.
        imputer: What takes its place.
        epochs: How often each sample is seen.
        learning_rate: Step of Adam.
        seed: Seed of the batches and of the removed regions.

    Raises:
        InputError: If there is no epoch, or the step is not above 0; or if there is not one class of the
            model for each sample.
    """
    check_samples(x, target)
    check_regions(regions, x)
    check_targets(x, target, read_logits(model, x[:1]).shape[1])
    target = target.long()
    if epochs < 1 or not learning_rate > 0:
        raise InputError(
            "fine-tuning should have at least one epoch and a learning rate above 0. "
            f"Found epochs={epochs}, learning_rate={learning_rate}."
        )
    copy = deepcopy(model).eval()
    optimizer = torch.optim.Adam(copy.parameters(), lr=learning_rate)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(x), generator=generator).to(x.device), 64):
            region = torch.randint(regions.count, (len(rows),), generator=generator).to(x.device)
            draw = int(torch.randint(imputer.draws, (), generator=generator))
            mask = regions.build_mask(nn.functional.one_hot(region, regions.count).bool())
            samples = imputer.impute(x[rows], mask, rows=rows, draw=draw)
            loss = nn.functional.cross_entropy(copy(samples), target[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    return copy
