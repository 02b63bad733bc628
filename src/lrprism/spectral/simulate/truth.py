"""Planted data, and the truth about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.cubes.cube import check_wavelengths
from lrprism.spectral.simulate.arrays import Floats, Labels, Mask, Numbers
from lrprism.spectral.simulate.features import PlantedFeature, stack_profiles

PARTS: Final = ("train", "validation", "test")
"""The parts that samples can be in."""
_HALF: Final = 0.5 - 1e-9  # a band half a width from the centre counts, whatever its last digit


@dataclass(frozen=True, eq=False)
class Truth:
    r"""What carries the class in planted data, and what does not.

    Shapes: ``wavelengths``, ``weight``, ``noise``, ``confounder``: ``[band]``; ``strength``:
    ``[sample, feature]``; ``confounded``: ``[sample]``; ``leaf``, ``region``, ``confounder_pixels``:
    ``[sample, y, x]``.

    Args:
        features: The planted features.
        wavelengths: Centre of each band in nm.
        weight: How much of the class each band carries, 0 to 1: the highest of the class features'
            Gaussians; for a trait, what it changes of the reflectance, as a share of the most.
        strength: Strength of each feature in each sample.
        noise: Bands that hold noise alone.
        confounder: Bands of the confounder; none if there is none.
        confounded: Samples that carry the confounder.
        leaf: Share of leaf in each pixel; None of spectra.
        region: Pixels that carry the class; None of spectra and where all pixels do.
        confounder_pixels: Pixels of the confounder; None where there is none or it covers all.
        parameters: Settings and seed that the data were made with, numbers, texts and lists alone.
    """

    features: tuple[PlantedFeature, ...]
    wavelengths: Numbers
    weight: Numbers
    strength: Floats
    noise: Mask
    confounder: Mask
    confounded: Mask
    leaf: Floats | None = None
    region: Mask | None = None
    confounder_pixels: Mask | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bands(self) -> Mask:
        """Bands that carry the class: those with at least half of the highest weight."""
        return np.asarray(self.weight >= _HALF)

    @property
    def decoys(self) -> Mask:
        """Bands within half a width of a decoy."""
        return self._mark("decoy")

    @property
    def blind(self) -> Mask:
        """Bands within half a width of a blind feature; none if there is none."""
        return self._mark("blind")

    def groups(self) -> dict[str, Mask]:
        """Name each thing that was planted, with its bands: ``"class 1 (512 nm)"``, ``"noise"``, ..."""
        masks: dict[str, Mask] = {}
        numbers: dict[str, int] = {}
        for feature in self.features:
            numbers[feature.role] = numbers.get(feature.role, 0) + 1
            name = f"{feature.role} {numbers[feature.role]} ({feature.centre:.0f} nm)"
            masks[name] = np.asarray(feature.profile(self.wavelengths) >= _HALF)
        if self.noise.any():
            masks["noise"] = self.noise
        if self.confounder.any():
            masks["confounder"] = self.confounder
        return masks

    def resample(self, wavelengths: npt.ArrayLike) -> "Truth":
        """Return the truth about other bands of the same range, such as pairs that were averaged.

        A band gets the weight at its centre, between those of the bands beside it, and is noise or confounded
        if the nearest one is. Shapes: ``wavelengths``: ``[band]``.

        Args:
            wavelengths: Centre of each new band in nm.

        Raises:
            DataError: If a wavelength is impossible.
            InputError: If a wavelength lies more than a band outside the range of the truth.
        """
        centre = check_wavelengths(wavelengths, np.size(np.asarray(wavelengths)))
        order = np.argsort(self.wavelengths)
        nm = self.wavelengths[order]
        step = float(np.diff(nm).max(initial=0.0))
        outside = centre[(centre < nm[0] - step) | (centre > nm[-1] + step)]
        if outside.size:
            raise InputError(
                f"bands should lie in the range of the truth, {nm[0]:g} to {nm[-1]:g} nm. "
                f"Found {outside[0]:g} nm. Give the bands of data that were made from these."
            )
        nearest = np.abs(centre[:, None] - self.wavelengths).argmin(axis=1)
        return replace(
            self,
            wavelengths=centre,
            weight=np.interp(centre, nm, self.weight[order]),
            noise=self.noise[nearest],
            confounder=self.confounder[nearest],
        )

    def _mark(self, role: str) -> Mask:
        chosen = [feature for feature in self.features if feature.role == role]
        return np.asarray((stack_profiles(chosen, self.wavelengths) >= _HALF).any(axis=0))


@dataclass(frozen=True, eq=False)
class PlantedData:
    """Samples whose class is known to lie in what was planted.

    Shapes: ``x``: ``[sample, band]`` or ``[sample, band, y, x]``; ``y``, ``part``: ``[sample]``;
    ``wavelengths``: ``[band]``.

    Args:
        x: The samples, raw: nothing has been scaled.
        y: Class of each sample, from 0.
        wavelengths: Centre of each band in nm.
        part: Part of each sample, one of :data:`PARTS`.
        truth: What carries the class.
    """

    x: Floats
    y: Labels
    wavelengths: Numbers
    part: npt.NDArray[np.str_]
    truth: Truth

    def rows(self, part: str) -> Labels:
        """Return the positions of the samples of one part.

        Raises:
            InputError: If there is no such part.
        """
        if part not in PARTS:
            raise InputError(f"part should be one of {', '.join(PARTS)}. Found {part!r}. Name one of these.")
        return np.flatnonzero(self.part == part)

    def select(self, part: str) -> tuple[Floats, Labels]:
        """Return ``x`` and ``y`` of the samples of one part.

        Raises:
            InputError: If there is no such part.
        """
        rows = self.rows(part)
        return self.x[rows], self.y[rows]
