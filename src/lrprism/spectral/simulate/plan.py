"""What is planted: which features, in which samples, how strong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from lrprism.errors import InputError
from lrprism.spectral.simulate.arrays import Labels, Mask, Numbers
from lrprism.spectral.simulate.features import PlantedFeature, Role, place_features, stack_profiles
from lrprism.spectral.simulate.strengths import class_signs, draw_strengths

ARTEFACT_BANDS: Final = 3
"""Bands of an artefact."""
CARRIED, STRAYED = 0.9, 0.05
"""Share of the samples of class 0, and of the other classes, that carry a confounder."""

Confounder: TypeAlias = Literal["band", "stripe"]
CONFOUNDERS: Final[tuple[Confounder, ...]] = ("band", "stripe")
"""An artefact in a few bands, and a stripe in the background of patches."""


@dataclass(frozen=True)
class PlantSettings:
    """What is planted.

    Args:
        classes: Number of new classes.
        carriers: Features that carry the class: their number, or their wavelengths in nm.
        decoys: Features as strong that do not, as a number or wavelengths; with ``blind``, the first of them
            is the blind feature.
        fwhm_nm: Full width at half maximum of the features in nm; None for 1/20 of the range of the bands.
        depth: Height of a feature of strength 1, in standard deviations of its central band over the samples.
        noise_bands: Bands at each end that are replaced by noise of the same mean and spread.
        blind: Whether one decoy carries the class in the test part.
        confounder: ``"band"``: an artefact of 3 bands; ``"stripe"``: a bright stripe in the background of
            patches. 90 % of class 0 carry it and 5 % of the other classes. None for none.
        seed: Seed of everything that is drawn.

    Raises:
        InputError: If a setting is impossible.
    """

    classes: int = 4
    carriers: int | tuple[float, ...] = 3
    decoys: int | tuple[float, ...] = 4
    fwhm_nm: float | None = None
    depth: float = 0.5
    noise_bands: int = 0
    blind: bool = False
    confounder: Confounder | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: If one is impossible.
        """
        least, decoys = int(self.blind), len(_list_centres(self.decoys))
        if decoys < least or (isinstance(self.decoys, int) and self.decoys < 0):
            found = self.decoys if isinstance(self.decoys, int) else decoys
            why = ", of which one is the blind feature" if self.blind else ""
            raise InputError(f"decoys should be {least} or more{why}. Found {found}. Ask for more.")
        if self.noise_bands < 0:
            raise InputError(
                f"noise bands should be 0 or more. Found {self.noise_bands}. Ask for none or some."
            )
        if not 0 < self.depth < np.inf:
            raise InputError(
                f"depth should be above 0, in standard deviations of the data. Found {self.depth:g}. Try 0.5."
            )
        if self.confounder not in {None, *CONFOUNDERS}:
            raise InputError(
                f"confounder should be one of {', '.join(CONFOUNDERS)}. Found {self.confounder!r}. Name "
                "one, or none."
            )
        class_signs(self.classes, self.carrier_count)  # refuses what it cannot tell apart

    @property
    def carrier_count(self) -> int:
        """Number of features that carry the class."""
        return len(_list_centres(self.carriers))

    @property
    def centres(self) -> list[tuple[float | None, Role]]:
        """Wavelength, None where it is to be drawn, and role of each feature: class, blind, decoy."""
        hidden: list[Role] = ["blind"] if self.blind else []
        decoys = _list_centres(self.decoys)
        hidden += ["decoy"] * (len(decoys) - len(hidden))
        carriers: list[tuple[float | None, Role]] = [(nm, "class") for nm in _list_centres(self.carriers)]
        return carriers + list(zip(decoys, hidden, strict=True))


@dataclass(frozen=True, eq=False)
class Plan:
    """What is planted in which sample.

    Shapes: ``y``, ``confounded``: ``[sample]``; ``strength``: ``[sample, feature]``; ``noise``, ``artefact``:
    ``[band]``.

    Args:
        features: The features.
        y: Class of each sample.
        strength: Strength of each feature in each sample.
        noise: Bands that become noise.
        artefact: Bands of the artefact; none if there is none.
        confounded: Samples that carry the confounder.
    """

    features: tuple[PlantedFeature, ...]
    y: Labels
    strength: Numbers
    noise: Mask
    artefact: Mask
    confounded: Mask


