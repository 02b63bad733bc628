"""The page of a scene: letters, axes in pixels of the scene, numbers of classes where there is room."""

import numpy as np
import pytest

from lrprism.spectral.plots import style
from lrprism.spectral.plots.heading import Heading
from lrprism.spectral.plots.scene_page import ScenePage, panel_letter

HEADING = Heading.build(style.PAGE_WIDTH, "Relevance over the scene", ["a fact"])


def build(shape: tuple[int, int], panels: int = 3) -> ScenePage:
    return ScenePage.from_titles(["title"] * panels, shape, HEADING, classes=10.0, bars=20.0)


def test_panels_have_letters_and_the_page_room_for_its_keys() -> None:
    page = build((30, 40))
    assert page.titles == ["a  title", "b  title", "c  title"]
    assert panel_letter(25) == "z"
    assert page.plan.top == HEADING.height
    assert page.keys == page.plan.bottom + 10.0
    assert style.measure_figure(page.figure) == pytest.approx((style.PAGE_WIDTH, page.keys + 20.0))


@pytest.mark.parametrize("shape", [(30, 40), (3, 9000)])
def test_axes_count_the_pixels_of_the_scene(shape: tuple[int, int]) -> None:
    page = build(shape)
    drawn = np.zeros(shape)[:: page.step, :: page.step]
    axes = page.draw(0, drawn, cmap="gray")
    assert axes.get_xlim() == (-0.5, shape[1] - 0.5)
    assert axes.get_ylim() == (shape[0] - 0.5, -0.5)
    # a pixel that is drawn stands for step x step pixels
    first, last, bottom, top = axes.images[0].get_extent()
    assert (last - first) / drawn.shape[1] == (bottom - top) / drawn.shape[0] == page.step


def test_only_outer_panels_name_rows_and_columns() -> None:
    page = build((30, 40), panels=4)  # two and two
    labels = [
        (axes.get_xlabel(), axes.get_ylabel())
        for axes in (page.draw(i, np.zeros((30, 40))) for i in range(4))
    ]
    assert labels == [("", "row"), ("", ""), ("column", "row"), ("column", "")]


def test_numbers_stand_in_the_middle_of_large_classes_alone() -> None:
    classes = np.full((41, 41), -1)
    classes[10:31, 5:26] = 3  # its middle: row 20, column 15
    classes[2, 2] = 4  # too small for a number
    page = build((41, 41))
    axes = page.draw(0, classes)
    page.number_classes(axes, classes)
    assert [(text.get_text(), text.get_position()) for text in axes.texts] == [("3", (15.0, 20.0))]
