"""Pictures in a cell, read back pixel by pixel."""

import pytest
import torch

from lrprism.display import colour_input, colour_relevance, draw_picture, shrink
from pages import read_page, read_png

NAN, INF = float("nan"), float("inf")


def test_relevance_is_red_white_blue_and_grey_where_it_is_no_number() -> None:
    colours = colour_relevance(torch.tensor([[2.0, 0.0, -2.0], [1.0, NAN, INF]]), 2.0)
    page = read_page(draw_picture(colours, "relevance"))
    red, white, blue, grey = (178, 24, 43), (255, 255, 255), (33, 102, 172), (128, 128, 128)
    # half: 255 + (178 - 255) / 2 = 216.5, which rounds to even; 139.5 and 149
    half = (216, 140, 149)
    assert read_png(page.attributes("img", "src")[0]) == [[red, white, blue], [half, grey, grey]]


def test_relevance_of_zero_is_white() -> None:
    assert (colour_relevance(torch.zeros(2, 2), 0.0) == 255).all()


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_other_numbers_of_channels_than_three_are_grey(channels: int) -> None:
    picture = torch.linspace(0, 1, 101).expand(channels, 1, 101)
    colours = colour_input(picture)
    assert (colours == colours[..., :1]).all()
    # 2 % and 98 % of 0 to 1 are black and white: 0.26 is (0.26 - 0.02) / 0.96 of 255
    assert colours[0, [0, 2, 26, 98, 100], 0].tolist() == [0, 0, 64, 255, 255]


def test_three_channels_are_red_green_and_blue() -> None:
    picture = torch.zeros(3, 1, 3)
    picture[range(3), 0, range(3)] = 1
    assert colour_input(picture)[0].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_an_input_of_one_value_or_of_none_that_is_finite() -> None:
    assert (colour_input(torch.full((1, 2, 2), 7.0)) == 0).all()
    assert (colour_input(torch.full((3, 2, 2), NAN)) == 128).all()
    assert colour_input(torch.tensor([[[0.0, NAN, 1.0]]]))[0, :, 0].tolist() == [0, 128, 255]


def test_a_large_picture_is_averaged() -> None:
    values = torch.arange(4.0 * 400).reshape(4, 400)
    small = shrink(values, most=100)
    assert torch.equal(small, values.reshape(4, 100, 4).mean(-1))
    assert shrink(values, most=400) is values
    assert shrink(torch.rand(2, 3, 300, 10)).shape == (2, 3, 192, 10)


def test_a_narrow_picture_keeps_a_width_and_its_title_is_text() -> None:
    page = read_page(draw_picture(torch.zeros(1000, 1, 3, dtype=torch.uint8), '"><script>'))
    assert page.attributes("img", "alt") == ['"><script>']
    assert page.attributes("img", "style")[0].startswith("width:1px;height:160px")
