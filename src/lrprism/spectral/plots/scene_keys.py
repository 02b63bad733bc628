"""The keys below a figure of a scene: the colours of the classes and of the wavelengths."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from lrprism.spectral.bands.class_codes import get_code
from lrprism.spectral.plots import contract, style, wavelength_axis
from lrprism.spectral.plots.class_colours import UNEXPLAINED, class_colour
from lrprism.spectral.plots.style import MARGIN

SEQUENTIAL: Final = "viridis"  # even steps to the eye, also in grey and to the colour-blind
LINE: Final = 3.3  # mm, of the classes' names
SWATCH: Final = 6.0  # mm, a colour and the space round it
OFTEN: Final = 3  # wavelengths named as the most frequent


@dataclass(frozen=True)
class ClassKey:
    """The classes of a scene with their colours.

    Attributes:
        classes: Those that occur, 0-based, ascending.
        labels: Code, name and share of the scene of each; then, where there are such pixels, of those
            that are not explained.
    """

    classes: tuple[int, ...]
    labels: tuple[str, ...]

    @classmethod
    def from_map(cls, classes: xr.DataArray) -> Self:
        """Build the key of a map of classes, ``[y, x]``, negative where a pixel is not explained."""
        values = np.maximum(classes.to_numpy(), -1)
        indices, counts = np.unique(values, return_counts=True)
        names, labels = xr.Dataset(attrs=classes.attrs), []
        for index, count in zip(indices.tolist(), counts.tolist(), strict=True):
            name = f"{get_code(classes.attrs, index)}  {contract.get_class_name(names, index)}"
            labels.append(
                f"{name if index >= 0 else 'not explained'} ({_format_percent(count / values.size)})"
            )
        if indices[0] < 0:  # not explained comes first in order, last in print
            labels.append(labels.pop(0))
        return cls(tuple(int(index) for index in indices if index >= 0), tuple(labels))

    @property
    def columns(self) -> int:
        """Number of columns in which the labels fit on the page, 4 at most."""
        widest = max(style.text_width(label, style.FONT_SMALL) for label in self.labels)
        return max(1, min(4, int((style.PAGE_WIDTH - 2 * MARGIN) / (widest + SWATCH))))

    @property
    def height(self) -> float:
        """Height in mm that :meth:`draw` needs."""
        return LINE * (1 - len(self.labels) // -self.columns) + 2.0

    def draw(self, figure: Figure, top: float, letter: str) -> None:
        """Draw the key of the panel ``letter`` over the width of the page, from ``top`` in mm on."""
        title = f"{letter}  predicted class (its share of the scene); numbers stand where there is room"
        style.write(figure, MARGIN, top, title, size=style.FONT_SMALL)
        colours = [class_colour(index) for index in self.classes]
        colours += [UNEXPLAINED] * (len(self.labels) - len(colours))
        width, height = style.measure_figure(figure)
        figure.legend(
            [Patch(facecolor=colour) for colour in colours],
            self.labels,
            loc="upper left",
            bbox_to_anchor=(MARGIN / width, 1 - (top + LINE) / height),
            borderpad=0.0,
            borderaxespad=0.0,
            ncols=self.columns,
            handlelength=1.4,
            handleheight=1.0,
            columnspacing=1.5,
            labelspacing=(LINE / style.MM_PER_POINT - style.FONT_SMALL) / style.FONT_SMALL - 0.1,
        )


def draw_wavelength_key(
    figure: Figure,
    box: tuple[float, float, float],
    wavelength: NDArray[np.float64],
    strongest: np.ma.MaskedArray[tuple[int, ...], np.dtype[np.int64]],
    letter: str,
    note: str = "",
) -> Axes:
    """Draw the colours of wavelengths, grey where the sensor has no band, and name the most frequent ones.

    Args:
        figure: The figure.
        box: Left, top and width in mm.
        wavelength: In nm, ``[band]``, in any order.
        strongest: Position of the strongest band of every pixel, ``[y, x]``.
        letter: Of the panel that it explains.
        note: A fact below it; none where empty.
    """
    edge, top, width = box
    axes = style.add_axes(figure, edge, top, width, 3.0)
    ends = wavelength_axis.choose_limits(wavelength)
    axes.set_facecolor(wavelength_axis.ATMOSPHERE)
    for bands, edges in wavelength_axis.find_cell_edges(wavelength):
        mesh = axes.pcolormesh(edges, [0.0, 1.0], wavelength[bands][None], cmap=SEQUENTIAL, rasterized=True)
        mesh.set_clim(ends)
    axes.set(xlim=ends, yticks=[], ylim=(0, 1))
    axes.spines[:].set_visible(True)
    axes.set_xlabel(f"{letter}  wavelength of the band of largest relevance (nm)", labelpad=1.5)
    notes = [_name_most_frequent(wavelength, strongest)]
    if len(wavelength_axis.split_at_gaps(wavelength)) > 1:
        notes.append("grey: the sensor has no band, or it was left out")
    for number, line in enumerate([*notes, note] if note else notes):
        place = top + 10.5 + number * style.LINE
        style.write(figure, edge, place, line, size=style.FONT_SMALL, colour=style.GREY)
    return axes


def _name_most_frequent(
    wavelength: NDArray[np.float64], strongest: np.ma.MaskedArray[tuple[int, ...], np.dtype[np.int64]]
) -> str:
    counts = np.bincount(strongest.compressed(), minlength=wavelength.size)
    bands = [int(band) for band in np.argsort(-counts, kind="stable")[:OFTEN] if counts[band]]
    return "most often " + ", ".join(
        f"{wavelength[band]:.1f} nm ({_format_percent(counts[band] / counts.sum())})" for band in bands
    )


def _format_percent(share: float) -> str:
    return f"{style.format_number(100 * share, 2 if share < 0.995 else 3)} %"
