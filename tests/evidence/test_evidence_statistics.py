"""Means and intervals by hand."""

import pytest

from evidence.statistics import Mean, average, shorten


def test_a_mean_and_its_interval() -> None:
    # 1, 2, 3: deviation 1, t(.975, 2) = 4.3027, half the width 4.3027 / sqrt(3)
    mean = average([1.0, 2.0, 3.0])
    assert mean.value == pytest.approx(2.0)
    assert mean.half == pytest.approx(4.302653 / 3**0.5, rel=1e-5)
    assert mean.count == 3


def test_one_seed_has_no_interval() -> None:
    assert average([0.5]) == Mean(0.5, 0.0, 1)
    assert str(average([0.5])) == ".500"


@pytest.mark.parametrize(
    ("value", "text"), [(0.98349, ".983"), (-0.0125, "-.013"), (1.0, "1.000"), (0.0, ".000"), (2.5, "2.500")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert shorten(value) == text


def test_a_mean_is_written_with_its_interval() -> None:
    assert str(Mean(0.983, 0.011, 5)) == ".983 ± .011"
