"""Relevance summed over zones of the spectrum: visible, red edge, a sensor's bands, a user's own."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.bands.intervals import bootstrap_mean
from lrprism.spectral.bands.statistics import sample_spectra

BandMask: TypeAlias = npt.NDArray[np.bool_]
Zones = Mapping[str, Sequence[tuple[float, float]] | BandMask]
"""By name, stretches of wavelength in nm: the first wavelength inside, and the first beyond; or a mask that
marks the bands of the data, ``[band]``."""

ZONES: Final[Zones] = {
    "visible": [(400.0, 680.0)],
    "red edge": [(680.0, 750.0)],
    "near infrared": [(750.0, 1300.0)],
    "SWIR 1": [(1300.0, 1900.0)],
    "SWIR 2": [(1900.0, 2500.0)],
}
"""The zones of vegetation: pigments, red edge, leaf structure, and water and dry matter twice."""
OTHER: Final = "other"
"""The name of the row of bands in no zone."""
COLUMNS: Final = (
    "class", "class_name", "zone", "bands", "sum", "low", "high", "share", "bands_share",
)  # fmt: skip


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
        zones: By name, stretches of wavelength in nm, or a mask of the bands.

    Returns:
        A row per class and zone with the columns of :data:`COLUMNS`, class 0 first.

    Raises:
        DataError: If no zone holds a band, a mask is not of the bands of the data, a zone is called "other",
            or the dataset is not one of relevance.
    """
    spectra = sample_spectra(relevance)
    masks = _mark_zones(spectra["wavelength"].values, zones)
    total = (spectra["positive"] + spectra["negative"]).transpose("sample", "band").values
    names, marks = spectra["class_name"].values, np.stack(list(masks.values()), axis=1).astype(np.float64)
    pieces = []
    for number in np.unique(spectra["target"].values):
        chosen = spectra["target"].values == number
        groups = spectra["group"].values[chosen] if "group" in spectra.variables else None
        sums, sizes = total[chosen] @ marks, np.abs(total[chosen]).sum(axis=0)
        low, high = bootstrap_mean(sums, groups)
        whole = float(sizes.sum())
        pieces.append(
            pd.DataFrame({
                "class": int(number),
                "class_name": str(names[number]) if number < len(names) else f"class {number}",
                "zone": list(masks),
                "bands": marks.sum(axis=0).astype(np.int64),
                "sum": sums.mean(axis=0),
                "low": low,
                "high": high,
                "share": sizes @ marks / whole if whole else 0.0,
                "bands_share": marks.mean(axis=0),
            })
        )  # fmt: skip
    return pd.concat(pieces, ignore_index=True)


def _mark_zones(wavelength: npt.NDArray[np.float64], zones: Zones) -> dict[str, BandMask]:
    """Return the bands of each zone that has some, and of none.

    Raises:
        DataError: If no zone has a band, or a zone cannot be used.
    """
    if OTHER in zones:
        raise DataError(
            f"a zone should have a name of its own. Found '{OTHER}', the name of the bands in no zone. Call "
            "it otherwise."
        )
    masks = {name: _mark_zone(name, zone, wavelength) for name, zone in zones.items()}
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    if not masks:
        raise DataError(
            f"a zone should hold a band of the data, {wavelength.min():.0f} to {wavelength.max():.0f} nm. "
            f"Found none in {', '.join(zones) or 'no zone at all'}. Name stretches in nm, low and high."
        )
    rest = ~np.any(list(masks.values()), axis=0)
    return {**masks, OTHER: rest} if rest.any() else masks


def _mark_zone(
    name: str, zone: Sequence[tuple[float, float]] | BandMask, wavelength: npt.NDArray[np.float64]
) -> BandMask:
    if not isinstance(zone, np.ndarray):
        marks = [(wavelength >= low) & (wavelength < high) for low, high in zone]
        return np.any(marks, axis=0) if marks else np.zeros(len(wavelength), dtype=bool)
    if zone.dtype != bool or zone.shape != wavelength.shape:
        raise DataError(
            f"the mask of a zone should have True or False for each of {len(wavelength)} bands. Found "
            f"{zone.dtype} of shape {zone.shape} for '{name}'. Give stretches in nm, or such a mask."
        )
    return zone
