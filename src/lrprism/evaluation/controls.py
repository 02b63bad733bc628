"""Maps that know no model: what any explanation has to beat."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.predict import Method, check_samples
from lrprism.evaluation.regions import Regions, read_axis

RANDOM = "random"
"""Name of the random ranking."""
_LEAST_WITHIN = 1e-9


def make_controls(x: Tensor, target: Tensor, *, axis: int = 1, seed: int = 0) -> dict[str, Method]:
    r"""Build the random map and the controls that know the data alone.

    ``random``: uniform numbers, others at every call; :func:`draw_ranking` ranks regions at random.
    ``|x - mean|``: the distance from the mean of the training samples. ``|dx/db|``: the slope along the axis
    of the bands. ``ANOVA F``: for each feature, the variance between the classes over that within, from the
    training samples,

    .. math:: F = \frac{\sum_k n_k (\bar x_k - \bar x)^2 / (K - 1)}
                       {\sum_k \sum_{n \in k} (x_n - \bar x_k)^2 / (N - K)}

    On planted data the last sees the mask itself: no explanation can beat it there. None of them has a sign,
    so that the sum over a region grows with its size: of unequal regions they rank the larger ones higher.

    Args:
        x: Training samples, ``[S, ...]``.
        target: Their classes, ``[S]``.
        axis: The axis of the bands.
        seed: Seed of the random map.

    Returns:
        Attribution functions by name.

    Raises:
        InputError: If there are fewer than two classes, or no class with two samples, or no such axis.
    """
    axis = read_axis(axis, x)
    mean, scores = x.mean(0), measure_anova(x, target)
    generator = torch.Generator().manual_seed(seed)

    def draw_random(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        return torch.rand(x.shape, generator=generator).to(x)

    def measure_distance(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        return (x - mean.to(x)).abs()

    def measure_slope(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        # a single band has no slope
        return torch.gradient(x, dim=axis)[0].abs() if x.shape[axis] > 1 else torch.zeros_like(x)

    def repeat_anova(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        return scores.to(x).expand(x.shape)

    return {
        RANDOM: draw_random,
        "|x - mean|": measure_distance,
        "|dx/db|": measure_slope,
        "ANOVA F": repeat_anova,
    }


def draw_ranking(count: int, regions: Regions, *, seed: int = 0) -> Tensor:
    """Draw the scores of a random ranking: each region is first equally often, whatever its size.

    Sums of a random map over the regions would put the larger ones first.

    Args:
        count: Number of samples N.
        regions: What is ranked.
        seed: Seed of the draw.

    Returns:
        Scores of regions, ``[N, regions]``.
    """
    return torch.rand(count, regions.count, generator=torch.Generator().manual_seed(seed))


def measure_anova(x: Tensor, target: Tensor) -> Tensor:
    """Return the F statistic of each feature, of the shape of one sample; 0 for a constant feature.

    Raises:
        InputError: If there are fewer than two classes, or not more samples than classes; or if a sample is
            not finite or has no class.
    """
    check_samples(x, target)
    if not x.isfinite().all():
        raise InputError(
            f"ANOVA should have finite samples. Found {int((~x.isfinite()).sum())} of {x.numel()} values "
            "that are not. Leave such samples out."
        )
    classes = torch.unique(target)
    if len(classes) < 2 or len(x) <= len(classes):
        raise InputError(
            "ANOVA should have samples of at least two classes, and more samples than classes. "
            f"Found {len(x)} samples of {len(classes)} classes. Pass training=(x, y)."
        )
    values = x.double()
    between, within = torch.zeros_like(values[0]), torch.zeros_like(values[0])
    for class_ in classes:
        members = values[target == class_]
        between += len(members) * (members.mean(0) - values.mean(0)) ** 2
        within += ((members - members.mean(0)) ** 2).sum(0)
    # a feature that is the class itself has no variance within: a floor keeps F finite
    floored = within.maximum(_LEAST_WITHIN * between)
    ratio = (between / (len(classes) - 1)) / (floored / (len(x) - len(classes)))
    return ratio.nan_to_num(nan=0.0).to(x.dtype)  # a constant feature is 0 / 0
