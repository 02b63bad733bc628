"""Dependence of a map on the class that is explained, and on what the network has learned."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lrprism.errors import InputError, ModelError, RelevanceWarning
from lrprism.evaluation.bootstrap import Bootstrap, Interval
from lrprism.evaluation.predict import Method, Model, attribute
from lrprism.evaluation.ranks import correlate_ranks
from lrprism.evaluation.samples import draw_other_classes

PASSES_BELOW = 0.5
"""Rank correlation with the map of a network of random weights below which a map has changed."""
_BINS = 100
_OWN_STREAM = 2_654_435_769
"""Added to seeds: with those that people give, the weights that training began with would come again."""


def measure_random_logit(
    method: Method,
    model: Model,
    x: Tensor,
    target: Tensor,
    *,
    classes: int,
    bootstrap: Bootstrap | None = None,
) -> Interval:
    """Correlate the map of the class with that of another class, drawn at random, by ranks.

    After Sixt et al. 2020 (When explanations lie). Lower is better, but two classes may rest on the same
    features, so that there is no limit to pass.

    Args:
        method: The attribution.
        model: The model.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        classes: Number of classes of the model.
        bootstrap: How intervals are drawn, and the seed of the other classes.

    Raises:
        InputError: If there are fewer than two classes.
    """
    if classes < 2:
        raise InputError(f"classes should be at least 2, to explain another one. Found {classes}.")
    draw = bootstrap or Bootstrap()
    others = draw_other_classes(target, classes, draw.seed)
    maps = [attribute(method, model, x, explained) for explained in (target, others)]
    return draw.measure(_compare_maps(*maps))


def _compare_maps(a: Tensor, b: Tensor) -> Tensor:
    """Return the rank correlation of each map with another; 1 of two constant ones, which say the same."""
    is_constant = torch.ones(len(a), dtype=torch.bool, device=a.device)
    for maps in (a.flatten(1), b.flatten(1)):
        is_constant &= (maps == maps[:, :1]).all(1)
    return torch.where(is_constant, 1.0, correlate_ranks(a, b))


@dataclass(frozen=True)
class Randomisation:
    r"""The change of a map when the weights are drawn anew.

    Args:
        similarity: Mean rank correlation of the map with that of the network with random weights.
        size_similarity: The same of ``|R|``. A product with the input may stay large where the input is,
            though its signs change.
        entropy_rise: eMPRT, :math:`(C(R') - C(R)) / C(R)` with C the entropy of the histogram of ``|R|``,
            after Hedström et al. 2024 (arXiv 2401.06465); above 0 where the map got more complex. To be
            reported, not to rank by.
        passed: True if the similarity is below .5, with the upper end of its interval.
    """

    similarity: Interval
    size_similarity: Interval
    entropy_rise: Interval
    passed: bool


def measure_randomisation(
    method: Method,
    model: Model,
    x: Tensor,
    target: Tensor,
    *,
    draws: int = 3,
    bootstrap: Bootstrap | None = None,
) -> Randomisation:
    """Explain copies of the model whose weights are drawn anew: a map that stays shows the data alone.

    Values that are 0 in the maps of all samples, as of pixels that the network does not look at, are left
    out.

    Pass or fail: maps of noise change most (Binder et al. 2023), so that more change is not better.

    Args:
        method: The attribution; it has to explain the model that it is called with.
        model: The model, an ``nn.Module``; it does not change.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        draws: Copies; similarities and entropies are means over them.
        bootstrap: How intervals are drawn, and the seed of the weights.

    Raises:
        InputError: If there is no draw.
    """
    if draws < 1:
        raise InputError(f"draws should be at least 1. Found {draws}.")
    draw = bootstrap or Bootstrap()
    learned = attribute(method, model, x, target)
    rows = []
    for number in range(draws):
        # what a map of random weights lacks is no news to the user
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RelevanceWarning)
            random = attribute(method, randomise(model, draw.seed + number), x, target)
        # pixels beside the one that the network looks at are 0 in every map: they would agree in any two
        seen = ((learned != 0) | (random != 0)).any(0)
        pair = (learned, random) if not seen.any() else (learned[:, seen], random[:, seen])
        similarities = _compare_maps(*pair), _compare_maps(*(relevance.abs() for relevance in pair))
        rows.append(torch.stack([*similarities, measure_entropy(random.abs())], dim=1))
    means = torch.stack(rows).mean(0)
    entropies = torch.stack([measure_entropy(learned.abs()), means[:, 2]], dim=1)
    similarity = draw.measure(means[:, 0])
    return Randomisation(
        similarity=similarity,
        size_similarity=draw.measure(means[:, 1]),
        # of means: one map with an entropy of 0 would make a mean of ratios infinite
        entropy_rise=draw.measure(entropies, lambda pair: pair[:, 1] / pair[:, 0].clamp(min=1e-12) - 1),
        passed=similarity.high < PASSES_BELOW,
    )


def randomise(model: Model, seed: int = 0) -> nn.Module:
    """Return a copy of a model with all weights drawn anew.

    Layers of torch draw as they do when they are made; a parameter of any other module becomes a random order
    of its own entries.

    Args:
        model: The model; it does not change.
        seed: Seed of the draw; torch's own random state does not change.

    Raises:
        ModelError: If it is no ``nn.Module`` or has no weights.
    """
    if not isinstance(model, nn.Module) or not any(True for _ in model.parameters()):
        raise ModelError(
            "a model whose weights are drawn anew should be an nn.Module with parameters. "
            f"Found {type(model).__name__}. Pass the module itself."
        )
    copy = deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_OWN_STREAM + seed)
        for module in copy.modules():
            # layers with several weights, such as attention, have the private name
            reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if callable(reset):
                reset()
                continue
            # a parameter that the user's own module holds: how it was first drawn is not known
            for parameter in module.parameters(recurse=False):
                order = torch.randperm(parameter.numel())
                parameter.data = parameter.data.flatten()[order].reshape(parameter.shape)
    return copy


def measure_entropy(relevance: Tensor) -> Tensor:
    r"""Return the entropy of each map's histogram, 100 bins from its smallest to its largest value.

    .. math:: C = -\sum_b p_b \ln p_b

    Shapes: ``relevance``: ``[N, ...]``; result ``[N]``, float64.
    """
    flat = relevance.flatten(1).double()
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    # a constant map is one bin
    span = torch.where(high > low, high - low, 1)
    bins = ((flat - low) / span * _BINS).long().clamp(max=_BINS - 1)
    shares = torch.zeros(len(flat), _BINS, dtype=torch.float64, device=flat.device)
    shares.scatter_add_(1, bins, torch.full_like(flat, 1 / flat.shape[1]))
    terms: Tensor = torch.xlogy(shares, shares)
    return -terms.sum(1)
