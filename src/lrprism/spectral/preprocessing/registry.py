"""The steps by their names on the command line: read from words, fitted to the training part, built again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.bands import AveragePairs, SelectBands
from lrprism.spectral.preprocessing.continuum import ContinuumRemoval
from lrprism.spectral.preprocessing.moments import Batches
from lrprism.spectral.preprocessing.principal_components import PCA
from lrprism.spectral.preprocessing.resampling import Resample
from lrprism.spectral.preprocessing.scaling import MinMax, ScaleByStd, ZScore
from lrprism.spectral.preprocessing.scatter import MSC, SNV
from lrprism.spectral.preprocessing.smoothing import SavitzkyGolay
from lrprism.spectral.preprocessing.step import AbstractStep, StepInput, Wavelengths

_BATCH: Final = 256  # patches that run through the earlier steps at once


@final
@dataclass(frozen=True)
class StepEntry:
    """A step as the command line knows it.

    Args:
        name: Its name.
        step: Its class.
        help: One line for a list of steps.
        spelling: How the words behind the name and a colon are spelled; empty if there are none.
        example: The step in full, words included.
    """

    name: str
    step: type[AbstractStep]
    help: str
    spelling: str = ""
    example: str = ""

    def __str__(self) -> str:
        """Return how the step is written on the command line."""
        return f"{self.name}:{self.spelling}" if self.spelling else self.name


STEPS: Final[dict[str, StepEntry]] = {
    entry.name: entry
    for entry in (
        StepEntry("continuum", ContinuumRemoval, "divide each spectrum by its upper convex hull"),
        StepEntry("minmax", MinMax, "bring each band to the range 0 to 1"),
        StepEntry("msc", MSC, "multiplicative scatter correction, to the mean spectrum"),
        StepEntry("pairs", AveragePairs, "average bands 0 and 1, 2 and 3, ..."),
        StepEntry("pca", PCA, "principal components", "COUNT[:whiten]", "pca:30"),
        StepEntry(
            "resample",
            Resample,
            "simulate the bands of another sensor",
            "SATELLITE|FILE",
            "resample:sentinel-2a",
        ),
        StepEntry(
            "savgol",
            SavitzkyGolay,
            "smooth, or take a derivative",
            "WINDOW:ORDER[:DERIVATIVE]",
            "savgol:11:2",
        ),
        StepEntry("select", SelectBands, "keep some bands", "BAND:FIRST-LAST:...", "select:0:3:10-20"),
        StepEntry("snv", SNV, "centre each spectrum and divide it by its standard deviation"),
        StepEntry("std", ScaleByStd, "divide each band by its standard deviation"),
        StepEntry("zscore", ZScore, "centre each band and divide it by its standard deviation"),
    )
}
"""Every step by its name. A new step is its file and a line here."""


def parse_steps(text: str) -> tuple[str, ...]:
    """Read the steps in front of a network, in order, from words with commas between.

    Args:
        text: Steps among :data:`STEPS`, each as its entry spells it, or ``none``.

    Returns:
        The steps; a file is replaced by its content, so that the steps can be built without it.

    Raises:
        InputError: If a step is unknown.
        DataError: If a response file cannot be read.

    Example:
        >>> parse_steps("savgol:11:2, snv, pca:30")
        ('savgol:11:2', 'snv', 'pca:30')
    """
    # spaces around commas are for the reader
    words = [word.strip() for word in text.split(",")]
    if words == ["none"]:
        return ()
    for word in words:
        if word.partition(":")[0] not in STEPS:
            raise InputError(
                f"preprocessing should be none or steps among {', '.join(STEPS)}, with commas between. "
                f"Found '{word}'. Try zscore, or snv,pca:30."
            )
    return tuple(_resolve_step(word) for word in words)


def _resolve_step(text: str) -> str:
    name, _, words = text.partition(":")
    resolved = STEPS[name].step.resolve_words(words)
    return f"{name}:{resolved}" if resolved else name


def build_steps(
    steps: Sequence[str], wavelength: Wavelengths, patches: Batches | None = None
) -> list[AbstractStep]:
    """Build a layer per step, each fitted to the training part as the steps before it hand it on.

    Args:
        steps: The result of :func:`parse_steps`.
        wavelength: Centre of each band of the data in nm, ``[band]``.
        patches: The training part, ``[N, band, y, x]``, in the data's own units; or batches of it that can be
            gone through once for each step. Without it, the layers hold placeholders for saved weights.

    Raises:
        InputError: If the numbers of a step are impossible for these data.
        DataError: If a step cannot be fitted, as where a band does not vary.
    """
    bands = len(wavelength)
    nm: Wavelengths | None = wavelength
    layers: list[AbstractStep] = []
    for text in steps:
        name, _, words = text.partition(":")
        # a generator: a step that is not fitted never runs it
        batches = None if patches is None else _run_steps(tuple(layers), patches)
        layer = STEPS[name].step.from_words(words, StepInput(bands, nm, batches))
        bands, nm = layer.output_shape((1, bands))[1], nm if nm is None else layer.output_wavelengths(nm)
        layers.append(layer)
    return layers


def _run_steps(layers: Sequence[AbstractStep], patches: Batches) -> Iterator[Tensor]:
    for batch in torch.split(patches, _BATCH) if isinstance(patches, Tensor) else patches:
        output = batch
        for layer in layers:
            output = layer(output)
        yield output
