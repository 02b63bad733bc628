"""What an image of a leaf holds besides the leaf: soil, and the noise of a camera."""

import numpy as np

from lrprism.spectral.simulate.arrays import Numbers

_QUIET, _ENDS = 0.003, 5.0


def draw_soil(wavelengths: Numbers, samples: int, generator: np.random.Generator) -> Numbers:
    r"""Draw reflectance that rises with wavelength as that of soils does.

    .. math:: R(\lambda) = B \bigl(0.04 + 0.3 (1 - e^{-(\lambda - 350) / 450})\bigr)
              \bigl(1 - d\, 2^{-((\lambda - 880) / 75)^2}\bigr)

    with brightness B of 0.6 to 1.3 and iron oxide of depth d up to 0.15 about 880 nm. A shape like that of
    soils, no measured one. Shapes: ``wavelengths``: ``[band]``; result ``[sample, band]``.

    Args:
        wavelengths: Wavelengths in nm, 350 or more.
        samples: Number of soils.
        generator: Source of the random numbers.
    """
    brightness = generator.uniform(0.6, 1.3, (samples, 1))
    iron = generator.uniform(0, 0.15, (samples, 1)) * 2.0 ** -(((wavelengths - 880) / 75) ** 2)
    rise = 0.04 + 0.3 * (1 - np.exp(-(wavelengths - 350) / 450))
    return np.asarray(brightness * rise * (1 - iron))


def camera_noise(wavelengths: Numbers) -> Numbers:
    r"""Return the standard deviation of the noise in each band, in reflectance.

    .. math:: \sigma(\lambda) = 0.003\,(1 + 5\,|2 t - 1|^4), \qquad
              t = \frac{\lambda - \lambda_{first}}{\lambda_{last} - \lambda_{first}}

    six times as much at both ends, where lamp and silicon are weak, as in the middle. Shapes: ``[band]``.
    """
    low, high = wavelengths.min(), wavelengths.max()
    return np.asarray(_QUIET * (1 + _ENDS * np.abs(2 * (wavelengths - low) / (high - low) - 1) ** 4))
