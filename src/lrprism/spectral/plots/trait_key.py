"""The key below a figure of a scene with a predicted trait: a colour bar, and what lies beyond it."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrprism.errors import DataError
from lrprism.spectral.bands.statistics import TARGET_RANGE
from lrprism.spectral.plots import style
from lrprism.spectral.plots.heading import break_text
from lrprism.spectral.plots.style import MARGIN

TRAIT: Final = (
    "cividis"  # even steps to the eye, the same to the colour-blind; other colours than wavelengths
)
PERCENTILE: Final = 0.5  # of the predictions, where the colours begin; they end at 100 less it
BAR: Final = 82.0  # mm
NOTES: Final = MARGIN + 3.0 + BAR + 8.0  # mm, left edge of the notes


@dataclass(frozen=True)
class TraitKey:
    """The colours of a predicted trait.

    Attributes:
        label: The trait with its unit.
        low: The value at which the colours begin, in the unit of the trait.
        high: The value at which they end.
        extend: Which values lie beyond the colours: "neither", "min", "max" or "both".
        notes: Facts beside the colours, a line each.
    """

    label: str
    low: float
    high: float
    extend: str
    notes: tuple[str, ...]

    @classmethod
    def from_map(cls, values: xr.DataArray, trained: tuple[float, float] | None) -> Self:
        """Build the key of a map of a predicted trait.

        The colours end at the 0.5th and the 99.5th percentile of the predictions, or at the ends of the
        training targets where these lie further inside: a few values far outside bleach nothing.

        Args:
            values: The trait, ``[y, x]``, NaN where there is none, with a name and the attribute ``units``.
            trained: Smallest and largest target of the training, same unit; None where not known.

        Raises:
            DataError: If no pixel has a value, or one is infinite.
        """
        map_values = values.to_numpy().astype(np.float64)
        known = map_values[~np.isnan(map_values)]
        if not known.size or not np.isfinite(known).all():
            found = "an infinite one" if known.size else "none"
            raise DataError(
                f"a predicted trait should have finite values. Found {found}. Look for NaN or infinity in "
                "the scene or in the weights."
            )
        unit = str(values.attrs.get("units", ""))
        low, high = _choose_ends(known, trained)
        under, over = bool(known.min() < low), bool(known.max() > high)
        extend = {(False, False): "neither", (True, False): "min", (False, True): "max"}.get((under, over))
        notes = [*_describe_ends(known, under=under, over=over), *note_far_values(values, trained)]
        missing = 1 - known.size / map_values.size
        if missing:
            notes.append(f"grey: not explained ({style.format_number(100 * missing, 2)} % of the scene)")
        return cls(f"predicted {values.name} ({unit})", low, high, extend or "both", tuple(notes))

    @property
    def height(self) -> float:
        """Height in mm that :meth:`draw` needs."""
        return max(15.0, style.LINE * len(self._lines) + 4.0)

    @property
    def _lines(self) -> list[str]:
        """The notes, broken to the room beside the colours."""
        room = style.PAGE_WIDTH - NOTES - MARGIN
        return [line for note in self.notes for line in break_text(note, room, style.FONT_SMALL)]

    @property
    def norm(self) -> Normalize:
        """The scale as matplotlib takes it."""
        return Normalize(self.low, self.high)

    def draw(self, figure: Figure, top: float, letter: str) -> Axes:
        """Draw the colours of the panel ``letter`` from ``top`` in mm on, and the notes beside them."""
        axes = style.add_axes(figure, MARGIN + 3.0, top, BAR, 3.0)
        bar = figure.colorbar(
            ScalarMappable(self.norm, TRAIT), cax=axes, orientation="horizontal", extend=self.extend
        )
        bar.ax.xaxis.set_major_formatter(style.format_tick)
        bar.set_label(f"{letter}  {self.label}", labelpad=1.5)
        for number, line in enumerate(self._lines):
            place = top + number * style.LINE
            style.write(figure, NOTES, place, line, size=style.FONT_SMALL, colour=style.GREY)
        return bar.ax


def note_far_values(values: xr.DataArray, trained: tuple[float, float] | None) -> list[str]:
    """Count the pixels whose prediction lies outside the targets that the network was trained on.

    A network says there what no target has shown; beyond an end by more than the range is wide, nothing
    speaks for it.

    Args:
        values: The predicted trait, ``[y, x]``, NaN where there is none, with the attribute ``units``.
        trained: Smallest and largest target of the training, same unit; None where not known.

    Returns:
        The range and the numbers in words; nothing where it is not known.
    """
    if trained is None:
        return []
    known = values.to_numpy().astype(np.float64)
    known = known[~np.isnan(known)]
    low, high = trained
    beyond = np.maximum(low - known, known - high)
    outside, far = int((beyond > 0).sum()), int((beyond > high - low).sum())
    unit = str(values.attrs.get("units", ""))
    ends = " to ".join(style.format_number(end, 4) for end in trained)
    counted = f"{outside} of {known.size} pixels" if outside else f"none of {known.size} pixels"
    distance = [f"by more than its width: {far} of them"] if outside else []
    return [f"trained on {ends} {unit}", f"predicted outside that range: {counted}", *distance]


def get_target_range(relevance: xr.DataArray | xr.Dataset) -> tuple[float, float] | None:
    """Return smallest and largest training target of the explained trait; None where not known."""
    if TARGET_RANGE not in relevance.attrs:
        return None
    low, high = map(float, relevance.attrs[TARGET_RANGE])
    return low, high


def _choose_ends(known: NDArray[np.float64], trained: tuple[float, float] | None) -> tuple[float, float]:
    low, high = map(float, np.percentile(known, [PERCENTILE, 100 - PERCENTILE]))
    # where every prediction lies outside, those alone give colours
    if trained is not None and max(low, trained[0]) < min(high, trained[1]):
        low, high = max(low, trained[0]), min(high, trained[1])
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _describe_ends(known: NDArray[np.float64], *, under: bool, over: bool) -> list[str]:
    words = [f"smallest {style.format_number(float(known.min()), 4)}"] if under else []
    words += [f"largest {style.format_number(float(known.max()), 4)}"] if over else []
    return [f"beyond the colours: {', '.join(words)}"] if words else []
