"""What a camera with a few filters would see of a spectrum of many bands."""

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError
from lrprism.spectral.cubes.cube import check_wavelengths
from lrprism.spectral.cubes.response import weigh_bands


def filter_bands(
    spectra: npt.ArrayLike, wavelength: npt.ArrayLike, centres: npt.ArrayLike, fwhm: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    r"""Average spectra over Gaussian filters of a stated width.

    .. math:: y_k = \frac{\sum_b G_{kb} x_b}{\sum_b G_{kb}}, \quad
              G_{kb} = \exp\Bigl(-4 \ln 2 \frac{(\lambda_b - c_k)^2}{\mathrm{FWHM}_k^2}\Bigr)

    An average, in the unit of the data, where Morales and others integrate by trapezoids: over evenly spaced
    bands the two differ by a constant factor. A missing value makes each filter missing that it has a weight
    in, which is all of them.

    Shapes: ``spectra``: ``[..., band]``; ``centres``: ``[filter]``; ``fwhm``: ``[filter]`` or one for all;
    result ``[..., filter]``.

    Args:
        spectra: Spectra, any unit; the last axis holds the bands.
        wavelength: Centre of each band in nm.
        centres: Centre of each filter in nm.
        fwhm: Full width at half maximum of each filter in nm, positive.

    Raises:
        DataError: If the wavelengths do not fit the spectra, or there are not as many widths as centres.
        InputError: If no band is near a filter, or a width is not positive.

    Example:
        >>> filter_bands([0.0, 1.0, 4.0], [490, 500, 510], [500], 20)
        array([1.5])
    """
    x = np.asarray(spectra, dtype=np.float64)
    if not x.ndim or not x.size:
        raise DataError(f"spectra should have bands on their last axis. Found shape {x.shape}. Add them.")
    source = check_wavelengths(wavelength, x.shape[-1])
    centre, width = np.asarray(centres, dtype=np.float64), np.asarray(fwhm, dtype=np.float64)
    if centre.ndim != 1 or not centre.size or width.shape not in {(), centre.shape}:
        raise DataError(
            "centres should be a list, and fwhm one number or as many. Found shapes "
            f"{centre.shape} and {width.shape}. State a width for each filter."
        )
    if not (np.isfinite(centre).all() and np.isfinite(width).all()):
        raise DataError("centres and fwhm should be finite, in nm. Found NaN or infinity. Correct them.")
    weights = weigh_bands(np.asarray(source, dtype=np.float64), centre, np.broadcast_to(width, centre.shape))
    return np.asarray(x @ weights.T)
