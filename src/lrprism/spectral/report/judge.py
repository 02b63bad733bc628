"""What may be said of each class: the stretches that it is known by, or the reasons to name none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.spectral.bands.areas import BACKGROUND, BORDER
from lrprism.spectral.bands.statistics import PLANT_NDVI, band_table, sample_spectra
from lrprism.spectral.knowledge.absorption import Feature
from lrprism.spectral.report.stretches import Stretch, find_stretches

FEWEST: Final = 5
"""Of fewer samples no mean is worth a name."""
_MOST: Final = 0.5
"""The share above which relevance is said to lie somewhere, and below which too few samples are right."""
_DENSER: Final = 1.5
"""An area holds most relevance for its size if the share is this many times the share of the pixels."""
_RANDOM: Final = "its relevance is no larger than what a network of random weights gives"
_NOISE: Final = "no stretch of the spectrum has relevance above its own noise"
_AREA_WORDS: Final = {BACKGROUND: "background", BORDER: "outermost ring of the patch"}


@dataclass(frozen=True)
class ClassFinding:
    """What may be said of one class.

    Args:
        number: The class, from 0.
        name: Its name.
        shown: Samples that were explained for it.
        right: Those of them that the network gets right; None where their true classes are not known.
        reasons: Why no bands are named, one clause each; none where bands may be.
        stretches: The stretches of the spectrum that speak most for the class, the largest first.
        notes: What a reader has to know besides, one clause each.
    """

    number: int
    name: str
    shown: int
    right: int | None
    reasons: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The class and how many of the samples shown are right: "resistant (11 of 35 right)"."""
        if self.right is None:
            return f"{self.name} ({self.shown} shown, true class not known)"
        return f"{self.name} ({self.right} of {self.shown} right)"


def judge_classes(
    relevance: xr.Dataset,
    features: tuple[Feature, ...],
    *,
    floors: Mapping[int, float] | None = None,
    doubt: str | None = None,
) -> list[ClassFinding]:
    """Judge for each class what its relevance says, and name nothing where something speaks against it.

    Nothing is named where ``doubt`` says so of the network as a whole; of fewer than 5 samples; where the
    network gets less than half of them right, as far as that is known; where more than half of the relevance,
    as magnitude of its mean over samples, lies in one band, on the background or in the outermost ring of the
    patch, and that is at least 1.5 times its share of the pixels (the background of classes whose centre
    pixels are mostly plants); where no stretch is above its own noise, or above what a network of random
    weights gives.

    Args:
        relevance: A relevance dataset, or its :func:`lrprism.spectral.sample_spectra`.
        features: The features that the data can show.
        floors: By class, the largest relevance of a stretch that a network of random weights gives.
        doubt: Why no class can be read, if so.

    Returns:
        A finding per class that was explained or occurs in the labels, class 0 first.

    Raises:
        DataError: If the dataset is not one of relevance.
    """
    spectra = sample_spectra(relevance)
    table = band_table(spectra)
    target, label = (spectra[name].values for name in ("target", "label"))
    names = [str(name) for name in spectra["class_name"].values]
    findings = []
    for number in sorted({*target.tolist(), *label[label >= 0].tolist()}):
        chosen = spectra.isel(sample=np.flatnonzero(target == number))
        name = names[number] if number < len(names) else f"class {number}"
        rows, floor = table[table["class"] == number], (floors or {}).get(number, 0.0)
        findings.append(_judge_class(number, name, chosen, rows, features, floor, doubt))
    return findings


def _judge_class(
    number: int,
    name: str,
    spectra: xr.Dataset,
    rows: pd.DataFrame,
    features: tuple[Feature, ...],
    floor: float,
    doubt: str | None,
) -> ClassFinding:
    label = spectra["label"].values
    right = None if (label < 0).any() else int((label == spectra["predicted"].values).sum())
    shown = spectra.sizes["sample"]
    reasons = ([doubt] if doubt else []) + list(_doubt_samples(shown, right))
    stretches: list[Stretch] = []
    if not reasons:
        reasons = [*_find_alone(rows), *_find_elsewhere(spectra)]
    if not reasons:
        per_sample = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
        groups = spectra["group"].values if "group" in spectra.variables else None
        stretches = find_stretches(rows, per_sample, features, groups=groups, floor=floor)
        # without the floor: noise or random weights
        is_noise = not stretches and not find_stretches(rows, per_sample, features, groups=groups)
        reasons = [] if stretches else [_NOISE if is_noise else _RANDOM]
    return ClassFinding(number, name, shown, right, tuple(reasons), tuple(stretches))


def _doubt_samples(shown: int, right: int | None) -> Iterator[str]:
    if not shown:
        yield "no sample was explained for it"
    elif shown < FEWEST:
        yield f"{shown} sample{'s are' if shown > 1 else ' is'} too few for a mean"
    if shown and right is not None and right < _MOST * shown:
        yield "the network gets most of these samples wrong"


def _find_alone(rows: pd.DataFrame) -> Iterator[str]:
    """Say if one band holds most of the relevance: bands vary together, artefacts stand alone."""
    size = np.abs(rows["sum"].to_numpy(np.float64))
    total = float(size.sum())
    if len(rows) > 2 and size.max() > _MOST * total:
        nm = float(rows["wavelength_nm"].to_numpy(np.float64)[size.argmax()])
        share = 100 * float(size.max()) / total
        yield f"{share:.0f} % of the relevance lies in one band, {nm:.1f} nm: an artefact?"


def _find_elsewhere(spectra: xr.Dataset) -> Iterator[str]:
    """Say if most of the relevance lies on the background or in the outermost ring."""
    shares = measure_shares(spectra)
    for area, word in _AREA_WORDS.items():
        share, size = shares.get(area, (0.0, 0.0))
        # the background is that of a plant: of bare soil and roofs the plants round it are the surroundings
        is_meant = area == BORDER or (area in shares and spectra["centre_plant"].mean() > _MOST)
        if is_meant and share > _MOST and share > _DENSER * size:
            if area == BACKGROUND:
                word += f" (NDVI up to {spectra.attrs[PLANT_NDVI]:.2f})"
            yield f"{100 * share:.0f} % of the relevance lies on the {word}, {100 * size:.0f} % of the pixels"


def measure_shares(spectra: xr.Dataset) -> dict[str, tuple[float, float]]:
    r"""Measure the share of relevance and of pixels in each area of the patches of one class.

    .. math:: share_a = \frac{\sum_b |\bar n_{ab}|}{\sum_b |\bar n_{ab}| + \sum_b |\bar n_{a'b}|}, \quad
              \bar n_{ab} = \frac1S \sum_s \sum_{(y,x) \in a} R_{sbyx}

    with :math:`a'` all pixels outside: what cancels between the pixels or samples of an area is noise.

    Args:
        spectra: The samples of one class out of :func:`lrprism.spectral.sample_spectra`.

    Returns:
        By area, the two shares; none for patches of one pixel, or without relevance.
    """
    if "area_net" not in spectra.variables or not spectra.sizes["sample"]:
        return {}
    total = (spectra["positive"] + spectra["negative"]).values
    shares = {}
    for area in spectra["area"].values.tolist():
        net = spectra["area_net"].sel(area=area).transpose("sample", "band").values
        inside, outside = _sum_size(net), _sum_size(total - net)
        if inside + outside > 0:
            size = float(spectra["area_size"].sel(area=area).mean())
            shares[str(area)] = (inside / (inside + outside), size)
    return shares


def _sum_size(net: npt.NDArray[np.float64]) -> float:
    return float(np.abs(net.mean(axis=0)).sum())
