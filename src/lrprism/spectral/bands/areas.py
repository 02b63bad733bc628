"""Areas of a patch: its centre, the rings round it, its border, the plant and what lies around it."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from lrprism.errors import InputError

CENTRE, BORDER, PLANT, BACKGROUND = "centre", "border", "plant", "background"
"""The names of areas, as in tables."""
_RED, _NIR = (650.0, 685.0), (760.0, 860.0)  # nm, where chlorophyll absorbs and where leaves scatter
_PATCHES: Final = 500  # more do not move the threshold
_BINS: Final = 256
_APART: Final = 0.75
"""Share of the variance of NDVI that lies between two kinds of pixels: 2/3 of it in one broad hump."""
_RARE: Final = 0.02

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlantMask:
    r"""Pixels of plants, told from others by their NDVI.

    .. math:: \mathrm{NDVI} = \frac{n - r}{n + r}

    with n and r the means of the bands in 760 to 860 nm and in 650 to 685 nm. Source: Rouse et al.,
    "Monitoring vegetation systems in the Great Plains with ERTS", 1974.

    Args:
        threshold: Pixels with an NDVI above it are plants.
        red: Numbers of the bands in the red.
        nir: Numbers of the bands in the near infrared.
    """

    threshold: float
    red: tuple[int, ...]
    nir: tuple[int, ...]

    @classmethod
    def propose(cls, patch: xr.DataArray) -> Self | None:
        r"""Propose a threshold from the NDVI of some patches, by the method of Otsu.

        It splits the pixels into two kinds so that the share of the variance between them,
        :math:`\sigma_B^2 / \sigma_T^2`, is largest. Source: Otsu, "A threshold selection method from
        gray-level histograms", 1979.

        Shapes: ``patch``: ``[sample, band, y, x]``.

        Args:
            patch: The patches, with the coordinate ``wavelength`` in nm; lazy or not.

        Returns:
            The mask; None where the bands miss the red or the near infrared, or the pixels are not of two
            kinds: less than 3/4 of the variance lies between them, or one is below 2 % of the pixels.
        """
        red, nir = _find_bands(patch["wavelength"].values)
        if not red or not nir:
            return None
        step = -(-patch.sizes["sample"] // _PATCHES)
        draft = cls(0.0, red, nir)
        values = draft.measure_ndvi(patch.isel(sample=slice(None, None, step))).values
        threshold = split_in_two(values[np.isfinite(values)])
        return None if threshold is None else cls(threshold, red, nir)

    @classmethod
    def at(cls, wavelength: Floats, threshold: float) -> Self:
        """Build the mask of a threshold that is known.

        Args:
            wavelength: Wavelengths of the bands in nm, ``[band]``.
            threshold: Pixels with an NDVI above it are plants.

        Raises:
            InputError: If the bands miss the red or the near infrared.
        """
        red, nir = _find_bands(wavelength)
        if not red or not nir:
            raise InputError(
                f"an NDVI should have bands in {_RED[0]:.0f} to {_RED[1]:.0f} and in {_NIR[0]:.0f} to "
                f"{_NIR[1]:.0f} nm. Found {wavelength.min():.0f} to {wavelength.max():.0f} nm with "
                f"{len(red)} and {len(nir)} there. Leave the threshold of plants out."
            )
        return cls(threshold, red, nir)

    def measure_ndvi(self, patch: xr.DataArray) -> xr.DataArray:
        """Return the NDVI of each pixel, ``[sample, y, x]``; NaN where both means are 0.

        Args:
            patch: The patches, ``[sample, band, y, x]``.
        """
        red, nir = (patch.isel(band=list(bands)).mean("band") for bands in (self.red, self.nir))
        total = nir + red
        return (nir - red) / total.where(total != 0)

    def mark(self, patch: xr.DataArray) -> xr.DataArray:
        """Mark the pixels of plants, ``[sample, y, x]``.

        Args:
            patch: The patches, ``[sample, band, y, x]``.
        """
        return self.measure_ndvi(patch) > self.threshold


def split_in_two(values: npt.NDArray[np.floating]) -> float | None:
    """Return the threshold between two kinds of values by the method of Otsu; None where there is one kind.

    Args:
        values: The values, in any shape.
    """
    if not values.size or values.min() == values.max():
        return None
    counts, edges = np.histogram(values, bins=_BINS)
    middles = (edges[1:] + edges[:-1]) / 2
    share = counts / counts.sum()
    # of the pixels below each edge: their share, and their part of the mean
    below, part = np.cumsum(share)[:-1], np.cumsum(share * middles)[:-1]
    mean = float((share * middles).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nan_to_num((mean * below - part) ** 2 / (below * (1 - below)))
    # between two clean humps every edge is as good: the middle one
    best = np.flatnonzero(between == between.max())
    cut = int(best[len(best) // 2])
    variance = float((share * (middles - mean) ** 2).sum())
    if between[cut] < _APART * variance or not _RARE <= below[cut] <= 1 - _RARE:
        return None
    return float(edges[cut + 1])


def _find_bands(wavelength: Floats) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the numbers of the bands in the red, and in the near infrared."""
    red, nir = (
        tuple(np.flatnonzero((wavelength >= low) & (wavelength <= high)).tolist())
        for low, high in (_RED, _NIR)
    )
    return red, nir


