"""Curves in a cell, their bars measured."""

import re

import pytest
import torch
from torch import Tensor

from lrprism.display import draw_curve
from pages import Page, read_page

NAN, INF = float("nan"), float("inf")


def bars_of(page: Page) -> list[tuple[float, float]]:
    """Return top and height of each bar."""
    tops, heights = (page.attributes("rect", name) for name in ("y", "height"))
    return [(float(top), float(height)) for top, height in zip(tops, heights, strict=True)]


def test_bars_go_up_and_down_from_the_middle() -> None:
    page = read_page(draw_curve(torch.tensor([2.0, -1.0, 0.0]), None, "sample 0"))
    # the middle is 60; the largest takes all of it
    assert bars_of(page) == [(0, 60), (60, 30)]
    assert page.words == ["sample 0", "2", "0", "-2", "0", "2"]
    assert page.count("path") == 0


def test_many_numbers_are_summed_and_the_axis_says_so() -> None:
    page = read_page(draw_curve(torch.ones(1000), None, "long"))
    # 1000 in steps of 3: 333 sums of 3 and one of 1
    assert [height for _, height in bars_of(page)] == [60] * 333 + [20]
    assert "each bar the sum of 3" in page.words
    assert page.words[-1] == "999"


def test_the_input_is_a_line_with_a_gap_where_it_is_no_number() -> None:
    page = read_page(draw_curve(torch.ones(5), torch.tensor([0.0, 2.0, NAN, 1.0, 2.0]), "gap"))
    (path,) = page.attributes("path", "d")
    assert re.findall("[ML]", path) == ["M", "L", "M", "L"]
    assert [float(y) for y in re.findall(r" ([\d.]+)", path)] == [120, 0, 60, 0]


@pytest.mark.parametrize(
    ("relevance", "count"),
    [
        (torch.tensor([NAN, INF, 1.0]), 1),
        (torch.full((4,), NAN), 0),
        (torch.zeros(3), 0),
        (torch.zeros(0), 0),
    ],
)
def test_numbers_that_cannot_be_drawn_leave_a_gap(relevance: Tensor, count: int) -> None:
    page = read_page(draw_curve(relevance, relevance, "odd"))
    assert page.count("rect") == count
    assert "nan" not in "".join(page.attributes("path", "d"))


def test_the_title_is_text_and_colours_of_lines_are_those_of_the_page() -> None:
    text = draw_curve(torch.ones(2), torch.ones(2), "<b>&")
    assert read_page(text).words[0] == "<b>&"
    assert 'stroke="currentColor"' in text
    assert 'fill="currentColor"' in text
