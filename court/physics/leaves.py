"""Leaves: relevance for a trait beside the derivative of reflectance by that trait."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Final

import numpy as np
import torch
from torch import Tensor

from court.physics.problem import Problem, average_magnitude, estimate_pooling, list_methods
from court.physics.regression import Numbers, ask_for_all, explain_variance, fit
from court.trial import Case, Goal, Trial, train_once
from evidence.networks import build_mlp
from evidence.training import Pair
from lrprism.evaluation.recovery import roc_auc
from lrprism.spectral.simulate import TRAITS, leaf_optics

WAVELENGTH: Final = np.arange(400.0, 2500.0, 10.0)
LEAVES: Final = {"train": 2000, "validation": 400, "test": 60}
NOISE: Final = 0.003
PART: Final = 0.5
"""A band is sensitive to a trait where the derivative is at least this part of its largest."""
STEP: Final = 1e-3
EPOCHS: Final = 60


def draw_leaves(count: int, draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Return traits that are independent of each other, each even over its range, ``[leaf]``."""
    return {name: draw.uniform(trait.low, trait.high, count) for name, trait in TRAITS.items()}


def differentiate(traits: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    r"""Return :math:`|\partial \rho / \partial c|` of each trait by central differences, ``[leaf, band]``.

    The step is a thousandth of the trait's range.
    """
    slopes = {}
    for name, trait in TRAITS.items():
        step = STEP * (trait.high - trait.low)
        above, below = (
            leaf_optics({**traits, name: traits[name] + side}, WAVELENGTH).reflectance
            for side in (step, -step)
        )
        slopes[name] = np.abs(above - below) / (2 * step)
    return slopes


def make_problem(seed: int) -> tuple[Problem, dict[str, np.ndarray]]:
    """Draw the three parts, and the traits of the leaves of the test part."""
    draw = np.random.default_rng(seed)
    parts = []
    for count in LEAVES.values():
        traits = draw_leaves(count, draw)
        clean = leaf_optics(traits, WAVELENGTH).reflectance
        noisy = clean + draw.normal(scale=NOISE, size=clean.shape)
        contents = np.stack(list(traits.values()), axis=1)
        parts.append(Pair(torch.from_numpy(noisy).float(), torch.from_numpy(contents).float()))
    return Problem(*parts, WAVELENGTH), traits


def prepare(case: str, models: Path) -> Case:
    """Train one network for all traits, and explain each of them on leaves that it has not seen."""
    seed = int(case.removeprefix("seed "))
    problem, traits = make_problem(seed)
    empty, untrained = (Numbers(build_mlp(len(WAVELENGTH), len(TRAITS)), problem.train) for _ in range(2))
    train = partial(fit, untrained, problem.train, problem.validation, seed=seed, epochs=EPOCHS)
    model = train_once(models / f"leaves-{seed}.pt", empty, train)
    x, target = ask_for_all(problem.test)
    truth = {
        name: torch.from_numpy(slope.mean(0) >= PART * slope.mean(0).max())
        for name, slope in differentiate(traits).items()
    }
    methods = {
        name: partial(method, model, x, target)
        for name, method in list_methods(problem, is_dense=True).items()
    }
    fits = explain_variance(model, problem.test).tolist()
    premise = {f"R2 of {name}": fit for name, fit in zip(TRAITS, fits, strict=True)}
    premise["pooled over nm"] = estimate_pooling(problem)
    return Case(premise, methods, lambda relevance: score(relevance, target, truth))


def score(relevance: Tensor, target: Tensor, truth: Mapping[str, Tensor]) -> dict[str, float]:
    """Return the AUC of mean |R| for the sensitive bands of each trait, and their mean."""
    magnitudes = average_magnitude(relevance, target)
    areas = {
        name: float(roc_auc(torch.from_numpy(magnitudes[output]), mask))
        for output, (name, mask) in enumerate(truth.items())
    }
    return {"AUC": mean(areas.values()), **areas}


TRIAL: Final = Trial(
    name="leaves",
    title="Traits of leaves",
    task=(
        "Reflectance of leaves by PROSPECT-D, 400 to 2490 nm by 10, with noise of .003; their six traits are "
        "drawn independently, and a small dense network estimates all of them. Truth for a trait are the "
        "bands where the derivative of reflectance by it, of the mean of the test leaves, is at least half "
        "its largest. Scores are areas under the ROC curve of mean |R| for these bands. A network may need "
        "other bands too, to tell the trait from the rest; the derivative knows nothing of that."
    ),
    source=(
        "PROSPECT-D (Féret et al. 2017) as written in lrprism.spectral.simulate and tested against the "
        "package prosail; derivatives by central differences, tested against the automatic ones of torchrtm."
    ),
    same="no: a physical model, not a benchmark",
    cases=tuple(f"seed {seed}" for seed in range(5)),
    metrics=("AUC", *TRAITS),
    prepare=prepare,
    goals=(Goal("AUC", 0.9),),
)