def mark_areas(patch: xr.DataArray, plant: PlantMask | None) -> dict[str, xr.DataArray]:
    r"""Mark the areas of patches: rings round the centre, plant and background where they can be told apart.

    Ring k of a square patch has the pixels at the distance :math:`\lfloor \max(|y|, |x|) \rfloor = k` from
    its middle. Ring 0 is the centre: the pixel that a window was cut round, or the innermost four of an even
    side. The last ring is the border: a network that pads its input shows it there. Patches that are not
    square have centre and border alone.

    Args:
        patch: The patches, ``[sample, band, y, x]``.
        plant: Tells plants from the background; None where nothing does.

    Returns:
        By name, ``[y, x]`` or ``[sample, y, x]``: centre, ring 1, ring 2, ..., border, plant, background; of
        patches of one pixel there is no area.
    """
    rows, columns = patch.sizes["y"], patch.sizes["x"]
    if rows * columns == 1:
        return {}
    y, x = (np.abs(np.arange(side) - (side - 1) / 2) for side in (rows, columns))
    masks = {CENTRE: (y < 1)[:, None] & (x < 1)}
    if rows == columns:
        distance = np.maximum(y[:, None], x).astype(np.int64)
        masks |= {f"ring {number}": distance == number for number in range(1, int(distance.max()))}
    masks[BORDER] = (y == y.max())[:, None] | (x == x.max())
    areas = {name: xr.DataArray(mask, dims=("y", "x")) for name, mask in masks.items()}
    if plant is not None:
        green = plant.mark(patch)
        areas |= {PLANT: green, BACKGROUND: ~green}
    return areas


def measure_areas(relevance: xr.DataArray, patch: xr.DataArray, plant: PlantMask | None) -> xr.Dataset:
    r"""Sum relevance over each area, and measure how large it is.

    .. math:: net_{sab} = \sum_{(y,x) \in a} R_{sbyx}, \qquad size_{sa} = \frac{|a|}{YX}

    Args:
        relevance: ``[sample, band, y, x]``; read into memory.
        patch: The patches, likewise.
        plant: Tells plants from the background; None where nothing does.

    Returns:
        ``area_net`` ``[sample, area, band]`` in the unit of the relevance, summed in float64 and kept in
        float32; ``area_size`` ``[sample, area]``; where plants are told apart ``centre_plant`` ``[sample]``,
        their share of the centre. Empty where there is no area.
    """
    areas = mark_areas(patch, plant)
    if not areas:
        return xr.Dataset()
    values = relevance.transpose("sample", "band", "y", "x").values
    whole = xr.zeros_like(relevance.isel(band=0, drop=True), bool).reset_coords(drop=True)
    masks = xr.concat([mask | whole for mask in areas.values()], "area").transpose("sample", "y", "x", "area")
    # one product of matrices for each sample is faster than a pass over the relevance for each area
    flat = masks.values.reshape(len(values), -1, len(areas)).astype(np.float64)
    net = values.reshape(*values.shape[:2], -1).astype(np.float64) @ flat
    measured = xr.Dataset(
        {
            "area_net": (("sample", "area", "band"), net.transpose(0, 2, 1).astype(np.float32)),
            "area_size": (("sample", "area"), flat.mean(axis=1)),
        },
        coords={"area": list(areas)},
    )
    if PLANT in areas:
        measured["centre_plant"] = areas[PLANT].where(areas[CENTRE]).mean(("y", "x"))
    return measured
