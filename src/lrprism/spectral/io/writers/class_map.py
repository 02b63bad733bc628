"""Class maps: which arrays are one, and the names and colours of their classes for every writer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import xarray as xr

from lrprism.errors import DataError

NO_CLASS: Final = "Unlabelled"
"""Name of the value 0."""
_BLACK: Final = (0, 0, 0)
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class ClassLegend:
    """Names and colours of the values of a class map, the value 0, no class, first.

    Args:
        names: A name for each value.
        colours: Red, green and blue for each value, 0 to 255.
    """

    names: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, data: xr.DataArray) -> Self | None:
        """Return the legend of a class map, or None for anything else.

        An integer map of one band that names its classes is a class map, and nothing else is: relevance has
        class names too, and is none.

        Args:
            data: ``attrs["class_names"]`` names the value 1 first; ``attrs["class_colours"]``, where it is
                there, is a colour ``"#RRGGBB"`` for each of them.

        Raises:
            DataError: If a value has no name, or a colour cannot be read.
        """
        if "class_names" not in data.attrs or data.dtype.kind not in "iu" or data.sizes.get("band", 1) != 1:
            return None
        names = [str(name) for name in np.atleast_1d(np.asarray(data.attrs["class_names"], dtype=object))]
        low, high = int(data.min()), int(data.max())
        if low < 0 or high > len(names):
            raise DataError(
                f"a class map should hold 0 for no class and 1 to {len(names)}, the number of its names. "
                f"Found {low} to {high}. Number the classes 1, 2, 3, ..., and name each."
            )
        return cls((NO_CLASS, *names), (_BLACK, *_read_colours(data, len(names))))


def _read_colours(data: xr.DataArray, count: int) -> list[tuple[int, int, int]]:
    words = data.attrs.get("class_colours")
    if words is None:
        return _draw_colours(count)
    listed = [str(word) for word in np.atleast_1d(np.asarray(words, dtype=object))]
    if len(listed) != count or not all(_COLOUR.fullmatch(word) for word in listed):
        raise DataError(
            f"class_colours should be a colour #RRGGBB for each of the {count} classes. Found {listed}. "
            "Correct or drop them."
        )
    return [_parse_colour(word) for word in listed]


def _parse_colour(word: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(word[1:])
    return red, green, blue


def _draw_colours(count: int) -> list[tuple[int, int, int]]:
    # the same for the same number of classes, and none too dark to tell from no class
    drawn: Sequence[Sequence[int]] = np.random.default_rng(0).integers(64, 256, (count, 3)).tolist()
    return [(red, green, blue) for red, green, blue in drawn]
