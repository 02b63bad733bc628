"""Other methods, those of captum (extra ``eval``) with the baselines and settings that suit them."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import torch
from captum.attr import (
    GradientShap,
    InputXGradient,
    IntegratedGradients,
    NoiseTunnel,
    Occlusion,
    Saliency,
    ShapleyValueSampling,
)
from torch import Tensor, nn

from evidence.candidates import Map
from evidence.problem import Problem
from evidence.settings import COVER, DRAWS, NOISE, ORDERS, STEPS, WINDOW
from lrprism.evaluation import Method

AT_A_TIME: Final = 8
"""Copies of the samples that occlusion and Shapley sampling run at a time."""


def build_peers(problem: Problem, seed: int) -> Iterator[tuple[Map, Method]]:
    """Return the other methods.

    Args:
        problem: The data; its training mean is the baseline, its training samples those of GradientShap.
        seed: Seed of the methods that draw.
    """
    mean = problem.mean
    drawn = problem.train.x[torch.randperm(len(problem.train.x), generator=torch.Generator().manual_seed(0))]
    methods: dict[Map, Callable[[nn.Module, Tensor, Tensor], Any]] = {
        Map("Gradient x Input", "none"): lambda model, x, target: InputXGradient(model).attribute(x, target),
        Map("Integrated Gradients", "zero"): integrate(torch.zeros_like(mean)),
        Map("Integrated Gradients", "mean"): integrate(mean),
        Map("SmoothGrad", "none"): smooth,
        Map("GradientShap", "training samples"): lambda model, x, target: GradientShap(model).attribute(
            x, drawn[:DRAWS], n_samples=DRAWS, target=target
        ),
        Map("Occlusion, 1 band", "mean"): occlude(mean, 1, 1),
        Map(f"Occlusion, {COVER} bands", "mean"): occlude(mean, COVER, WINDOW),
        Map(f"Shapley sampling, {WINDOW} bands", "mean"): sample_shapley(mean),
    }
    for name, method in methods.items():
        yield name, seed_draws(method, seed)


def seed_draws(method: Callable[[nn.Module, Tensor, Tensor], Any], seed: int) -> Method:
    """Return a method that draws the same numbers in every call; torch's own generator stays as it was."""

    def explain(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            relevance: Tensor = method(model, x, target)
        return relevance.detach()

    return explain


def integrate(baseline: Tensor) -> Callable[[nn.Module, Tensor, Tensor], Any]:
    """Return integrated gradients from a baseline, ``[1, band, ...]``."""

    def explain(model: nn.Module, x: Tensor, target: Tensor) -> Any:
        start = baseline.expand_as(x).contiguous()
        return IntegratedGradients(model).attribute(
            x, start, target=target, n_steps=STEPS, internal_batch_size=8 * len(x)
        )

    return explain


def smooth(model: nn.Module, x: Tensor, target: Tensor) -> Any:
    """Return SmoothGrad: the mean magnitude of the gradient at noisy copies."""
    tunnel = NoiseTunnel(Saliency(model))
    return tunnel.attribute(x, nt_type="smoothgrad", nt_samples=DRAWS, stdevs=NOISE, target=target)


def occlude(baseline: Tensor, width: int, step: int) -> Callable[[nn.Module, Tensor, Tensor], Any]:
    """Return occlusion of so many bands in steps of so many, over all pixels."""

    def explain(model: nn.Module, x: Tensor, target: Tensor) -> Any:
        behind = x.shape[2:]
        return Occlusion(model).attribute(
            x,
            (width, *behind),
            (step, *behind),
            baselines=baseline.expand_as(x).contiguous(),
            target=target,
            perturbations_per_eval=AT_A_TIME,
        )

    return explain


def sample_shapley(baseline: Tensor) -> Callable[[nn.Module, Tensor, Tensor], Any]:
    """Return Shapley sampling over windows of bands, over all pixels."""

    def explain(model: nn.Module, x: Tensor, target: Tensor) -> Any:
        windows = (torch.arange(x.shape[1]) // WINDOW).reshape(-1, *(1 for _ in x.shape[2:]))
        return ShapleyValueSampling(model).attribute(
            x,
            baselines=baseline.expand_as(x).contiguous(),
            target=target,
            feature_mask=windows.expand(x.shape[1:]).contiguous()[None],
            n_samples=ORDERS,
            perturbations_per_eval=AT_A_TIME,
        )

    return explain
