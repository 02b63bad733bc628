"""The Gaussian response of a band to wavelength, and what a band of that response sees of others."""

import numpy as np
import numpy.typing as npt

from lrprism.errors import InputError

Wavelengths = npt.NDArray[np.float64]


def gaussian_response(distance: Wavelengths, fwhm: Wavelengths) -> Wavelengths:
    r"""Return the response of bands at a distance from their centres, 1 at the centre.

    .. math:: G = \exp\Bigl(-4 \ln 2 \frac{d^2}{\mathrm{FWHM}^2}\Bigr)

    Args:
        distance: Distance d in nm.
        fwhm: Full width at half maximum in nm, of a shape that goes with it.
    """
    return np.asarray(np.exp(-4 * np.log(2) * (distance / fwhm) ** 2))


def weigh_bands(source: Wavelengths, centre: Wavelengths, fwhm: Wavelengths) -> Wavelengths:
    r"""Return the weights with which the bands of a target average those of a source.

    .. math:: W_{kb} = \frac{G_{kb}}{\sum_c G_{kc}}

    Shapes: ``source``: ``[band]``; ``centre``, ``fwhm``: ``[target]``; result ``[target, band]``.

    Args:
        source: Centres of the source bands in nm.
        centre: Centres of the target bands in nm.
        fwhm: Full widths at half maximum of the target bands in nm.

    Raises:
        InputError: If the source says nothing about a target band, or a width is not positive.
    """
    _check_covered(centre, fwhm, source)
    response = gaussian_response(source - centre[:, None], fwhm[:, None])
    # a flat spectrum stays flat
    return np.asarray(response / response.sum(axis=1, keepdims=True))


def _check_covered(centre: Wavelengths, width: Wavelengths, source: Wavelengths) -> None:
    """Refuse target bands that the source says nothing about.

    Raises:
        InputError: If there is one, or a width is not positive.
    """
    if not (width > 0).all():
        raise InputError(
            f"fwhm should be positive, in nm. Found {width.min():g}. Take it from the sensor's manual."
        )
    outside = (centre < source.min()) | (centre > source.max())
    if outside.any():
        numbers = ", ".join(f"{nm:g}" for nm in centre[outside])
        raise InputError(
            f"target bands should lie within {source.min():g} to {source.max():g} nm, the range of the "
            f"source. Found {numbers} nm. Leave these bands out."
        )
    # a source that jumps from 1000 to 1500 nm says nothing about 1250 nm
    apart = np.abs(source - centre[:, None]).min(axis=1)
    if (apart > width).any():
        numbers = ", ".join(f"{nm:g}" for nm in centre[apart > width])
        raise InputError(
            "target bands should have a source band within their full width at half maximum. "
            f"Found none near {numbers} nm. Leave out bands that lie in a gap of the source."
        )
