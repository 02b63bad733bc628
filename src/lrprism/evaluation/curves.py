"""The model's output while regions are removed, most or least relevant first, and the area between."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.imputers import AbstractImputer
from lrprism.evaluation.predict import (
    Model,
    Output,
    check_classes,
    check_samples,
    count_at_once,
    read_logits,
    read_target,
)
from lrprism.evaluation.regions import Regions, check_regions, check_scores_finite


@dataclass(frozen=True, eq=False)
class Curves:
    r"""The output of the target while regions are removed, per sample.

    .. math:: SRG = \int_0^1 LIF(u)\,du - \int_0^1 MIF(u)\,du

    with u the fraction of the regions that is removed, by trapezoids; a random order gives 0. Symmetric
    relevance gain of Blücher et al. 2024 (arXiv 2401.06654).

    Args:
        mif: Most relevant first, ``[N, regions + 1]``; nothing is removed at 0.
        lif: Least relevant first, likewise.
    """

    mif: Tensor
    lif: Tensor

    @property
    def fraction(self) -> Tensor:
        """The fraction removed at each step, ``[regions + 1]``."""
        return torch.linspace(0, 1, self.mif.shape[1])

    @property
    def mif_area(self) -> Tensor:
        """Area under the curve of the most relevant first, ``[N]``; low for a faithful method."""
        return _measure_area(self.mif)

    @property
    def lif_area(self) -> Tensor:
        """Area under the curve of the least relevant first, ``[N]``; high for a faithful method."""
        return _measure_area(self.lif)

    @property
    def srg(self) -> Tensor:
        """Area between the two, ``[N]``; high for a faithful method."""
        return self.lif_area - self.mif_area


def _measure_area(curve: Tensor) -> Tensor:
    return torch.trapezoid(curve, dx=1 / (curve.shape[1] - 1), dim=1)


def rank_regions(scores: Tensor, seed: int = 0) -> Tensor:
    """Order regions by their scores, highest first; ties in an order drawn at random.

    Without the draw, ties would go by position, which may be where the truth lies.
    Shapes: ``scores``: ``[N, count]``; result: numbers of regions, ``[N, count]``.
    """
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.rand(scores.shape, generator=generator).argsort(1).to(scores.device)
    return shuffled.gather(1, scores.gather(1, shuffled).argsort(dim=1, descending=True, stable=True))


def score_regions(scores: Tensor, regions: Regions) -> Tensor:
    """Return scores of regions: relevance is summed over each, scores of regions stay as they are.

    Raises:
        InputError: If they have neither the shape of the samples nor one score per region, or are not finite.
    """
    is_relevance = scores.shape[1:] == regions.shape
    if not is_relevance and scores.shape[1:] != (regions.count,):
        raise InputError(
            f"scores should be relevance [N, {', '.join(map(str, regions.shape))}] or one score for each of "
            f"the {regions.count} regions. Found shape {tuple(scores.shape)}."
        )
    check_scores_finite(scores)
    return regions.sum_over(scores) if is_relevance else scores


def measure_curves(
    model: Model,
    x: Tensor,
    target: Tensor,
    scores: Tensor,
    *,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output = "probability",
    seed: int = 0,
) -> Curves:
    """Remove regions in the order of their relevance and in the reverse order, and follow the output.

    At each step the original is imputed anew with all that is removed so far.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        scores: Relevance like ``x``, which is summed over each region, or scores of regions ``[N, count]``.
        regions: What is removed together.
        imputer: What takes its place.
        output: The probability or the logit of the target.
        seed: Seed of the order among ties.

    Raises:
        InputError: If there is not one finite score per sample and region, or not one class per sample.
    """
    check_samples(x, target)
    check_regions(regions, x)
    if len(scores) != len(x):
        raise InputError(f"scores should be there for each of the {len(x)} samples. Found {len(scores)}.")
    order = rank_regions(score_regions(scores, regions), seed)
    mif, lif = (
        _follow(model, x, target, way, regions=regions, imputer=imputer, output=output)
        for way in (order, order.flip(1))
    )
    return Curves(mif, lif)


@torch.no_grad()
def _follow(
    model: Model,
    x: Tensor,
    target: Tensor,
    order: Tensor,
    *,
    regions: Regions,
    imputer: AbstractImputer,
    output: Output,
) -> Tensor:
    """Return the output after each step of an order, ``[N, count + 1]``, mean over the imputer's draws."""
    steps = order.shape[1] + 1
    rows = torch.arange(len(x), device=x.device)
    curves = []
    # a few batches of the model at once: imputers and models have a cost per call
    for part in torch.split(rows, max(1, 4 * count_at_once(x) // steps)):
        repeated = target[part].repeat_interleave(steps)
        outputs = []
        for draw in range(imputer.draws):
            imputed = imputer.impute_path(x[part], order[part], regions, rows=part, draw=draw)
            outputs.append(read_target(model, imputed.flatten(0, 1), repeated, output))
        curves.append(torch.stack(outputs).mean(0).reshape(len(part), steps))
    return torch.cat(curves)


@dataclass(frozen=True)
class Reliability:
    """The model's word on samples that were imputed as a whole.

    Args:
        on_class: Fraction that is still of its class: what is left after everything was removed.
        probability: Mean probability of the class.
        chance: The probability of a model that sees nothing, 1 / classes.
    """

    on_class: float
    probability: float
    chance: float


def measure_reliability(model: Model, x: Tensor, target: Tensor, imputer: AbstractImputer) -> Reliability:
    """Impute samples as a whole and read the model: an imputer that leaves the class there hides nothing.

    Args:
        model: The model, logits ``[N, classes]``.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        imputer: What takes the place of everything.

    Raises:
        InputError: If there is not one class of the model for each sample.
    """
    check_samples(x, target)
    rows = torch.arange(len(x), device=x.device)
    everything = torch.ones((len(x),) + (1,) * (x.dim() - 1), dtype=torch.bool, device=x.device)
    mask = everything.expand(x.shape)
    logits = torch.stack(
        [read_logits(model, imputer.impute(x, mask, rows=rows, draw=draw)) for draw in range(imputer.draws)]
    )
    check_classes(target, len(x), logits.shape[2])
    target = target.long()
    probability = logits.softmax(2).gather(2, target.expand(imputer.draws, -1)[..., None]).mean()
    return Reliability(
        on_class=(logits.argmax(2) == target).double().mean().item(),
        probability=probability.item(),
        chance=1 / logits.shape[2],
    )
