"""Gaussian features that are planted into spectra: where they are, how wide, and what they are for."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.simulate.arrays import Mask, Numbers

Role: TypeAlias = Literal["class", "decoy", "blind"]
"""``class``: carries the class. ``decoy``: as strong and as variable, but knows nothing of the class.
``blind``: a decoy in training and validation, which carries the class in the test part."""

_APART: Final = 1.6  # least distance of two centres, in FWHM: their halves of the maximum do not touch
_TRIES: Final = 1000


@dataclass(frozen=True)
class PlantedFeature:
    """A Gaussian feature.

    Args:
        centre: Wavelength of its maximum in nm.
        fwhm: Full width at half maximum in nm.
        role: What it is for.
    """

    centre: float
    fwhm: float
    role: Role

    def profile(self, wavelengths: npt.ArrayLike) -> Numbers:
        r"""Return its shape, :math:`G(\lambda) = 2^{-(2 (\lambda - centre) / fwhm)^2}`, 1 at the centre.

        Shapes: ``wavelengths`` and result: ``[band]``.
        """
        distance = np.asarray(wavelengths, dtype=np.float64) - self.centre
        return np.asarray(2.0 ** -((2 * distance / self.fwhm) ** 2))


def stack_profiles(features: Sequence[PlantedFeature], wavelengths: npt.ArrayLike) -> Numbers:
    """Return the shapes of several features, ``[feature, band]``."""
    bands = np.size(np.asarray(wavelengths))
    return np.array([feature.profile(wavelengths) for feature in features]).reshape(len(features), bands)


def place_features(
    centres: Sequence[tuple[float | None, Role]],
    fwhm: float,
    wavelengths: Numbers,
    usable: Mask,
    generator: np.random.Generator,
) -> tuple[PlantedFeature, ...]:
    """Put features at wavelengths that are named, and at bands that are drawn for the others.

    A drawn centre lies 1.6 FWHM or more from every other one, and a FWHM or more from unusable bands and
    from both ends. Shapes: ``wavelengths``, ``usable``: ``[band]``.

    Args:
        centres: Wavelength in nm, or None to draw one, and role of each feature.
        fwhm: Their full width at half maximum in nm.
        wavelengths: Centre of each band in nm, in any order.
        usable: Bands that features may touch.
        generator: Source of the random numbers.

    Raises:
        InputError: If a width or a wavelength is impossible, or there is no room for all.
    """
    check_fwhm(fwhm, wavelengths)
    fixed = [float(centre) for centre, _ in centres if centre is not None]
    _check_named(fixed, fwhm, wavelengths[usable])
    candidates = wavelengths[_find_free_bands(wavelengths, usable, fwhm)]
    for centre in fixed:
        candidates = _keep_apart(candidates, centre, fwhm)
    count = len(centres) - len(fixed)
    # a draw may leave gaps that are all too narrow; the next may not
    for _ in range(_TRIES):
        drawn = _draw_centres(count, fwhm, candidates, generator)
        if len(drawn) == count:
            return tuple(
                PlantedFeature(drawn.pop() if centre is None else float(centre), fwhm, role)
                for centre, role in centres
            )
    raise InputError(
        f"{len(centres)} features of {fwhm:g} nm should fit {_APART:g} widths apart into the bands. "
        f"Found room for fewer between {wavelengths.min():g} and {wavelengths.max():g} nm. Ask for fewer or "
        "narrower ones."
    )


def check_fwhm(fwhm: float, wavelengths: Numbers) -> None:
    """Check that a feature covers more than one band and not half of all.

    Raises:
        InputError: If it does not.
    """
    # the median, as there may be gaps
    step = float(np.median(np.diff(np.sort(wavelengths)))) if len(wavelengths) > 1 else np.inf
    widest = (wavelengths.max() - wavelengths.min()) / 2
    if not step <= fwhm <= widest:
        raise InputError(
            f"the width of a feature should be {step:.3g} nm, the distance of two bands, to {widest:.3g} nm, "
            f"half of their range. Found {fwhm:g} nm. Choose a width between."
        )


def _check_named(centres: Sequence[float], fwhm: float, wavelengths: Numbers) -> None:
    low, high = float(wavelengths.min()), float(wavelengths.max())
    outside = [centre for centre in centres if not low <= centre <= high]
    if outside:
        raise InputError(
            f"a feature should lie within the bands that are not noise, {low:g} to {high:g} nm. "
            f"Found {outside[0]:g} nm. Choose a wavelength inside."
        )
    for first, second in pairwise(sorted(centres)):
        if second - first < fwhm:
            raise InputError(
                f"features should be {fwhm:g} nm apart or more, their width. Found {first:g} and {second:g} "
                "nm. Move them apart, or make them narrower."
            )


def _find_free_bands(wavelengths: Numbers, usable: Mask, fwhm: float) -> Mask:
    """Return True for bands a width or more away from unusable bands and from both ends."""
    edges = [*wavelengths[~usable], wavelengths.min(), wavelengths.max()]
    nearest = np.abs(wavelengths[:, None] - np.array(edges)).min(axis=1)
    return np.asarray(usable & (nearest >= fwhm))


def _draw_centres(
    count: int, fwhm: float, candidates: Numbers, generator: np.random.Generator
) -> list[float]:
    centres: list[float] = []
    while len(centres) < count and len(candidates):
        centres.append(float(generator.choice(candidates)))
        candidates = _keep_apart(candidates, centres[-1], fwhm)
    return centres


def _keep_apart(candidates: Numbers, centre: float, fwhm: float) -> Numbers:
    return candidates[np.abs(candidates - centre) >= _APART * fwhm]
