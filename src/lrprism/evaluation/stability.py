"""Change of relevance when the sensor's noise changes the sample."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.bootstrap import Bootstrap, Interval
from lrprism.evaluation.imputers import fit_reference
from lrprism.evaluation.predict import Method, Model, attribute, read_logits


@dataclass(frozen=True)
class Sensitivity:
    """Relative change of relevance under noise.

    Args:
        maximum: Mean over samples of the largest change among the draws.
        mean: Mean over samples of the mean change.
        dropped: Samples that were left out, as noise changed what the model predicts, or a map of zeros, of
            which no change is a share.
    """

    maximum: Interval
    mean: Interval
    dropped: int


def measure_sensitivity(
    method: Method,
    model: Model,
    x: Tensor,
    target: Tensor,
    noise: Tensor | float,
    *,
    draws: int = 10,
    bootstrap: Bootstrap | None = None,
) -> Sensitivity:
    r"""Measure how much relevance changes under noise.

    .. math:: s_{nd} = \lVert R(x_n + \delta_d) - R(x_n) \rVert / \lVert R(x_n) \rVert,
              \quad \delta_d \sim N(0, \sigma^2)

    A constant map changes least of all, so this alone says nothing for a method; and the model itself may
    change more than its prediction shows.

    Args:
        method: The attribution.
        model: The model.
        x: Samples, ``[N, ...]``.
        target: Classes, ``[N]``.
        noise: Standard deviation σ in the unit of ``x``, a number or a tensor that broadcasts with a sample,
            such as the sensor's noise per band.
        draws: Noisy copies of each sample.
        bootstrap: How intervals are drawn, and the seed of the noise.

    Raises:
        InputError: If every prediction changed, or every map of zeros.
    """
    sigma = _read_noise(noise, x, draws)
    draw = bootstrap or Bootstrap()
    generator = torch.Generator().manual_seed(draw.seed)
    predicted = read_logits(model, x).argmax(1)
    relevance = attribute(method, model, x, target).flatten(1).double()
    size = relevance.norm(dim=1)
    stays = torch.ones(len(x), dtype=torch.bool, device=x.device)
    changes = []
    for _ in range(draws):
        noisy = x + sigma * torch.randn(x.shape, generator=generator).to(x)
        # where the prediction changes, so should the map
        stays &= read_logits(model, noisy).argmax(1) == predicted
        moved = attribute(method, model, noisy, target).flatten(1).double()
        change = (moved - relevance).norm(dim=1)
        # a map of zeros that stays one has not changed
        changes.append(torch.where(change == 0, 0, change / size))
    relative = torch.stack(changes, dim=1)
    left = stays & relative.isfinite().all(1)
    _check_left(stays, left)
    return Sensitivity(
        maximum=draw.measure(relative[left].amax(1)),
        mean=draw.measure(relative[left].mean(1)),
        dropped=int((~left).sum()),
    )


def _check_left(stays: Tensor, left: Tensor) -> None:
    """Check that samples are left whose change can be measured.

    Args:
        stays: Whether the prediction of each sample stays, ``[N]``.
        left: Whether its change is a share of its map too, ``[N]``.

    Raises:
        InputError: If none is.
    """
    if not stays.any():
        raise InputError(
            f"noise should leave the prediction of some samples as it is. Found all {len(stays)} changed. "
            "Try less noise."
        )
    if not left.any():
        raise InputError(
            "relevance should not be zero everywhere. Found zeros alone for every one of the "
            f"{int(stays.sum())} samples whose prediction stays. Look at the method, and at the network."
        )


def _read_noise(noise: Tensor | float, x: Tensor, draws: int) -> Tensor:
    """Return the standard deviation as a tensor.

    Raises:
        InputError: If it is not above 0 anywhere, does not fit a sample, or there is no draw.
    """
    sigma = fit_reference(torch.as_tensor(noise), x, "noise")
    if not sigma.isfinite().all() or (sigma < 0).any() or not (sigma > 0).any() or draws < 1:
        raise InputError(
            "noise should be a standard deviation above 0, with at least one draw. "
            f"Found values from {sigma.min().item():.3g} to {sigma.max().item():.3g}, draws={draws}."
        )
    return sigma
