"""Spectra of leaves with planted features: the smallest task with known truth."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError
from lrprism.spectral.simulate.arrays import Numbers
from lrprism.spectral.simulate.planting import plant
from lrprism.spectral.simulate.prospect import leaf_optics
from lrprism.spectral.simulate.traits import draw_traits
from lrprism.spectral.simulate.truth import PARTS, PlantedData

FIRST_NM, LAST_NM = 400.0, 1000.0
"""Range of the spectra in nm."""
_BRIGHTNESS: Final = 0.1  # relative spread of the light that falls on a leaf
_NOISE: Final = 0.002


def planted_spectra(
    *,
    train: int = 2000,
    validation: int = 500,
    test: int = 1000,
    bands: int = 200,
    fwhm_bands: float = 9.4,
    noise_bands: int = 4,
    seed: int = 0,
    **changes: Any,
) -> PlantedData:
    r"""Draw spectra of PROSPECT-D leaves and plant Gaussian features that carry the class.

    .. math:: x_{sb} = (1 + 0.1\,\epsilon_s) R_b(traits_s) + 0.002\,\epsilon_{sb}

    with normal :math:`\epsilon`, 400 to 1000 nm, evenly spaced; the traits of a leaf know nothing of its
    class. By default 3 features carry 4 classes and 4 decoys of the same variance do not, each 9.4 bands
    wide, at places drawn by the seed; 4 bands at each end hold noise alone.

    Args:
        train: Samples for training.
        validation: Samples for validation.
        test: Samples for testing.
        bands: Number of bands.
        fwhm_bands: Full width at half maximum of the features, in bands.
        noise_bands: Bands at each end that hold noise alone.
        seed: Seed of everything that is drawn.
        **changes: Settings of :class:`PlantSettings` to change.

    Returns:
        The data, ``x`` in reflectance ``[sample, band]``, with its truth.

    Raises:
        InputError: If a number is impossible.

    Example:
        >>> data = planted_spectra(train=40, validation=20, test=20, seed=1)
        >>> data.x.shape, int(data.truth.bands.sum()), len(data.truth.features)
        ((80, 200), 27, 7)
    """
    parts = name_parts(train, validation, test)
    if bands < 2:
        raise InputError(f"bands should be 2 or more. Found {bands}. Ask for more.")
    wavelengths = np.linspace(FIRST_NM, LAST_NM, bands)
    # not the generator of the planting, which begins with the same seed
    natural = _draw_spectra(len(parts), wavelengths, np.random.default_rng([seed, 1]))
    return plant(
        natural,
        None,
        wavelengths,
        part=parts,
        fwhm_nm=fwhm_bands * (LAST_NM - FIRST_NM) / (bands - 1),
        noise_bands=noise_bands,
        seed=seed,
        **changes,
    )


def name_parts(train: int, validation: int, test: int) -> npt.NDArray[np.str_]:
    """Return the part of each sample, those for training first.

    Raises:
        InputError: If a number is negative.
    """
    counts = (train, validation, test)
    if min(counts) < 0:
        raise InputError(f"the samples of each part should be 0 or more. Found {min(counts)}. Ask for some.")
    return np.repeat(PARTS, counts)


def _draw_spectra(samples: int, wavelengths: Numbers, generator: np.random.Generator) -> Numbers:
    leaves = leaf_optics(draw_traits(samples, generator), wavelengths).reflectance
    light = 1 + _BRIGHTNESS * generator.standard_normal((samples, 1))
    return light * leaves + _NOISE * generator.standard_normal(leaves.shape)
