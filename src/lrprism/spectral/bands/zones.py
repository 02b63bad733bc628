"""Relevance summed over zones of the spectrum: visible, red edge, a sensor's bands, a user's own."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.intervals import bootstrap_mean
from lrprism.spectral.bands.statistics import sample_spectra
from lrprism.spectral.knowledge.sensors import SENSORS

Zones = Mapping[str, Sequence[tuple[float, float]]]
"""By name, stretches of wavelength in nm: the first wavelength inside, and the first beyond."""

ZONES: Final[Zones] = {
    "visible": [(400.0, 680.0)],
    "red edge": [(680.0, 750.0)],
    "near infrared": [(750.0, 1300.0)],
    "SWIR 1": [(1300.0, 1900.0)],
    "SWIR 2": [(1900.0, 2500.0)],
}
"""The zones of vegetation: pigments, red edge, leaf structure, and water and dry matter twice."""
COLUMNS: Final = (
    "class", "class_name", "zone", "bands", "sum", "low", "high", "share", "bands_share",
)  # fmt: skip


def sensor_zones(name: str) -> Zones:
    """Return the bands of a satellite as zones: each from centre - FWHM / 2 to centre + FWHM / 2.

    Args:
        name: The satellite, such as ``"Sentinel-2A"``, or the code of its products.

    Raises:
        InputError: If it is unknown.
    """
    wanted = name.casefold()
    for sensor in SENSORS:
        if wanted in {sensor.name.casefold(), sensor.code.casefold()}:
            return {
                band: [(centre - fwhm / 2, centre + fwhm / 2)]
                for band, (centre, fwhm) in sensor.bands.items()
            }
    known = ", ".join(sensor.name for sensor in SENSORS)
    raise InputError(f"a sensor should be one of {known}. Found {name!r}.")


def zone_table(relevance: xr.Dataset, zones: Zones = ZONES) -> pd.DataFrame:
    r"""Sum relevance over zones of the spectrum, by explained class.

    With :math:`r_{sb} = \sum_{yx} R_{sbyx}`, S samples of the class and zone z:

    .. math:: sum_z = \frac1S \sum_s \sum_{b \in z} r_{sb}, \qquad
              share_z = \frac{\sum_s \sum_{b \in z} |r_{sb}|}{\sum_{sb} |r_{sb}|}, \qquad
              bands\_share_z = \frac{|z|}{B}

    ``low`` and ``high`` are the ends of the 95 % interval of sum, from drawing the samples again, or their
    groups where they have some. A share far above the share of the bands says that the network looks there.
    Zones may overlap; bands in no zone make the row ``other``, and a zone without a band has none.

    Args:
        relevance: A relevance dataset, or its :func:`sample_spectra`.
        zones: By name, stretches of wavelength in nm.

    Returns:
        A row per class and zone with the columns of :data:`COLUMNS`, class 0 first.

    Raises:
        DataError: If no zone holds a band, or the dataset is not one of relevance.
    """
    spectra = sample_spectra(relevance)
    masks = _mark_zones(spectra["wavelength"].values, zones)
    total = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
    names = spectra["class_name"].values
    rows: list[tuple[object, ...]] = []
    for number in np.unique(spectra["target"].values):
        chosen = spectra["target"].values == number
        groups = spectra["group"].values[chosen] if "group" in spectra.variables else None
        values, whole = total[chosen], float(np.abs(total[chosen]).sum())
        name = str(names[number]) if number < len(names) else f"class {number}"
        for zone, mask in masks.items():
            sums = values[:, mask].sum(axis=1)
            low, high = bootstrap_mean(sums, groups)
            share = float(np.abs(values[:, mask]).sum()) / whole if whole else 0.0
            facts = (int(mask.sum()), sums.mean(), float(low), float(high), share, mask.mean())
            rows.append((int(number), name, zone, *facts))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _mark_zones(wavelength: np.ndarray, zones: Zones) -> dict[str, np.ndarray]:
    """Return the bands of each zone that has some, and of none.

    Raises:
        DataError: If no zone has a band.
    """
    masks = {
        name: np.any([(wavelength >= low) & (wavelength < high) for low, high in stretches], axis=0)
        for name, stretches in zones.items()
    }
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    if not masks:
        raise DataError(
            f"a zone should hold a band of the data, {wavelength.min():.0f} to {wavelength.max():.0f} nm. "
            f"Found none in {', '.join(zones) or 'no zone at all'}. Name stretches in nm, low and high."
        )
    rest = ~np.any(list(masks.values()), axis=0)
    return {**masks, "other": rest} if rest.any() else masks
