"""A patch as a colour picture: a choice of bands for red, green and blue, and their stretch."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrprism.errors import DataError

# Red, green, blue in nm, and how far from each a band may lie.
VISIBLE: Final = ((650.0, 550.0, 450.0), 40.0)
INFRARED: Final = ((2200.0, 1650.0, 850.0), 100.0)  # the usual false colour of shortwave-infrared scenes
STRETCH: Final = (2.0, 98.0)  # percentiles of a patch that become black and full brightness
DARK: Final = 0.35  # a picture whose median is below this is brightened to it
STRONGEST: Final = 0.45  # the smallest exponent of brightening: that of screens
FAINTEST: Final = 0.4  # narrowest range that is stretched, as a share of its middle


@dataclass(frozen=True)
class ColourPicture:
    """A patch as seen on screen.

    Attributes:
        values: Red, green, blue in [0, 1], ``[y, x, 3]``.
        bands: Their positions along the band axis.
        title: The kind of colour and the wavelengths, such as ``"RGB 646/548/453 nm"``.
    """

    values: NDArray[np.float64]
    bands: tuple[int, int, int]
    title: str


def choose_colour_bands(wavelength: NDArray[np.float64]) -> tuple[str, tuple[int, int, int]]:
    """Choose the bands for red, green and blue.

    The bands nearest 650, 550 and 450 nm; where the sensor has none within 40 nm of each, those nearest 2200,
    1650 and 850 nm (false colour); else the bands at 5/6, 1/2 and 1/6 of the sorted list (false colour);
    with fewer than three bands the first one, grey.

    Returns:
        ``"RGB"``, ``"false colour"`` or ``"grey"``, and three positions along the band axis.

    Raises:
        DataError: If there is no band.
    """
    if wavelength.size == 0:
        raise DataError("A picture should have at least one band. Found none. Select at least one band.")
    if wavelength.size < 3:
        return "grey", (0, 0, 0)
    for kind, (wanted, tolerance) in (("RGB", VISIBLE), ("false colour", INFRARED)):
        # three different bands, each near its colour
        distance = np.abs(wavelength[:, None] - np.asarray(wanted))
        red, green, blue = (int(band) for band in distance.argmin(axis=0))
        if distance.min(axis=0).max() <= tolerance and len({red, green, blue}) == 3:
            return kind, (red, green, blue)
    order = np.argsort(wavelength, kind="stable")
    red, green, blue = (int(order[int(share * wavelength.size)]) for share in (5 / 6, 1 / 2, 1 / 6))
    return "false colour", (red, green, blue)


def stretch(values: NDArray[np.float64], *, joint: bool = False) -> NDArray[np.float64]:
    r"""Stretch channels between two of their percentiles to [0, 1], and brighten what is dark.

    .. math:: c = \operatorname{clip}\Big(\frac12 + \frac{v - m}{w}, 0, 1\Big)^{\gamma}, \quad
              m = \frac{P_2 + P_{98}}{2}, \quad w = P_{98} - P_2, \quad
              \operatorname{median}(c) \ge 0.35 \text{ where } \gamma \ge 0.45 \text{ allows it}

    The range w is never narrower than a share :data:`FAINTEST` of its middle m, so that noise on an even
    patch does not turn into bright colours; a channel of one value becomes 0.5. One exponent serves all
    channels: a dark leaf beside a bright plate is seen.

    Shapes: ``values``: ``[y, x, channel]``.

    Args:
        values: The channels.
        joint: Use one range for all channels, which keeps the colours of reflectance; else each has its own,
            as radiance needs, whose blue is the light of the sky.
    """
    low, high = np.percentile(values, STRETCH, axis=None if joint else (0, 1))
    middle = (low + high) / 2
    span = np.maximum(high - low, FAINTEST * np.abs(middle))
    flat = span <= 0
    scaled = np.clip(0.5 + (values - middle) / np.where(flat, 1.0, span), 0.0, 1.0)
    scaled = np.where(flat, 0.5, scaled)
    # black pixels alone have no brightness to raise
    median = max(float(np.median(scaled)), np.finfo(np.float64).tiny)
    gamma = min(1.0, max(STRONGEST, float(np.log(DARK) / np.log(median)))) if median < DARK else 1.0
    result: NDArray[np.float64] = scaled**gamma
    return result


def picture_title(wavelength: NDArray[np.float64]) -> str:
    """Return the title of :func:`colour_picture` for wavelengths in nm: ``"RGB 646/548/453 nm"``."""
    kind, bands = choose_colour_bands(wavelength)
    different = bands[:1] if kind == "grey" else bands
    return f"{kind} {'/'.join(f'{wavelength[band]:.0f}' for band in different)} nm"


def colour_picture(
    patch: NDArray[np.float64], wavelength: NDArray[np.float64], *, joint: bool = False
) -> ColourPicture:
    """Return a patch as a colour picture, stretched by :func:`stretch`.

    Shapes: ``patch``, in the data's own units: ``[band, y, x]``; ``wavelength`` in nm: ``[band]``.
    """
    _, bands = choose_colour_bands(wavelength)
    values = stretch(np.moveaxis(patch[list(bands)], 0, -1).astype(np.float64), joint=joint)
    return ColourPicture(values, bands, picture_title(wavelength))
