import itertools

import pytest

from lrprism.spectral.plots import style
from lrprism.spectral.plots.grid import COLUMNS, GridPlan


@pytest.mark.parametrize("count", [1, 4, 8, 32])
@pytest.mark.parametrize("aspect", [0.5, 1.0, 8.0])
def test_panels_lie_in_the_column_and_apart(count: int, aspect: float) -> None:
    plan = GridPlan.build(count, aspect, top=20.0)
    width, height = plan.panel
    corners = [plan.corner(index) for index in range(count)]
    assert height / width == pytest.approx(aspect)
    assert min(x for x, _ in corners) >= style.MARGIN
    assert max(x for x, _ in corners) + width <= style.COLUMN - style.MARGIN + 1e-9
    assert min(top for _, top in corners) >= 20.0 + 2 * style.LINE  # two lines of a title
    assert max(top for _, top in corners) + height == pytest.approx(plan.bottom)
    for (left, top), (right, below) in itertools.pairwise(corners):
        assert right >= left + width or below >= top + height


def test_a_column_holds_four_panels_in_a_row() -> None:
    plan = GridPlan.build(8, 1.0, top=0.0)
    assert COLUMNS == 4
    assert len({plan.corner(index)[1] for index in range(4)}) == 1
    assert plan.corner(4)[1] > plan.corner(3)[1]
