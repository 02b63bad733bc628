import numpy as np
import pytest

from lrprism.spectral.io.traits.sentinels import find_sentinels, note_sentinels

# quartiles 12 and 16, so that far begins at 12 - 5 * 4 = -8 and at 16 + 5 * 4 = 36
NINE = np.arange(10.0, 19.0)


@pytest.mark.parametrize("value", [-99, -8.001, 36.001, 999])
def test_a_value_far_outside_that_repeats(value: float) -> None:
    assert find_sentinels(np.append(NINE, [value, value])) == {value: 2}


@pytest.mark.parametrize("more", [[999], [-8, -8], [36, 36], [-99, -98, 999, 1000], [np.nan, np.nan]])
def test_values_that_do_not_repeat_or_lie_near(more: list[float]) -> None:
    assert find_sentinels(np.append(NINE, more)) == {}


def test_low_and_high_ones_and_two_of_a_side() -> None:
    values = np.concatenate([np.repeat(NINE, 4), [-99] * 3, [999] * 2, [888] * 2])
    assert find_sentinels(values.reshape(1, -1)) == {-99: 3, 999: 2, 888: 2}


def test_a_tail_is_no_mark() -> None:
    tail = np.repeat([40.0, 45, 50, 55, 60], 2)
    assert find_sentinels(np.concatenate([np.repeat(NINE, 20), tail])) == {}
    assert find_sentinels(np.array([0.0] * 30 + [5, 5])) == {}  # the others are alike
    assert find_sentinels(np.array([1.0, 2, 3, 999, 999])) == {}  # too few of them
    assert find_sentinels(np.empty(0)) == {}


def test_the_note_names_trait_value_and_count() -> None:
    values = np.stack([np.append(NINE, [-99, -99]), np.arange(11.0)], axis=1)
    assert note_sentinels(values, ["N", "P"], "samples") == [
        "2 samples have exactly -99 as N, far outside the others: missing? Leave them empty"
    ]
