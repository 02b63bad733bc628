import pytest

from lrprism.spectral.plots import style
from lrprism.spectral.plots.scene_layout import DOTS, TALLEST, break_title, plan_scene

TITLES = ["predicted class", "band of largest relevance", "1033.3 nm, band 67"] * 2


@pytest.mark.parametrize(
    ("shape", "columns"),
    [((145, 145), 3), ((349, 1905), 1), ((1905, 349), 6), ((610, 340), 3), ((5, 5), 3)],
)
def test_wide_scenes_are_stacked_and_tall_ones_stand_side_by_side(
    shape: tuple[int, int], columns: int
) -> None:
    plan = plan_scene(TITLES, shape, top=13.5, foot=45.0)
    assert plan.columns == columns
    assert plan.panel[1] / plan.panel[0] == pytest.approx(shape[0] / shape[1])


@pytest.mark.parametrize("shape", [(1, 1), (30, 4000), (4000, 30), (500, 700)])
@pytest.mark.parametrize("count", [3, 6, 15])
def test_panels_keep_to_the_page_and_apart(shape: tuple[int, int], count: int) -> None:
    plan = plan_scene((TITLES * 3)[:count], shape, top=13.5, foot=45.0)
    corners = [plan.corner(index) for index in range(count)]
    assert max(x for x, _ in corners) + plan.panel[0] < style.PAGE_WIDTH
    assert max(top for _, top in corners) + plan.panel[1] < plan.bottom <= TALLEST - 45.0 + 1e-6
    assert plan.panel[0] < plan.cell[0]
    assert plan.panel[1] < plan.cell[1]


def test_only_outer_panels_show_their_axes() -> None:
    plan = plan_scene(TITLES[:5], (145, 145), top=13.5, foot=45.0)  # three and two
    assert [plan.is_outer(index) for index in range(5)] == [
        (True, False),
        (False, False),
        (False, True),
        (True, True),
        (False, True),
    ]


def test_no_more_pixels_are_drawn_than_print_shows() -> None:
    plan = plan_scene(TITLES, (5000, 5000), top=13.5, foot=45.0)
    step = plan.step(5000, 5000)
    assert 5000 / step <= DOTS * plan.panel[0] < 5000 / (step - 1)
    assert plan.step(100, 100) == 1


def test_narrow_titles_break_behind_their_comma() -> None:
    assert break_title("1033.3 nm, band 67", 60.0) == ["1033.3 nm, band 67"]
    assert break_title("1033.3 nm, band 67", 15.0) == ["1033.3 nm,", "band 67"]
    assert break_title("band of largest relevance", 20.0) == ["band of largest", "relevance"]
