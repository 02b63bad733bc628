import numpy as np
import pytest

from eyes import find_nearest
from lrprism.spectral.plots.class_colours import PALETTE, UNEXPLAINED, class_colour, find_roomiest_pixel


def test_every_two_colours_are_told_apart() -> None:
    assert find_nearest((*PALETTE, UNEXPLAINED, "#FFFFFF"), "common") > 0.1  # five times what is just seen


@pytest.mark.parametrize("sight", ["protanopia", "deuteranopia"])
def test_classes_are_told_apart_by_those_who_see_red_and_green_alike(sight: str) -> None:
    assert find_nearest((*PALETTE, UNEXPLAINED, "#FFFFFF"), sight) > 0.05


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
