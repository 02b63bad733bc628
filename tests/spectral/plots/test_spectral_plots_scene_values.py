"""Values of a relevance map, by hand: means of the magnitude, strongest bands, pixels that are drawn."""

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral.plots.scene_values import mean_magnitude, read_drawn, thin_out

# two bands, 2 x 3 pixels; the last column is not explained
VALUES = [[[1.0, -3.0, np.nan], [0.0, 2.0, np.nan]], [[-4.0, 5.0, np.nan], [0.5, -1.0, np.nan]]]
MAP = xr.DataArray(np.array(VALUES, dtype=np.float32), dims=("band", "y", "x"))


@pytest.mark.parametrize("chunks", [None, {"band": 1}, {"y": 1, "x": 2}])
def test_the_mean_counts_explained_pixels_alone(chunks: dict[str, int] | None) -> None:
    relevance = MAP if chunks is None else MAP.chunk(chunks)
    # band 0: (1 + 3 + 0 + 2) / 4, band 1: (4 + 5 + 0.5 + 1) / 4
    np.testing.assert_allclose(mean_magnitude(relevance), [1.5, 2.625])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_band_without_relevance_or_with_infinity_is_refused(value: float) -> None:
    relevance = MAP.copy(deep=True)
    relevance[1] = value
    with pytest.raises(DataError, match=r"^relevance should have values .* Found 1 of 2 bands without a v"):
        mean_magnitude(relevance)


def test_the_strongest_band_has_the_largest_relevance_not_the_largest_magnitude() -> None:
    drawn = read_drawn(MAP.transpose("x", "band", "y"), [1], step=1)
    assert drawn.strongest.tolist() == [[0, 1, None], [1, 0, None]]
    np.testing.assert_array_equal(drawn.heatmaps, MAP[[1]])


def test_every_second_row_and_column() -> None:
    drawn = read_drawn(MAP.chunk(y=1), [1, 0], step=2)
    assert drawn.strongest.tolist() == [[0, None]]
    np.testing.assert_array_equal(drawn.heatmaps, [[[-4.0, np.nan]], [[1.0, np.nan]]])
    assert thin_out(MAP, 2).shape == (2, 1, 2)
    assert thin_out(MAP, 1).identical(MAP)


def test_pixels_that_are_drawn_must_have_a_value() -> None:
    with pytest.raises(
        DataError, match=r"a pixel that is drawn, one of every 1 rows .* Found none\. Cut out"
    ):
        read_drawn(MAP[:, :, 2:], [0], step=1)
