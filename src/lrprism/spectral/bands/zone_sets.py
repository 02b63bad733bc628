"""Sets of zones: the bands of a sensor, of published indices, and those that vary together."""

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.selection.correlation import EXCHANGEABLE, correlation_groups
from lrprism.spectral.bands.zones import BandMask, Zones
from lrprism.spectral.knowledge.indices import INDEX_BANDS, INDICES
from lrprism.spectral.knowledge.sensors import SENSORS

_FEWEST: Final = 10
"""Of 10 spectra of independent bands two correlate above .95 once in 40,000 pairs; of two spectra always."""
_MOST_NAMED: Final = 3
"""Stretches of a group of bands that its name lists."""


def sensor_zones(name: str) -> Zones:
    """Return the bands of a satellite as zones: each from centre - FWHM / 2 to centre + FWHM / 2.

    Args:
        name: The satellite, such as ``"Sentinel-2A"``, or the code of its products.

    Raises:
        InputError: If it is unknown.
    """
    for sensor in SENSORS:
        # "Landsat 8" means "Landsat 8 or 9", whose bands are the same
        if name.casefold() == sensor.name.casefold() or sensor.mark.fullmatch(name):
            return {
                band: [(centre - fwhm / 2, centre + fwhm / 2)]
                for band, (centre, fwhm) in sensor.bands.items()
            }
    known = ", ".join(sensor.name for sensor in SENSORS)
    raise InputError(f"a sensor should be one of {known}. Found {name!r}.")


def index_zones(wavelength: npt.ArrayLike) -> Zones:
    """Return the bands of published indices as zones, such as red and near infrared for the NDVI.

    An index is left out where the data have no band in one of its stretches: it could not be computed. Of
    indices of the same bands, such as NDVI and SAVI, one stands for all. A large share says that the network
    reads where the index does, not that it computes the index.

    Args:
        wavelength: Wavelengths of the bands of the data in nm, ``[band]``.

    Returns:
        By the short name of the index, the stretches of its bands; the ends lie inside.

    Example:
        >>> list(index_zones([550, 670, 800]))
        ['NDVI', 'GNDVI', 'NGRDI', 'MTVI1']
    """
    nm = np.asarray(wavelength, dtype=np.float64)
    zones: dict[str, list[tuple[float, float]]] = {}
    for index in INDICES:
        stretches = [INDEX_BANDS[band] for band in index.bands]
        if all(((nm >= low) & (nm <= high)).any() for low, high in stretches):
            # the first wavelength beyond a stretch whose end belongs to it
            zones[index.name] = [(low, float(np.nextafter(high, np.inf))) for low, high in stretches]
    return zones


def correlation_zones(
    spectra: npt.ArrayLike, wavelength: npt.ArrayLike, threshold: float = EXCHANGEABLE
) -> Zones:
    """Return groups of bands that vary together as zones: within a group, bands can stand for each other.

    Relevance may move between the bands of a group from one training to the next; its sum stays. Groups are
    those of :func:`lrprism.spectral.bands.correlation_groups`; a band that is alone in its group is in no
    zone.

    Shapes: ``spectra``: ``[sample, band]``; ``wavelength``: ``[band]``.

    Args:
        spectra: Spectra of the data, any unit.
        wavelength: Wavelengths in nm.
        threshold: Least absolute correlation within a group, above 0 and at most 1.

    Returns:
        By a name with its number and wavelengths, the bands of each group of two bands or more, marked.

    Raises:
        DataError: If there are fewer than 10 spectra, or they are not finite numbers.
        InputError: If the threshold is out of its range, or there is not a wavelength for each band.

    Example:
        >>> x = np.arange(10)
        >>> list(correlation_zones(np.stack([x, 1 - 2 * x, x % 3], axis=1), [500, 510, 700]))
        ['group 1: 500-510 nm']
    """
    count = len(np.asarray(spectra))
    if count < _FEWEST:
        raise DataError(
            f"bands that vary together should be found in at least {_FEWEST} spectra: in fewer they do so by "
            f"chance. Found {count}. Give more."
        )
    group, nm = correlation_groups(spectra, threshold), np.asarray(wavelength, dtype=np.float64)
    if nm.shape != group.shape:
        raise InputError(
            f"spectra should have a wavelength for each band. Found {len(group)} bands and wavelengths of "
            f"shape {nm.shape}."
        )
    masks = [group == number for number in range(int(group.max()) + 1)]
    several = [mask for mask in masks if mask.sum() > 1]
    return {f"group {number}: {_name_bands(mask, nm)} nm": mask for number, mask in enumerate(several, 1)}


def _name_bands(mask: BandMask, nm: npt.NDArray[np.float64]) -> str:
    """Return the stretches of neighbouring bands in words: "430-512, 701-722"."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    runs = [nm[start:end] for start, end in list(pairwise(edges))[::2]]
    names = [
        f"{run.min():.0f}-{run.max():.0f}" if len(run) > 1 else f"{run[0]:.0f}" for run in runs[:_MOST_NAMED]
    ]
    left = len(runs) - _MOST_NAMED
    return ", ".join(names) + (f" and {left} more" if left > 0 else "")
