"""Spectra, the network that reads them, and the methods that explain it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import torch
from captum.attr import GradientShap, ShapleyValueSampling
from torch import Tensor, nn

import lrprism as lp
from court.methods import Method, Relevance, draw_relevance, read_output
from evidence.peers import integrate, occlude, seed_draws
from evidence.settings import DRAWS, ORDERS
from evidence.training import Pair
from lrprism import presets, rules, select
from lrprism.composites import Composite
from lrprism.errors import InputError
from lrprism.spectral.bands import estimate_width
from lrprism.spectral.bands.pooling import build_box

DEFAULT: Final = "Epsilon, mean, pooled"
"""The way of the workbench where the user names none."""
WINDOW: Final = 5
"""Bands that permutation, occlusion and Shapley sampling treat as one."""
CONTINUUM: Final = (0.03, 0.05, 0.07)
"""The distances of the continuum as shares of the number of bands, as in the workbench."""
GAMMA: Final = Composite([(select.kind(select.Kind.LINEAR), rules.Gamma(0.25))])
"""For dense networks, on which the presets for convolutions are the same as Epsilon."""
CHOOSING: Final = 64
"""Validation samples by which ``auto`` chooses."""


@dataclass(frozen=True)
class Problem:
    """Spectra in parts, and their axis.

    Args:
        train: What the network learns from; ``x`` ``[N, band]`` as measured, ``y`` classes ``[N]`` or
            numbers ``[N, output]``.
        validation: What decides when training ends.
        test: What is explained.
        wavelength: Centre of each band in nm.
    """

    train: Pair
    validation: Pair
    test: Pair
    wavelength: np.ndarray

    @property
    def mean(self) -> Tensor:
        """Mean spectrum of the training part, ``[1, band]``."""
        return self.train.x.mean(0, keepdim=True)


class Standardise(nn.Module):
    """Subtract the mean of each band and divide by its deviation. Shapes: ``[N, band]``, in and out."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, x: Tensor) -> None:
        """Take both from some spectra, ``[N, band]``."""
        super().__init__()
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("deviation", x.std(0).clamp(min=1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Return the standardised spectra."""
        return (x - self.mean) / self.deviation


def list_methods(problem: Problem, *, is_dense: bool) -> dict[str, Method]:
    """Return the methods by name, the workbench's own way first.

    Args:
        problem: The data.
        is_dense: Whether the network has no convolutions, so that the presets for them say nothing new.
    """
    mean = problem.mean
    box = torch.from_numpy(build_box(problem.wavelength, estimate_pooling(problem))).float()
    pool = partial(pool_map, box=box)
    epsilon = Relevance(presets.Epsilon(), mean)
    gradients = seed_draws(integrate(mean), 0)
    methods: dict[str, Method] = {
        DEFAULT: pool(epsilon),
        "Epsilon, mean": epsilon,
        "Epsilon, mean + continuum, pooled": pool(partial(explain_beside_continuum, mean=mean)),
        "Epsilon, zero": Relevance(presets.Epsilon()),
        "Integrated Gradients, mean": gradients,
        "Integrated Gradients, mean, pooled": pool(gradients),
        "GradientShap": seed_draws(partial(sample_gradients, others=problem.train.x), 0),
        "Shapley sampling, 5 bands": seed_draws(partial(sample_shapley, mean=mean), 0),
        "Occlusion, 15 bands": seed_draws(occlude(mean, 3 * WINDOW, WINDOW), 0),
        "Permutation, 5 bands": permute_windows,
        "truth-free: correlation of the data": partial(correlate, pair=problem.train),
        "random": draw_relevance,
    }
    if is_dense:
        return {**methods, "Gamma 0.25, mean, pooled": pool(Relevance(GAMMA, mean))}
    samples = problem.validation.x[:: max(1, len(problem.validation.x) // CHOOSING)][:CHOOSING]
    return {
        **methods,
        "EpsilonGamma, mean, pooled": pool(Relevance(presets.EpsilonGamma(), mean)),
        "EpsilonPlus, mean, pooled": pool(Relevance(presets.EpsilonPlus(), mean)),
        "auto, pooled": pool(partial(explain_by_choice, samples=samples)),
    }


def find_data(package: str, path: str) -> Path:
    """Return a file of a package of data, whose code is not imported: that would ask for more packages.

    Raises:
        InputError: If the package is not there.
    """
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            f"data should be read from the package {package}. Found none of that name. Try make physics, "
            "which installs it."
        )
    return Path(next(iter(found.submodule_search_locations))) / path


def estimate_pooling(problem: Problem) -> float:
    """Return the width in nm over which maps are pooled, from the training part as in the workbench."""
    classes = None if problem.train.y.is_floating_point() else problem.train.y
    return estimate_width(problem.train.x.double().numpy(), problem.wavelength, classes)


def pool_map(method: Method, box: Tensor) -> Method:
    """Return a method whose map is summed over a box along wavelength, ``[band, band]``."""

    def explain(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        return method(model, x, target) @ box.T

    return explain


def explain_beside_continuum(model: nn.Module, x: Tensor, target: Tensor, mean: Tensor) -> Tensor:
    """Return LRP-ε against a third of the training mean and two thirds of each spectrum's continuum."""
    widths = sorted({max(1, round(share * x.shape[1])) for share in CONTINUUM})
    reference = lp.reference.mix(mean.expand_as(x), lp.reference.continuum(x, widths, axis=1), 1 / 3)
    return Relevance(presets.Epsilon(), reference)(model, x, target)


def explain_by_choice(model: nn.Module, x: Tensor, target: Tensor, samples: Tensor) -> Tensor:
    """Return the relevance of the preset that ``auto`` chooses on validation samples."""
    relevance: Tensor = lp.LRP(model, "auto", samples=samples).explain(x, target).relevance
    return relevance


def sample_gradients(model: nn.Module, x: Tensor, target: Tensor, others: Tensor) -> Tensor:
    """Return captum's GradientShap, with training spectra as baselines."""
    drawn = others[torch.randperm(len(others))[:DRAWS]]
    # captum draws baselines by numpy's own generator, which torch's seed does not reach
    state = np.random.get_state()
    np.random.seed(0)
    try:
        relevance: Tensor = GradientShap(model).attribute(x, drawn, n_samples=DRAWS, target=target)
    finally:
        np.random.set_state(state)
    return relevance


def sample_shapley(model: nn.Module, x: Tensor, target: Tensor, mean: Tensor) -> Tensor:
    """Return captum's Shapley sampling over windows of bands, against the training mean."""
    relevance: Tensor = ShapleyValueSampling(model).attribute(
        x,
        baselines=mean.expand_as(x).contiguous(),
        target=target,
        feature_mask=(torch.arange(x.shape[1]) // WINDOW)[None],
        n_samples=ORDERS,
        perturbations_per_eval=8,
    )
    return relevance


def permute_windows(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Return the fall of the output where a window of bands is that of another sample: the mean of three."""
    draw = torch.Generator().manual_seed(0)
    relevance = torch.zeros_like(x)
    with torch.no_grad():
        whole = read_output(model, x, target)
        for start in range(0, x.shape[1], WINDOW):
            window = slice(start, start + WINDOW)
            falls = []
            for _ in range(3):
                hidden = x.clone()
                hidden[:, window] = x[torch.randperm(len(x), generator=draw), window]
                falls.append(whole - read_output(model, hidden, target))
            relevance[:, window] = torch.stack(falls).abs().mean(0)[:, None]
    return relevance


def correlate(model: nn.Module, x: Tensor, target: Tensor, pair: Pair) -> Tensor:  # noqa: ARG001 - no network
    """Return the squared correlation of each band with what the output stands for, in the training part."""
    outputs = pair.y if pair.y.is_floating_point() else nn.functional.one_hot(pair.y).float()
    bands, outputs = (
        (part - part.mean(0)) / (part.std(0, correction=0) + 1e-12) for part in (pair.x, outputs)
    )
    squared = (outputs.T @ bands / len(bands)).square()
    return squared[target]


def average_magnitude(relevance: Tensor, target: Tensor) -> Mapping[int, np.ndarray]:
    """Return the mean of |R| over the samples of each explained output, ``[band]``."""
    magnitude = relevance.detach().abs().double()
    return {int(output): magnitude[target == output].mean(0).numpy() for output in target.unique()}
