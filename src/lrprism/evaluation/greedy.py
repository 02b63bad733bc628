"""The ceiling of the curves: regions removed in the order that a greedy search on the model finds."""

from __future__ import annotations

import torch
from torch import Tensor

from lrprism.evaluation.curves import Curves
from lrprism.evaluation.imputers import AbstractImputer
from lrprism.evaluation.predict import Model, Output, check_samples, read_target
from lrprism.evaluation.regions import Regions, check_regions


@torch.no_grad()
def find_greedy_curves(
    model: Model,
    x: Tensor,
    target: Tensor,
    *,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output = "probability",
) -> Curves:
    """Remove at each step the region whose removal lowers the output most, or raises it most.

    What a ranking that sees the model could reach, for comparison: not the exact maximum, as a greedy search
    does not look ahead. It takes ``count * (count + 1)`` samples through the model for each sample and draw.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples, ``[N, ...]``; a few are enough.
        target: Classes, ``[N]``.
        regions: What is removed together.
        imputer: What takes its place.
        output: The probability or the logit of the target.

    Raises:
        InputError: If there is not one class of the model for each sample.
    """
    check_samples(x, target)
    check_regions(regions, x)
    lowest, highest = (
        _search(model, x, target, sign, regions=regions, imputer=imputer, output=output) for sign in (1, -1)
    )
    return Curves(lowest, highest)


def _search(
    model: Model,
    x: Tensor,
    target: Tensor,
    sign: int,
    *,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output,
) -> Tensor:
    """Return the output after each greedy step, ``[N, count + 1]``; the smallest of ``sign`` times it."""
    count = regions.count
    removed = torch.zeros(len(x), count, dtype=torch.bool, device=x.device)
    curve = [read_target(model, x, target, output)]
    for _ in range(count):
        # one candidate for each sample and region that is still there
        rows, candidates = (~removed).nonzero(as_tuple=True)
        tried = removed[rows]
        tried[torch.arange(len(rows)), candidates] = True
        mask = regions.build_mask(tried)
        outputs = torch.stack([
            read_target(model, imputer.impute(x[rows], mask, rows=rows, draw=draw), target[rows], output)
            for draw in range(imputer.draws)
        ]).mean(0)  # fmt: skip
        # every sample has as many candidates left as any other
        best = (sign * outputs).reshape(len(x), -1).argmin(1, keepdim=True)
        removed.scatter_(1, candidates.reshape(len(x), -1).gather(1, best), True)
        curve.append(outputs.reshape(len(x), -1).gather(1, best)[:, 0])
    return torch.stack(curve, dim=1)
