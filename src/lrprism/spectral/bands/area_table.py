"""Relevance by area of the patch: rings round the centre, plant and background."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.bands.intervals import bootstrap_mean
from lrprism.spectral.bands.statistics import sample_spectra

COLUMNS: Final = (
    "class", "class_name", "area", "sum", "low", "high", "share", "pixels_share",
)  # fmt: skip


def area_table(relevance: xr.Dataset) -> pd.DataFrame:
    r"""Sum relevance over areas of the patch, by explained class.

    With :math:`n_{sab} = \sum_{(y,x) \in a} R_{sbyx}`, S samples of the class and all pixels :math:`a'`
    outside of area a:

    .. math:: sum_a = \frac1S \sum_{sb} n_{sab}, \qquad
              share_a = \frac{\sum_b |\bar n_{ab}|}{\sum_b |\bar n_{ab}| + \sum_b |\bar n_{a'b}|}, \qquad
              pixels\_share_a = \frac1S \sum_s \frac{|a_s|}{YX}

    with :math:`\bar n_{ab} = \frac1S \sum_s n_{sab}`: what cancels between the pixels or samples of an area
    is noise. A share far above the share of the pixels says that the network looks there. ``low`` and
    ``high`` are the ends of the 95 % interval of sum, from drawing the samples again, or their groups where
    they have some. The areas are those of :func:`lrprism.spectral.bands.areas.mark_areas`: rings from the
    centre to the border, and plant and background where they are told apart. The sums of the rings add up to
    the relevance of all pixels; the shares do not add up to 1, as each area stands against all others.

    Args:
        relevance: A relevance dataset with ``patch``, or its :func:`lrprism.spectral.sample_spectra`.

    Returns:
        A row per class and area with the columns of :data:`COLUMNS`, class 0 and the centre first.

    Raises:
        DataError: If there is no area, as of patches of one pixel, or the dataset is not one of relevance.
    """
    spectra = sample_spectra(relevance)
    if "area_net" not in spectra.variables:
        raise DataError(
            "a patch should have several pixels to have areas. Found relevance of single spectra, or without "
            "its patch. Explain patches with a window above 1."
        )
    names, target = spectra["class_name"].values, spectra["target"].values
    pieces = []
    for number in np.unique(target):
        chosen = spectra.isel(sample=np.flatnonzero(target == number))
        name = str(names[number]) if number < len(names) else f"class {number}"
        pieces.append(_tabulate_class(chosen, int(number), name))
    return pd.concat(pieces, ignore_index=True)[list(COLUMNS)]


def _tabulate_class(spectra: xr.Dataset, number: int, name: str) -> pd.DataFrame:
    sums = spectra["area_net"].transpose("sample", "area", "band").values.sum(axis=2, dtype=np.float64)
    low, high = bootstrap_mean(sums, spectra["group"].values if "group" in spectra.variables else None)
    shares = measure_shares(spectra)
    return pd.DataFrame({
        "class": number,
        "class_name": name,
        "area": list(shares),
        "sum": sums.mean(axis=0),
        "low": low,
        "high": high,
        "share": [share for share, _ in shares.values()],
        "pixels_share": [size for _, size in shares.values()],
    })  # fmt: skip


def measure_shares(spectra: xr.Dataset) -> dict[str, tuple[float, float]]:
    """Measure the share of relevance and of pixels in each area, see :func:`area_table`.

    Args:
        spectra: The samples of one class out of :func:`lrprism.spectral.sample_spectra`.

    Returns:
        By area, the two shares, 0 where there is no relevance at all; none for patches of one pixel.
    """
    if "area_net" not in spectra.variables or not spectra.sizes["sample"]:
        return {}
    whole = (spectra["positive"] + spectra["negative"]).mean("sample").values
    mean = spectra["area_net"].transpose("area", "band", "sample").values.mean(axis=2, dtype=np.float64)
    inside, outside = (np.abs(part).sum(axis=1) for part in (mean, whole - mean))
    sizes = spectra["area_size"].transpose("area", "sample").values.mean(axis=1)
    shares = _divide(inside, inside + outside)
    return dict(
        zip(spectra["area"].values.tolist(), zip(shares.tolist(), sizes.tolist(), strict=True), strict=True)
    )


def _divide(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the quotient; 0 where there is no relevance at all."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
