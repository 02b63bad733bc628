import pytest

from lrprism.spectral.plots import style
from lrprism.spectral.plots.grid import count_columns, plan_grid


@pytest.mark.parametrize(("count", "columns"), [(1, 2), (2, 2), (18, 6), (36, 9), (100, 10), (200, 15)])
def test_columns(count: int, columns: int) -> None:
    assert count_columns(count) == columns


@pytest.mark.parametrize("count", [1, 3, 18, 36, 37, 100, 120, 121, 200, 224])
def test_panels_lie_on_the_page_and_apart(count: int) -> None:
    plan = plan_grid(count, 1.0, "1677.6 nm")
    corners = [plan.corner(index) for index in range(count)]
    assert len(set(corners)) == count
    assert max(x for x, _ in corners) + plan.panel[0] <= plan.width
    assert max(top for _, top in corners) + plan.panel[1] <= plan.height
    assert min(top for _, top in corners) >= plan.top + 2 * plan.font * style.MM_PER_POINT
    assert plan.width <= style.PAGE_WIDTH or count > 200
    assert style.text_width("1677.6 nm", plan.font) <= plan.cell[0]
    assert plan.font >= style.FONT_TINY - 0.01


def test_few_bands_stand_beside_the_picture_and_many_below() -> None:
    assert plan_grid(120, 1.0, "677.6 nm").beside
    assert not plan_grid(121, 1.0, "677.6 nm").beside


def test_aspect_makes_panels_higher() -> None:
    assert plan_grid(18, 2.0, "677.6 nm").panel[1] == pytest.approx(
        2 * plan_grid(18, 1.0, "677.6 nm").panel[0]
    )
