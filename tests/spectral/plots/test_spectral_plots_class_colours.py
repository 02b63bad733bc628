import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from lrprism.spectral.plots.class_colours import PALETTE, UNEXPLAINED, class_colour, find_roomiest_pixel


def oklab(colour: str) -> NDArray[np.float64]:
    """Ottosson 2020: sRGB to linear light, to cones, cube root, to lightness and two opponent axes."""
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    axes = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.asarray(axes @ np.cbrt(cones @ linear))


def test_every_two_colours_are_told_apart() -> None:
    colours = [oklab(colour) for colour in (*PALETTE, UNEXPLAINED, "#FFFFFF")]
    nearest = min(np.linalg.norm(first - second) for first, second in itertools.combinations(colours, 2))
    assert nearest > 0.1  # five times what is just seen


def test_a_class_keeps_its_colour_and_colours_come_again() -> None:
    assert class_colour(3) == PALETTE[3]
    assert class_colour(len(PALETTE) + 3) == PALETTE[3]


def test_roomiest_place_by_hand() -> None:
    area = np.zeros((7, 9), dtype=bool)
    area[0, 8] = True
    area[1:6, 1:6] = True  # middle (3, 3), three pixels from row 0
    assert find_roomiest_pixel(area) == (3, 3, 3.0)


@pytest.mark.parametrize(("shape", "depth"), [((5, 5), 3.0), ((1, 9), 1.0)])
def test_the_edge_of_the_map_bounds_an_area(shape: tuple[int, int], depth: float) -> None:
    assert find_roomiest_pixel(np.ones(shape, dtype=bool))[2] == depth
