"""Peaks of relevance over wavelength: which are marked, and how they are named on the axes."""

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lrprism.spectral.bands.pooling import pick_peaks
from lrprism.spectral.bands.statistics import NAMED, top_regions
from lrprism.spectral.plots import style

MARKED: Final = 3  # peaks
APART: Final = 25.0  # peaks nearer than this part of the axis are one in print
ROOF: Final = 3.0  # mm, from the upper edge of the panel to the names of peaks
KNEE: Final = 2.0  # mm, in which the line of a peak turns to its name
HEADROOM: Final = 0.22  # of the panel, kept free for the names of peaks

Range = tuple[float, float]


def choose_distance(wavelength: NDArray[np.float64]) -> float:
    r"""Return how far apart in nm two peaks are told apart on a printed axis: 1/25 of its length.

    A peak of relevance spreads over neighbouring bands: the three largest values are usually one peak.
    """
    return float(np.ptp(wavelength)) / APART


def find_peaks(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest peaks of mean relevance that lie apart and are above their noise.

    Args:
        rows: The rows of one class of :func:`lrprism.spectral.band_table`.
    """
    wavelength = rows["wavelength_nm"].to_numpy(np.float64)
    heights = rows["magnitude" if "magnitude" in rows.columns else "sum"]
    peaks = rows.iloc[pick_peaks(heights, wavelength, choose_distance(wavelength), MARKED)]
    return _keep_sure(peaks, "low")


def find_boxes(rows: pd.DataFrame, target: int, spectra: xr.Dataset) -> tuple[pd.DataFrame, list[Range]]:
    """Return the rows of the largest pooled relevance, and the ends of their boxes in nm.

    Where the dataset states the stretches that the report names, they are those: it asks for more.

    Args:
        rows: The rows of one class of :func:`lrprism.spectral.band_table`, with pooled relevance.
        target: The class.
        spectra: The :func:`lrprism.spectral.sample_spectra` of the class.
    """
    wavelength = rows["wavelength_nm"].to_numpy(np.float64)
    named: list[Range] | None = spectra.attrs.get(NAMED, {}).get(target)
    if named is not None:
        middles = [int(np.abs(wavelength - (start + end) / 2).argmin()) for start, end in named]
        return rows.iloc[middles], named
    regions = _keep_sure(top_regions(rows, target, MARKED), "pooled_low")
    half = float(rows["pooled_nm"].iloc[0]) / 2
    return regions, [_find_box(wavelength, nm, half) for nm in regions["wavelength_nm"]]


def _find_box(wavelength: NDArray[np.float64], nm: float, half: float) -> Range:
    """Return the ends of the box round a wavelength in nm, within the range of the sensor."""
    return max(nm - half, float(wavelength.min())), min(nm + half, float(wavelength.max()))


def _keep_sure(rows: pd.DataFrame, low: str) -> pd.DataFrame:
    """Keep what is above its own noise: one sample alone has no interval, a trait goes up and down."""
    return rows[~(rows[low] <= 0)] if "magnitude" not in rows.columns else rows


def mark_peaks(axes: Axes, peaks: pd.DataFrame, height: str = "sum") -> None:
    """Mark peaks from :func:`find_peaks` by triangles, as high as a column says, with their wavelengths."""
    if peaks.empty:
        return
    x, y = peaks["wavelength_nm"].to_numpy(dtype=np.float64), peaks[height].to_numpy(dtype=np.float64)
    label = "largest peaks" if len(peaks) > 1 else "largest peak"
    axes.plot(x, y, "v", color=style.VERMILION, markersize=3.5, label=label, gid="strongest", zorder=4)
    _name_places(axes, x, y, [f"{nm:.1f} nm" for nm in x])


def mark_boxes(axes: Axes, regions: pd.DataFrame, boxes: list[Range], label: str) -> None:
    """Mark the boxes from :func:`find_boxes` by bars as wide as they are.

    One strong band becomes a plateau as wide as the box: the box is known, not the band in it.
    """
    heights = regions["pooled_sum"].to_numpy(dtype=np.float64)
    for (start, end), height in zip(boxes, heights, strict=True):
        axes.plot(
            [start, end],
            [height] * 2,
            color=style.VERMILION,
            linewidth=1.2,
            label=label,
            gid="region",
        )
    middles = np.array([sum(box) / 2 for box in boxes])
    _name_places(axes, middles, heights, [f"{start:.0f}–{end:.0f} nm" for start, end in boxes])


def _name_places(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], names: list[str]) -> None:
    """Write a name over each place, with a line down to it; the names stay apart and on the axes."""
    if not names:
        return
    order = np.argsort(x, kind="stable")
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    nm_per_mm = (high - low) / _measure_size(axes)[0]
    widest = max(style.text_width(name, style.FONT_SMALL) for name in names) * nm_per_mm
    bounds = (low + widest / 2, high - widest / 2 - nm_per_mm)
    middles = style.spread_labels(x[order], widest + 1.5 * nm_per_mm, bounds)
    mm = (top - bottom) / _measure_size(axes)[1]
    roof = top - ROOF * mm
    for place, middle in zip(order, middles, strict=True):
        # from the mark straight up, then across to its name
        path = [y[place], roof - KNEE * mm, roof]
        axes.plot([x[place], x[place], middle], path, color=style.VERMILION, linewidth=0.4)
        axes.text(
            *(middle, roof, names[place]),
            ha="center",
            va="bottom",
            fontsize=style.FONT_SMALL,
            color=style.VERMILION,
        )


def _measure_size(axes: Axes) -> tuple[float, float]:
    """Return width and height of axes in mm."""
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes without a figure have no place
    width, height = style.measure_figure(figure)
    return float(axes.get_position().width * width), float(axes.get_position().height * height)
