"""Preprocessing in words, ``savgol:11:2,snv,pca:30``: read, fitted to the training part, built again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.spectral.cubes.bands import parse_bands
from lrprism.spectral.cubes.wavelengths import read_response
from lrprism.spectral.io import SENSORS
from lrprism.spectral.preprocessing import (
    MSC,
    PCA,
    SNV,
    AveragePairs,
    ContinuumRemoval,
    MinMax,
    Resample,
    SavitzkyGolay,
    ScaleByStd,
    SelectBands,
    ZScore,
)

Wavelengths = npt.NDArray[np.float64]

_AT_ONCE: Final = 256  # patches
SATELLITES: Final = {sensor.name.partition(" or ")[0].lower().replace(" ", "-"): sensor for sensor in SENSORS}
"""Sensors whose bands can be simulated, by the name of their satellite, e.g. "sentinel-2a"."""


@dataclass(frozen=True, eq=False)
class _Data:
    """The training part as the next step sees it."""

    patches: Tensor
    before: nn.Sequential
    wavelength: Wavelengths | None

    def batches(self) -> Iterator[Tensor]:
        for start in range(0, len(self.patches), _AT_ONCE):
            yield self.before(self.patches[start : start + _AT_ONCE])

    @property
    def bands(self) -> int:
        return int(self.before(self.patches[:1]).shape[1])

    def nm(self, step: str) -> Wavelengths:
        if self.wavelength is None:
            raise InputError(
                f"{step} needs the wavelength of each band. Found principal components. Put it before pca."
            )
        return self.wavelength


def _without_numbers(fit: Callable[[_Data], nn.Module]) -> Callable[[_Data, str], nn.Module]:
    def build(data: _Data, numbers: str) -> nn.Module:
        if numbers:
            raise InputError(f"this step takes no numbers. Found '{numbers}'. Leave them out.")
        return fit(data)

    return build


def _whole(numbers: str, least: int, most: int, example: str) -> list[int]:
    words = numbers.split(":")
    if not least <= len(words) <= most or not all(word.isdecimal() for word in words):
        raise InputError(f"the numbers of this step should read like {example}. Found '{numbers}'.")
    return [int(word) for word in words]


def _savitzky_golay(data: _Data, numbers: str) -> nn.Module:
    return SavitzkyGolay(*_whole(numbers, 2, 3, "savgol:11:2 or savgol:11:2:1"), bands=data.bands)


def _pca(data: _Data, numbers: str) -> nn.Module:
    count, _, whiten = numbers.partition(":")
    if whiten not in ("", "whiten"):
        raise InputError(f"pca should read like pca:30 or pca:30:whiten. Found 'pca:{numbers}'.")
    components = _whole(count, 1, 1, "pca:30 or pca:30:whiten")[0]
    return PCA.fit(data.batches(), components, whiten=bool(whiten))


def _resample(data: _Data, numbers: str) -> nn.Module:
    known = data.nm("resample")
    centre, width = _response(numbers, known).T.tolist()
    return Resample(centre, width, known.tolist())


def _response(numbers: str, known: Wavelengths) -> npt.NDArray[np.float64]:
    # centre and width of each band; of a satellite those that the data cover
    if numbers not in SATELLITES:
        return np.array([[float(each) for each in band.split("/")] for band in numbers.split(":")])
    table = np.array(list(SATELLITES[numbers].bands.values()))
    nearest = np.abs(known - table[:, :1]).min(1)
    covered = (table[:, 0] >= known.min()) & (table[:, 0] <= known.max()) & (nearest <= table[:, 1])
    if not covered.any():
        raise InputError(
            f"the data should cover a band of {numbers}. Found {known.min():g} to {known.max():g} nm. "
            "Leave out resample."
        )
    found: npt.NDArray[np.float64] = table[covered]
    return found


def _select(data: _Data, numbers: str) -> nn.Module:
    return SelectBands(data.bands, parse_bands(numbers.replace(":", ",")))


STEPS: Final[dict[str, Callable[[_Data, str], nn.Module]]] = {
    "continuum": _without_numbers(lambda data: ContinuumRemoval(data.nm("continuum").tolist())),
    "minmax": _without_numbers(lambda data: MinMax.fit(data.batches())),
    "msc": _without_numbers(lambda data: MSC.fit(data.batches())),
    "pairs": _without_numbers(lambda data: AveragePairs(data.bands)),
    "pca": _pca,
    "resample": _resample,
    "savgol": _savitzky_golay,
    "select": _select,
    "snv": _without_numbers(lambda _: SNV()),
    "std": _without_numbers(lambda data: ScaleByStd.fit(data.batches())),
    "zscore": _without_numbers(lambda data: ZScore.fit(data.batches())),
}
"""How each step is fitted to the training part, from what stands behind its name and a colon."""


def parse_steps(text: str) -> tuple[str, ...]:
    """Read steps that stand in front of a network, in order, from words with commas between.

    ``std``, ``zscore``, ``minmax``, ``snv``, ``msc``, ``continuum``, ``pairs``, ``select:0:3:10-20``,
    ``savgol:WINDOW:ORDER`` or ``savgol:WINDOW:ORDER:DERIVATIVE``, ``pca:COUNT`` or ``pca:COUNT:whiten``,
    ``resample:SATELLITE`` (a name in :data:`SATELLITES`) or ``resample:FILE`` with a line per band, centre
    and FWHM in nm; ``none`` for no step.

    Args:
        text: The words.

    Returns:
        The steps; a response file is replaced by what it holds, so that the steps can be built without it.

    Raises:
        InputError: If a step is unknown.
        DataError: If a response file cannot be read.

    Example:
        >>> parse_steps("savgol:11:2, snv, pca:30")
        ('savgol:11:2', 'snv', 'pca:30')
    """
    words = [word.strip() for word in text.split(",")]
    if words == ["none"]:
        return ()
    for word in words:
        if word.partition(":")[0] not in STEPS:
            raise InputError(
                f"preprocessing should be none or steps among {', '.join(STEPS)}, with commas between. "
                f"Found '{word}'. Try zscore, or snv,pca:30."
            )
    return tuple(_self_contained(word) for word in words)


def _self_contained(word: str) -> str:
    name, _, path = word.partition(":")
    if name != "resample" or path in SATELLITES:
        return word
    if not path:
        raise InputError(
            f"resample should say to which bands. Found none. Give one of {', '.join(SATELLITES)}, or a file "
            "with a line per band: centre and FWHM in nm."
        )
    return "resample:" + ":".join(f"{centre:g}/{width:g}" for centre, width in read_response(path))


def fitted_steps(steps: Sequence[str], patches: Tensor, wavelength: Wavelengths) -> list[nn.Module]:
    """Fit each step to what the steps before it make of the training part.

    Args:
        steps: What :func:`parse_steps` returned.
        patches: The training part, ``[N, band, y, x]``, in the data's own units.
        wavelength: Centre of each band in nm, ``[band]``.

    Returns:
        A layer per step.

    Raises:
        InputError: If the numbers of a step are impossible for these data.
        DataError: If a step cannot be fitted, as where a band does not vary.
    """
    done: list[nn.Module] = []
    nm: Wavelengths | None = wavelength
    for step in steps:
        name, _, numbers = step.partition(":")
        data = _Data(patches, nn.Sequential(*done), nm)
        done.append(STEPS[name](data, numbers))
        nm = _wavelength_after(name, done[-1], nm, numbers)
    return done


def _wavelength_after(name: str, step: nn.Module, nm: Wavelengths | None, numbers: str) -> Wavelengths | None:
    if nm is None or name == "pca":
        return None
    if isinstance(step, Resample):
        return _response(numbers, nm)[:, 0]
    if isinstance(step, AveragePairs | SelectBands):
        return np.asarray(step(torch.from_numpy(nm)[None])[0].numpy())
    return nm


def unfitted_steps(steps: Sequence[str], wavelength: Wavelengths) -> list[nn.Module]:
    """Build the same layers for weights to be loaded into: fitted to noise.

    Args:
        steps: What :func:`parse_steps` returned.
        wavelength: Centre of each band of the data in nm, ``[band]``.
    """
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(2 * len(wavelength) + 2, len(wavelength), 1, 1, generator=generator)
    return fitted_steps(steps, noise, wavelength)
