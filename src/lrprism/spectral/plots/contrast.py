"""Relevance of two sets of samples over wavelength, and their difference."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lrprism.errors import DataError
from lrprism.spectral.bands.contrast import COLUMNS
from lrprism.spectral.bands.pooling import pick_peaks
from lrprism.spectral.knowledge.absorption import FEATURES, Feature
from lrprism.spectral.plots import style, wavelength_axis
from lrprism.spectral.plots.heading import Heading
from lrprism.spectral.plots.legend import draw_legend, measure_legend
from lrprism.spectral.plots.peaks import MARKED, choose_distance

LEFT: Final = 14.0  # mm, the left axis with its label
PANEL: Final = 28.0  # mm, height of each panel
BETWEEN: Final = 3.0  # mm
AXIS: Final = 9.0  # mm, the wavelength axis with its label
LINE: Final = 0.8  # points
LEGEND: Final = 2  # entries side by side


@style.use_house_style
def relevance_contrast(
    table: pd.DataFrame,
    names: tuple[str, str],
    unit: str,
    doubt: str = "",
    known: Sequence[Feature] = FEATURES,
    counts: Sequence[str] = (),
) -> Figure:
    """Draw the mean relevance of two sets of samples, and below it their difference with its 95 % interval.

    The known absorption features that hold one of the three largest differences are named above, where the
    sets differ by more than noise, corrected for the number of bands. Lines are broken at gaps.

    Args:
        table: From :func:`lrprism.spectral.bands.contrast.contrast_table`.
        names: Names of the two sets.
        unit: Unit of the relevance.
        doubt: Why the figures of a network are not to be read, for the heading.
        known: The absorption features that the data can show.
        counts: The samples of each set in words, for the heading.

    Returns:
        The figure, 85 mm wide: one column.

    Raises:
        DataError: If a column is missing or there is no band.
    """
    _check_table(table)
    wavelength = table["wavelength_nm"].to_numpy(np.float64)
    ends = wavelength_axis.choose_limits(wavelength)
    features = wavelength_axis.find_features(ends, [(nm, nm) for nm in _find_differences(table)], known)
    facts = ["mean relevance per band", _name_interval(table), *counts]
    heading = Heading.build(style.COLUMN, f"{names[0]} less {names[1]}", facts, doubt)
    width, top = (
        style.COLUMN - LEFT - style.MARGIN,
        heading.height + 1.0 + wavelength_axis.measure_strip(features),
    )
    height = top + 2 * PANEL + BETWEEN + AXIS + measure_legend(5, LEGEND)
    figure = style.new_figure(style.COLUMN, height)
    heading.draw(figure)
    wavelength_axis.draw_feature_strip(figure, (LEFT, heading.height), width, ends, features)
    upper = style.add_axes(figure, LEFT, top, width, PANEL)
    lower = style.add_axes(figure, LEFT, top + PANEL + BETWEEN, width, PANEL)
    for axes in (upper, lower):
        axes.set_xlim(ends)
        axes.yaxis.set_major_formatter(style.format_tick)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.axhline(0, color=style.BLACK, linewidth=0.6)
        wavelength_axis.shade_atmosphere(axes, ends, known)
    _draw_curves(upper, lower, table, names)
    upper.tick_params(labelbottom=False)
    upper.set_ylabel(f"relevance ({unit})")
    lower.set(ylabel=f"difference ({unit})", xlabel="wavelength (nm)")
    draw_legend(figure, [upper, lower], LEGEND)
    return figure


def _name_interval(table: pd.DataFrame) -> str:
    if table["low"].notna().any():
        return "95 % interval of the difference"
    return "no interval: one sample or group"


def _find_differences(table: pd.DataFrame) -> list[float]:
    """Return the wavelengths of the largest differences that lie apart and above the noise of all bands."""
    wavelength = table["wavelength_nm"].to_numpy(np.float64)
    heights = table["difference"].abs()
    peaks = table.iloc[pick_peaks(heights, wavelength, choose_distance(wavelength), MARKED)]
    return [float(nm) for nm in peaks.loc[peaks["differs"].astype(bool), "wavelength_nm"]]


def _draw_curves(upper: Axes, lower: Axes, table: pd.DataFrame, names: tuple[str, str]) -> None:
    """Draw both means above, their difference with its interval below."""
    wavelength = table["wavelength_nm"].to_numpy(np.float64)
    x, _ = wavelength_axis.break_at_gaps(wavelength, wavelength)
    columns = ("first", "second", "difference", "low", "high")
    first, second, difference, low, high = (
        wavelength_axis.break_at_gaps(wavelength, table[name].to_numpy(np.float64))[1] for name in columns
    )
    upper.plot(x, first, linewidth=LINE, color=style.BLUE, label=names[0])
    look: dict[str, Any] = {"linestyle": (0, (5, 1)), "linewidth": LINE}
    upper.plot(x, second, color=style.VERMILION, label=names[1], **look)
    if not np.isnan(low).all():
        lower.fill_between(x, low, high, color=style.SKY, alpha=0.45, linewidth=0, label="95 % interval")
    lower.plot(x, difference, linewidth=LINE, color=style.BLACK, label=f"{names[0]} less {names[1]}")


def _check_table(table: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing or table.empty:
        raise DataError(
            f"a table of contrast should hold {', '.join(COLUMNS)} and a band. Found no "
            f"{', '.join(missing) or 'band'}. Pass the contrast.csv of lrprism compare."
        )
