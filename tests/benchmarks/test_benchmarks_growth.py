"""Exponents of exact power laws, and what is measured along an axis."""

import pytest

from benchmarks.growth import AXES, PARTS, exponent
from benchmarks.timing import Rounds

SIZES = (1, 4, 16, 64)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_law(power: float) -> None:
    assert exponent(SIZES, [3 * size**power for size in SIZES]) == pytest.approx(power)


def test_a_fixed_cost_at_small_sizes_does_not_flatter() -> None:
    costs = [1000.0, *(2.0 * size for size in SIZES[1:])]
    assert exponent(SIZES, costs) == pytest.approx(1.0)
    assert exponent(SIZES, costs, last=4) < 0


def test_every_axis_goes_up_and_has_enough_points_for_a_fit() -> None:
    for axis in AXES:
        assert list(axis.sizes) == sorted(axis.sizes)
        assert len(axis.sizes) >= 4
        assert [contestant.library for contestant in axis.contestants(axis.sizes[0])] == [
            "gradient",
            "lrprism",
        ]


def test_the_axes_are_those_of_the_issue() -> None:
    ends = {axis.name: (axis.sizes[0], axis.sizes[-1]) for axis in AXES}
    assert ends == {"batch": (1, 256), "bands": (6, 300), "layers": (10, 200), "classes at once": (1, 64)}
    assert len(PARTS) >= 3
    assert Rounds().least >= 3
