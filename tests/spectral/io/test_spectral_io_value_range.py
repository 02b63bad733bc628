"""Scale factors against the values that they are for."""

import dask.array as da
import numpy as np
import pytest

from lrprism.spectral.io.value_range import find_top, note_reflectance, settle_divisor

FLOAT, INT = np.dtype("f4"), np.dtype("i2")


def cube(top: float) -> da.Array:
    """Make 3 bands of 40 x 50 values, evenly from 0 to ``top``, some of them missing."""
    values = np.linspace(0, top, 6000, dtype=np.float32).reshape(3, 40, 50)
    values[0, 0] = np.nan
    return da.from_array(values)


def test_the_top_is_that_of_the_values_that_are_there() -> None:
    top = find_top(cube(100.0))
    assert top is not None
    assert 98.5 < top < 99.5
    assert find_top(da.full((2, 3, 4), np.nan)) is None


@pytest.mark.parametrize(
    ("top", "divisor", "dtype", "settled"),
    [
        (0.6, 10000.0, FLOAT, 1.0),  # scaled already
        (6000.0, 10000.0, FLOAT, 10000.0),
        (60.0, 100.0, FLOAT, 100.0),  # per cent
        (0.6, 10000.0, INT, 10000.0),  # integers of 0 and 1
        (0.6, 1.0, FLOAT, 1.0),
        (0.6, None, FLOAT, None),
    ],
)
def test_floats_that_are_scaled_already_are_not_scaled_again(
    top: float, divisor: float | None, dtype: np.dtype[np.generic], settled: float | None
) -> None:
    found, notes = settle_divisor(cube(top), divisor, dtype)
    assert found == settled
    assert bool(notes) == (found != divisor)


def test_the_note_gives_both_figures() -> None:
    _, notes = settle_divisor(da.full((3, 4, 5), 0.594), 10000.0, FLOAT)
    assert notes == (
        "the stored values, up to 0.594, are taken as they are: divided by the scale factor 10000 of the "
        "file they would reach 5.94e-05",
    )


def test_reflectance_far_from_0_to_1_is_said() -> None:
    assert note_reflectance(cube(0.6)) == ()
    assert note_reflectance(cube(1.2)) == ()
    high, low = (note_reflectance(da.full((3, 4, 5), value))[0] for value in (5940.0, 6e-5))
    assert high.startswith("values reach 5940, which reflectance from 0 to 1 does not")
    assert low.startswith("values reach 6e-05, which")
