"""What planting does to the values of samples: features, noise, artefacts."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from lrprism.errors import DataError
from lrprism.spectral.simulate.arrays import Floats, Mask, Numbers
from lrprism.spectral.simulate.features import PlantedFeature, stack_profiles

ARTEFACT_HEIGHT: Final = 2.0
"""Height of an artefact in standard deviations of its bands."""


def add_features(
    x: Floats,
    height: Numbers,
    features: Sequence[PlantedFeature],
    wavelengths: Numbers,
    region: Mask | None = None,
) -> Floats:
    """Return a copy of samples with features added in the pixels of a region.

    Shapes: ``x``: ``[sample, band, ...]``; ``height``: ``[sample, feature]``, in the unit of ``x``;
    ``region``: ``[sample, y, x]``, or None for all pixels.
    """
    bumps = (height @ stack_profiles(features, wavelengths)).astype(np.float32)
    bumps = bumps.reshape(*bumps.shape, *[1] * (x.ndim - 2))
    return x + (bumps if region is None else bumps * region[:, None])


def add_artefact(x: Floats, artefact: Mask, confounded: Mask) -> None:
    """Raise a few bands of some samples by 2 standard deviations of these bands, in place.

    Shapes: ``x``: ``[sample, band, ...]``; ``artefact``: ``[band]``; ``confounded``: ``[sample]``.
    """
    if not artefact.any():
        return
    spread = x[:, artefact].astype(np.float64).std()
    x[np.ix_(confounded, artefact)] += np.float32(ARTEFACT_HEIGHT * spread)


def replace_by_noise(x: Floats, noise: Mask, generator: np.random.Generator) -> None:
    """Replace bands by white noise of their mean and spread over all samples, in place.

    Shapes: ``x``: ``[sample, band, ...]``; ``noise``: ``[band]``.
    """
    for band in np.flatnonzero(noise):
        values = x[:, band].astype(np.float64)
        x[:, band] = values.mean() + values.std() * generator.standard_normal(values.shape)


def measure_spread(
    x: Floats, region: Mask | None, features: Sequence[PlantedFeature], wavelengths: Numbers
) -> Numbers:
    """Return the standard deviation of the band nearest to each feature, over samples and pixels.

    Shapes: ``x``: ``[sample, band, ...]``; ``region``: ``[sample, y, x]``, or None for all pixels; result
    ``[feature]``.

    Raises:
        DataError: If one of these bands is constant.
    """
    nearest = [int(np.abs(wavelengths - feature.centre).argmin()) for feature in features]
    values = [x[:, band] if region is None else x[:, band][region] for band in nearest]
    spread = np.array([value.std(dtype=np.float64) for value in values])
    if not (spread > 0).all():
        raise DataError(
            "bands that features are planted into should vary over the samples. Found one value throughout "
            f"at {features[int(spread.argmin())].centre:g} nm. Leave constant bands out."
        )
    return spread