def draw_plan(
    settings: PlantSettings,
    y: Labels,
    is_test: Mask,
    wavelengths: Numbers,
    generator: np.random.Generator,
    groups: Labels | None = None,
    *,
    plants: bool = True,
) -> Plan:
    """Draw what is planted in which sample.

    Shapes: ``y``, ``is_test``, ``groups``: ``[sample]``; ``wavelengths``: ``[band]``.

    Args:
        settings: What to plant.
        y: Class of each sample.
        is_test: The samples of the test part.
        wavelengths: Centre of each band in nm.
        generator: Source of the random numbers.
        groups: Group of each sample, see :func:`draw_strengths`.
        plants: Whether there are features; otherwise the class lies in something else.

    Raises:
        InputError: If there is no room for all.
    """
    noise = mark_noise_bands(len(wavelengths), settings.noise_bands)
    width = settings.fwhm_nm or float(wavelengths.max() - wavelengths.min()) / 20
    features = place_features(settings.centres if plants else [], width, wavelengths, ~noise, generator)
    roles = [feature.role for feature in features]
    signs = class_signs(settings.classes, settings.carrier_count)
    strength = draw_strengths(y, roles, signs, is_test, generator, groups)
    artefact = np.zeros(len(wavelengths), dtype=np.bool_)
    if settings.confounder == "band":
        artefact = place_artefact(features, wavelengths, noise, generator)
    confounded = np.zeros(len(y), dtype=np.bool_)
    if settings.confounder is not None:
        confounded = draw_confounded(y, generator)
    return Plan(features, y, strength, noise, artefact, confounded)


def weigh_bands(features: Sequence[PlantedFeature], wavelengths: Numbers) -> Numbers:
    """Return the highest of the profiles of the class features in each band, 0 to 1."""
    carriers = [feature for feature in features if feature.role == "class"]
    return np.asarray(stack_profiles(carriers, wavelengths).max(axis=0, initial=0.0))


def mark_noise_bands(bands: int, count: int) -> Mask:
    """Return True for so many bands at each end.

    Raises:
        InputError: If no band would be left between.
    """
    if 2 * count >= bands:
        raise InputError(
            f"noise bands should leave others between them. Found {count} at each end of {bands} bands. "
            "Ask for fewer."
        )
    position = np.arange(bands)
    return np.asarray((position < count) | (position >= bands - count))


def place_artefact(
    features: Sequence[PlantedFeature], wavelengths: Numbers, noise: Mask, generator: np.random.Generator
) -> Mask:
    """Draw 3 neighbouring bands that no feature and no noise band touches.

    Raises:
        InputError: If there is no room.
    """
    touched = noise | (stack_profiles(features, wavelengths) > 1 / 16).any(axis=0)  # a width from a centre
    windows = np.lib.stride_tricks.sliding_window_view(touched, ARTEFACT_BANDS)
    starts = np.flatnonzero(~windows.any(axis=1))
    if not len(starts):
        raise InputError(
            f"an artefact should have {ARTEFACT_BANDS} bands free of features. Found no room among "
            f"{len(wavelengths)} bands. Plant fewer or narrower features."
        )
    artefact = np.zeros(len(wavelengths), dtype=np.bool_)
    start = generator.choice(starts)
    artefact[start : start + ARTEFACT_BANDS] = True
    return artefact


def draw_confounded(y: Labels, generator: np.random.Generator) -> Mask:
    """Draw the samples that carry a confounder: 90 % of class 0, 5 % of the others."""
    return np.asarray(generator.random(len(y)) < np.where(y == 0, CARRIED, STRAYED))


def _list_centres(features: int | tuple[float, ...]) -> list[float | None]:
    """Return the wavelength of each feature, None where only their number is known."""
    return [None] * features if isinstance(features, int) else [float(nm) for nm in features]
