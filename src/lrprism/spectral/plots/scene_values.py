"""The values of a relevance map that a figure of a scene shows, read piece by piece."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lrprism.errors import DataError


@dataclass(frozen=True, eq=False)
class DrawnRelevance:
    """A relevance map at the pixels that are drawn.

    Attributes:
        strongest: Position along the band axis of the largest relevance of every pixel, ``[y, x]``; masked
            where the pixel is not explained.
        heatmaps: Relevance of the bands shown, ``[shown, y, x]``, NaN where the pixel is not explained.
    """

    strongest: np.ma.MaskedArray[tuple[int, ...], np.dtype[np.int64]]
    heatmaps: NDArray[np.float64]


def mean_magnitude(relevance: xr.DataArray) -> NDArray[np.float64]:
    r"""Return the mean of ``|R|`` over the explained pixels of a scene.

    .. math:: m_b = \frac{1}{|E_b|} \sum_{(y,x) \in E_b} |R_{byx}|

    where :math:`E_b` are the pixels with a value in band b. The map never lies in memory as a whole.

    Args:
        relevance: ``[band, y, x]``, NaN at pixels that are not explained; lazy or not.

    Returns:
        The means, ``[band]``, in the unit of the relevance.

    Raises:
        DataError: If a band has no value at all, or an infinite one.
    """
    pieces = _split_into_chunks(relevance)
    total = abs(pieces).sum(("y", "x"), skipna=True, dtype=np.float64)
    reduced = xr.Dataset({"total": total, "count": pieces.notnull().sum(("y", "x"))}).compute()
    sums, counts = reduced["total"].to_numpy(), reduced["count"].to_numpy()
    wrong = np.flatnonzero(~np.isfinite(sums) | (counts == 0))
    if wrong.size:
        raise DataError(
            "relevance should have values in every band, and no infinite one. Found "
            f"{wrong.size} of {sums.size} bands without a value or with infinity. Explain a scene larger "
            "than the window, and look for infinity in the input or in the weights."
        )
    means: NDArray[np.float64] = sums / counts
    return means


def read_drawn(relevance: xr.DataArray, bands: list[int], step: int) -> DrawnRelevance:
    r"""Read the pixels that are drawn of a relevance map in one pass over its pieces.

    .. math:: k_{yx} = \arg\max_b R_{byx}

    Args:
        relevance: ``[band, y, x]``, NaN at pixels that are not explained; lazy or not.
        bands: Positions along the band axis of the heatmaps.
        step: Every ``step``-th row and column is drawn.

    Raises:
        DataError: If no pixel that is drawn has a value in these bands.
    """
    drawn = thin_out(_split_into_chunks(relevance).transpose("band", "y", "x"), step)
    read = xr.Dataset(
        {
            "strongest": drawn.fillna(-np.inf).argmax("band", skipna=False),
            "missing": drawn.isnull().all("band"),
            "heatmaps": drawn.isel(band=bands).rename(band="shown").drop_vars("shown", errors="ignore"),
        }
    ).compute()
    # where all bands are missing argmax has no meaning: masked
    strongest = np.ma.MaskedArray(read["strongest"].to_numpy().astype(np.int64), read["missing"].to_numpy())
    heatmaps = read["heatmaps"].to_numpy().astype(np.float64)
    if not np.isfinite(heatmaps).any():
        raise DataError(
            f"relevance should have a value at a pixel that is drawn, one of every {step} rows and columns. "
            "Found none. Cut out the part of the scene that was explained."
        )
    return DrawnRelevance(strongest, heatmaps)


def thin_out(array: xr.DataArray, step: int) -> xr.DataArray:
    """Return every ``step``-th row and column, from the first one on."""
    return array.isel(y=slice(None, None, step), x=slice(None, None, step))


def _split_into_chunks(relevance: xr.DataArray) -> xr.DataArray:
    return relevance.chunk("auto") if relevance.chunks is None else relevance
