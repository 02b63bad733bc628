"""Colours of classes on a map, and where on the map a class has room for its number."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrprism.spectral.plots import style

UNEXPLAINED: Final = "#B8B8B8"

# Seven colours of Okabe and Ito first. Each further one lies as far as possible from those before it, from
# white and from the grey of no class (OKLab; dichromats' sight after Machado, Oliveira and Fernandes 2009).
PALETTE: Final = (
    style.BLUE, style.ORANGE, style.GREEN, style.PINK, style.VERMILION, style.SKY, "#F0E442", "#690069",
    "#4B3C00", "#965AFF", "#00FFC3", "#2D00B4", "#B4004B", "#C32DB4", "#785A69", "#FF87FF", "#006900",
    "#FF3C69", "#96C369", "#87F0FF",
)  # fmt: skip


def class_colour(index: int) -> str:
    """Return the colour of a class, ``"#RRGGBB"``; from class 20 on colours come again."""
    return PALETTE[index % len(PALETTE)]


def find_roomiest_pixel(area: NDArray[np.bool_]) -> tuple[int, int, float]:
    r"""Return the pixel of an area that lies farthest from everything outside, the edge of the map included.

    .. math:: p = \arg\max_{p \in A} \min_{q \notin A} \lVert p - q \rVert_2

    The area, ``[y, x]``, has one pixel at least. Returns row, column and that distance, in pixels.
    """
    from scipy.ndimage import distance_transform_edt  # late: only maps of classes pay for scipy

    depth = np.asarray(distance_transform_edt(np.pad(area, 1)))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column), float(depth[row, column])
