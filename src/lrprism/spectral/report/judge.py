"""What may be said of each class: the stretches that it is known by, or the reasons to name none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.spectral.bands.area_table import measure_shares
from lrprism.spectral.bands.areas import BACKGROUND, BORDER
from lrprism.spectral.bands.intervals import bootstrap_mean
from lrprism.spectral.bands.statistics import PLANT_NDVI, band_table, sample_spectra
from lrprism.spectral.knowledge.absorption import Feature
from lrprism.spectral.report.confusion import FEWEST, find_twin
from lrprism.spectral.report.stretches import Stretch, find_stretches

_MOST: Final = 0.5
"""The share above which relevance is said to lie somewhere, and below which too few samples are right."""
_DENSER: Final = 1.5
"""An area holds most relevance for its size if the share is this many times the share of the pixels."""
ARRIVES: Final = 0.5
"""Where less of what is explained arrives at the bands, biases, stabilizers and rules hold the most of it."""
_RANDOM: Final = "its relevance is no larger than what a network of random weights gives"
_ONE_GROUP: Final = "all samples are of one plant, field or square, so that nothing is known of others"
_NOISE: Final = "no stretch of the spectrum has relevance above its own noise"
_FEW_GROUPS: Final = 5
"""Intervals of fewer are so wide that their number is told: Student's t is 12.7 of two, 3.2 of four."""
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
    """

    number: int
    name: str
    shown: int
    right: int | None
    reasons: tuple[str, ...]
    stretches: tuple[Stretch, ...]

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
    compared: xr.Dataset | None = None,
    floors: Mapping[int, float] | None = None,
    doubt: str | None = None,
) -> list[ClassFinding]:
    """Judge for each class what its relevance says, and name nothing where something speaks against it.

    Counted are samples that the network takes for the class that is explained, or that are of it, see
    :func:`mark_meant`. Nothing is named where ``doubt`` says so of the network as a whole; of fewer than 5
    samples; as far as true classes are known, where the network gets less than half of them right, finds less
    than half of the samples of the class, or does not tell it from another one, see
    :func:`~lrprism.spectral.report.confusion.measure_confusion`; where less than half of what is explained
    arrives at the bands; where more than half of the relevance, as magnitude of its mean over samples, lies
    in one band, on the background or in the outermost ring of the patch, and that is at least 1.5 times its
    share of the pixels (the background of classes whose centre pixels are mostly plants, where it holds more
    than its share of the pixels); where all samples are of one group; where no stretch is above its own
    noise, or above what a network of random weights gives.

    Args:
        relevance: A relevance dataset, or its :func:`lrprism.spectral.sample_spectra`.
        features: The features that the data can show.
        compared: The same of samples of these classes explained against samples of other classes, which
            then says where relevance lies, in the place of ``relevance``; samples are counted in that.
        floors: By class, the largest relevance of a stretch that a network of random weights gives.
        doubt: Why no class can be read, if so.

    Returns:
        A finding for each class of the network, or for the one that was asked for, class 0 first.

    Raises:
        DataError: If the dataset is not one of relevance.
    """
    spectra = sample_spectra(relevance)
    target, is_meant = spectra["target"].values, mark_meant(spectra)
    own = spectra.isel(sample=np.flatnonzero(is_meant)) if is_meant.any() else spectra
    placed = own if compared is None else sample_spectra(compared)
    table = band_table(placed)
    names = [str(name) for name in spectra["class_name"].values]
    findings = []
    for number in _list_classes(spectra, len(names)):
        chosen = spectra.isel(sample=np.flatnonzero((target == number) & is_meant))
        name = names[number] if number < len(names) else f"class {number}"
        right = None if (chosen["label"] < 0).any() else int((chosen["label"] == chosen["predicted"]).sum())
        doubts = [doubt] if doubt else []
        doubts += _doubt_samples(chosen.sizes["sample"], right)
        doubts += [] if doubts else [*_find_missed(number, spectra), *_find_twin(number, names, spectra)]
        finding = ClassFinding(number, name, chosen.sizes["sample"], right, tuple(doubts), ())
        if not doubts:
            of_class = placed.isel(sample=np.flatnonzero(placed["target"].values == number))
            rows, floor = table[table["class"] == number], (floors or {}).get(number, 0.0)
            finding = _place(finding, of_class, rows, features, floor)
        findings.append(finding)
    return findings


def mark_meant(spectra: xr.Dataset) -> npt.NDArray[np.bool_]:
    """Mark the samples that are of the class that they are explained for, by the network or in truth.

    Where one class is asked for, samples of all classes are explained for it: what speaks against the others
    would cancel what speaks for its own.

    Args:
        spectra: A relevance dataset, or its :func:`lrprism.spectral.sample_spectra`.
    """
    target = spectra["target"].values
    return np.asarray((target == spectra["predicted"].values) | (target == spectra["label"].values))


def _list_classes(spectra: xr.Dataset, count: int) -> list[int]:
    """List the classes to judge: one that was asked for, or all."""
    explained = set(spectra["target"].values.tolist())
    asked = len(explained) == 1 and not mark_meant(spectra).all()
    return sorted(explained if asked else explained | set(range(count)))


def _place(
    finding: ClassFinding,
    spectra: xr.Dataset,
    rows: pd.DataFrame,
    features: tuple[Feature, ...],
    floor: float,
) -> ClassFinding:
    """Say where the relevance of a class lies, or why that cannot be said."""
    groups = spectra["group"].values if "group" in spectra.variables else None
    reasons = [*_find_unarrived(spectra), *_find_alone(rows), *_find_elsewhere(spectra)]
    # of one group there is no interval, and of two it is so wide that hardly anything is named
    reasons += [_ONE_GROUP] if groups is not None and len(np.unique(groups)) == 1 else []
    if reasons:
        return replace(finding, reasons=tuple(reasons))
    per_sample = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
    stretches = find_stretches(rows, per_sample, features, groups=groups, floor=floor)
    if stretches:
        return replace(finding, stretches=tuple(stretches))
    # without the floor: noise or random weights
    is_noise = not find_stretches(rows, per_sample, features, groups=groups)
    few = "" if groups is None or len(np.unique(groups)) >= _FEW_GROUPS else _name_few(groups)
    return replace(finding, reasons=(f"{_NOISE}{few}" if is_noise else _RANDOM,))


def _name_few(groups: npt.NDArray[np.generic]) -> str:
    return f", as far as its samples of {len(np.unique(groups))} groups tell"


def _doubt_samples(shown: int, right: int | None) -> Iterator[str]:
    if not shown:
        yield "no sample was explained for it"
    elif shown < FEWEST:
        yield f"{shown} sample{'s are' if shown > 1 else ' is'} too few for a mean"
    if shown and right is not None and right < _MOST * shown:
        yield "the network gets most of these samples wrong"


def _find_missed(number: int, spectra: xr.Dataset) -> Iterator[str]:
    """Say if the network finds less than half of the samples of the class."""
    own = spectra["label"].values == number
    found = int((spectra["predicted"].values[own] == number).sum())
    if own.sum() >= FEWEST and found < _MOST * own.sum():
        yield f"the network finds {found} of {int(own.sum())} samples of the class"


def _find_twin(number: int, names: list[str], spectra: xr.Dataset) -> Iterator[str]:
    """Say which other class the network does not tell this one from: bands of one are those of the other."""
    labels = spectra["label"].values
    twin = find_twin(number, np.unique(labels[labels >= 0]).tolist(), spectra)
    if twin is not None:
        other, told = twin
        yield (
            f"the network does not tell it from {names[other] if other < len(names) else other}: of "
            f"their samples that it takes for one of the two {100 * told:.0f} % are right"
        )


def _find_unarrived(spectra: xr.Dataset) -> Iterator[str]:
    """Say if less than the stated part of what is explained arrives at the bands."""
    share = measure_arrival(spectra)
    if share is not None and share < ARRIVES:
        what = "output" if spectra.attrs.get("reference", "zero") == "zero" else "output difference"
        yield f"only {100 * share:.0f} % of the {what} arrives at the bands"


def measure_arrival(relevance: xr.Dataset) -> float | None:
    r"""Measure the share of what is explained that arrives at the bands, over some samples.

    .. math:: share = \frac{\sum_s \mathrm{sgn}(e_s) \sum_{byx} R_{sbyx}}{\sum_s |e_s|}

    so that outputs of different signs do not cancel. It is above 1 where biases add relevance, and below 0
    where the bands add up to the opposite of the output.

    Args:
        relevance: A relevance dataset or its :func:`lrprism.spectral.sample_spectra`, with ``explained``, the
            output of each sample or its difference from that of the reference, and ``arrived``, its relevance
            summed over bands and pixels; both NaN where nothing was explained.

    Returns:
        The share; None where all outputs are zero, or the dataset does not hold both.
    """
    if not {"explained", "arrived"} <= set(relevance.variables):
        return None
    explained, arrived = (relevance[name].values for name in ("explained", "arrived"))
    known = np.isfinite(explained)
    size = float(np.abs(explained[known]).sum())
    return float((np.sign(explained) * arrived)[known].sum()) / size if size else None


def _find_alone(rows: pd.DataFrame) -> Iterator[str]:
    """Say if one band holds most of the relevance: bands vary together, artefacts stand alone."""
    size = np.abs(rows["sum"].to_numpy(np.float64))
    total = float(size.sum())
    if len(rows) > 2 and size.max() > _MOST * total:
        nm = float(rows["wavelength_nm"].to_numpy(np.float64)[size.argmax()])
        share = 100 * float(size.max()) / total
        yield f"{share:.0f} % of the relevance lies in one band, {nm:.1f} nm: an artefact?"


def _find_elsewhere(spectra: xr.Dataset) -> Iterator[str]:
    """Say if most of the relevance lies on the background or in the outermost ring.

    A patch may be mostly background: there it is enough that more relevance lies on it than its pixels would
    hold if it were spread evenly, for sure. A border holds half of a window of 7 pixels.
    """
    shares = measure_shares(spectra)
    for area, word in _AREA_WORDS.items():
        share, size = shares.get(area, (0.0, 0.0))
        # the background is that of a plant: of bare soil and roofs the plants round it are the surroundings
        is_meant = area == BORDER or (area in shares and spectra["centre_plant"].mean() > _MOST)
        if not is_meant or share <= _MOST:
            continue
        if share > _DENSER * size or (area == BACKGROUND and _holds_more(area, spectra)):
            if area == BACKGROUND:
                word += f" (NDVI up to {spectra.attrs[PLANT_NDVI]:.2f})"
            yield f"{100 * share:.0f} % of the relevance lies on the {word}, {100 * size:.0f} % of the pixels"


def _holds_more(area: str, spectra: xr.Dataset) -> bool:
    """Return True if the samples have more relevance in an area than its share of the pixels, for sure."""
    net = spectra["area_net"].sel(area=area).sum("band").values.astype(np.float64)
    whole = (spectra["positive"] + spectra["negative"]).sum("band").values
    groups = spectra["group"].values if "group" in spectra.variables else None
    low, _ = bootstrap_mean(net - spectra["area_size"].sel(area=area).values * whole, groups)
    return bool(low > 0)  # NaN of one group: not for sure
