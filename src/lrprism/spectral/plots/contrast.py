"""Relevance of two sets of samples over wavelength, and their difference."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrprism.errors import DataError
from lrprism.spectral.bands.contrast import COLUMNS
from lrprism.spectral.plots import style, wavelength_axis

LEFT: Final = 17.0  # mm, the left axis with its label
HEADING: Final = 13.0  # mm
PANEL: Final = 42.0  # mm, height of each panel
BETWEEN: Final = 4.0  # mm
FOOT: Final = 18.0  # mm, the wavelength axis and the legend


@style.use_house_style
def relevance_contrast(table: pd.DataFrame, names: tuple[str, str], unit: str, doubt: str = "") -> Figure:
    """Draw the mean relevance of two sets of samples, and below it their difference with its 95 % interval.

    Known absorption features are named above; lines are broken at gaps.

    Args:
        table: From :func:`lrprism.spectral.bands.contrast.contrast_table`.
        names: Names of the two sets.
        unit: Unit of the relevance.
        doubt: Why the figures of a network are not to be read, for the heading.

    Returns:
        The figure, 170 mm wide.

    Raises:
        DataError: If a column is missing or there is no band.
    """
    _check_table(table)
    wavelength = table["wavelength_nm"].to_numpy(np.float64)
    ends = wavelength_axis.choose_limits(wavelength)
    strip = wavelength_axis.measure_strip(wavelength_axis.find_features(ends))
    width = style.PAGE_WIDTH - LEFT - style.MARGIN
    top = HEADING + strip + 1.0
    figure = style.new_figure(style.PAGE_WIDTH, top + 2 * PANEL + BETWEEN + FOOT)
    facts = ["mean relevance per band, 95 % intervals"]
    style.write_heading(figure, f"{names[0]} less {names[1]}", facts, doubt)
    wavelength_axis.draw_feature_strip(figure, (LEFT, HEADING), width, ends)
    upper = style.add_axes(figure, LEFT, top, width, PANEL)
    lower = style.add_axes(figure, LEFT, top + PANEL + BETWEEN, width, PANEL)
    for axes in (upper, lower):
        axes.set_xlim(ends)
        axes.yaxis.set_major_formatter(style.format_tick)
        axes.axhline(0, color=style.BLACK, linewidth=0.6)
        wavelength_axis.shade_atmosphere(axes, ends)
    _draw_curves(upper, lower, table, names)
    upper.tick_params(labelbottom=False)
    upper.set_ylabel(f"relevance ({unit})")
    lower.set(ylabel=f"difference ({unit})", xlabel="wavelength (nm)")
    # both panels shade the air: one entry serves both
    entries = {
        label: handle
        for axes in (upper, lower)
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(entries.values()), list(entries), loc="lower center", ncols=5)
    return figure


def _draw_curves(upper: Axes, lower: Axes, table: pd.DataFrame, names: tuple[str, str]) -> None:
    """Draw both means above, their difference with its interval below."""
    wavelength = table["wavelength_nm"].to_numpy(np.float64)
    x, _ = wavelength_axis.break_at_gaps(wavelength, wavelength)
    columns = ("first", "second", "difference", "low", "high")
    first, second, difference, low, high = (
        wavelength_axis.break_at_gaps(wavelength, table[name].to_numpy(np.float64))[1] for name in columns
    )
    upper.plot(x, first, color=style.BLUE, label=names[0])
    upper.plot(x, second, color=style.VERMILION, label=names[1])
    lower.fill_between(x, low, high, color=style.SKY, alpha=0.45, linewidth=0, label="95 % interval")
    lower.plot(x, difference, color=style.BLACK, label=f"{names[0]} less {names[1]}")


def _check_table(table: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing or table.empty:
        raise DataError(
            f"a table of contrast should hold {', '.join(COLUMNS)} and a band. Found no "
            f"{', '.join(missing) or 'band'}. Pass the contrast.csv of lrprism compare."
        )
