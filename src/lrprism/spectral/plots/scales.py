"""Diverging colour scales centred on 0, and the bar that explains them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.plots import style

BAR: Final = 28.0  # mm, length of a colour bar


@dataclass(frozen=True)
class SymmetricScale:
    """A diverging scale with 0 in its middle.

    Attributes:
        limit: The colours run from ``-limit`` to ``limit``.
        largest: The largest magnitude there is.
        percentile: The percentile of the magnitudes that gave the limit; 100 if nothing is clipped.
    """

    limit: float
    largest: float
    percentile: float

    @property
    def clipped(self) -> bool:
        """True if some values lie beyond the colours."""
        return self.largest > self.limit

    @property
    def norm(self) -> Normalize:
        """The scale as matplotlib takes it."""
        return Normalize(-self.limit, self.limit)


def symmetric_scale(values: NDArray[np.floating], percentile: float = 99.5) -> SymmetricScale:
    r"""Return a scale centred on 0 that a few extreme values cannot bleach.

    .. math:: \text{limit} = P_{q}(|R|)

    Where that percentile is 0, or ``q = 100``, the largest magnitude is the limit; where all values are 0, 1.

    Args:
        values: Relevance, any shape and unit.
        percentile: ``q``, in (0, 100].

    Raises:
        DataError: If the percentile is out of range.
    """
    if not 0 < percentile <= 100:
        raise DataError(
            f"The percentile of a colour scale should lie in (0, 100]. Found {percentile}. Try 99.5."
        )
    magnitude = np.abs(values.astype(np.float64))
    largest = float(magnitude.max())
    limit = float(np.percentile(magnitude, percentile))
    if limit <= 0 or limit >= largest:
        return SymmetricScale(largest or 1.0, largest, 100.0)
    return SymmetricScale(limit, largest, percentile)


def draw_colour_bar(figure: Figure, scale: SymmetricScale, corner: tuple[float, float], label: str) -> Axes:
    """Draw a flat colour bar, with arrows where values lie beyond its colours.

    Args:
        figure: The figure.
        scale: The scale.
        corner: Left and top in mm.
        label: Quantity that the colours show, with its unit.
    """
    axes = style.add_axes(figure, corner[0] + 3.0, corner[1], BAR, 3.0)
    bar = figure.colorbar(
        ScalarMappable(scale.norm, style.DIVERGING),
        cax=axes,
        orientation="horizontal",
        extend="both" if scale.clipped else "neither",
        ticks=[-scale.limit, 0.0, scale.limit],
    )
    bar.ax.set_xticklabels([style.format_number(-scale.limit), "0", style.format_number(scale.limit)])
    bar.set_label(label, labelpad=1.0, fontsize=style.FONT_SMALL)
    return bar.ax


def describe_colours(*, is_trait: bool = False) -> str:
    """Return what red and blue mean, of a class or of a trait."""
    if is_trait:
        return "red raises the prediction, blue lowers it, white is 0"
    return "red speaks for the class, blue against it, white is 0"


def describe_ends(scale: SymmetricScale) -> str:
    """Return where the colours end; nothing where no value lies beyond them."""
    if not scale.clipped:
        return ""
    return (
        f"colours end at the {scale.percentile:g}th percentile of |R|, "
        f"the largest is {style.format_number(scale.largest)}"
    )
