import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.plots.scales import describe_colours, describe_ends, symmetric_scale


def test_percentile_of_magnitudes_is_the_limit() -> None:
    values = np.r_[np.linspace(-1, 1, 1000), -50.0]
    scale = symmetric_scale(values)
    assert scale.limit == pytest.approx(np.percentile(np.abs(values), 99.5))
    assert (scale.norm.vmin, scale.norm.vmax) == (-scale.limit, scale.limit)
    assert scale.largest == 50
    assert scale.clipped


def test_the_end_of_the_colours_is_said_where_values_lie_beyond() -> None:
    values = np.r_[np.linspace(-1, 1, 1000), -50.0]
    said = "colours end at the 99.5th percentile of |R|, the largest is 50"
    assert describe_ends(symmetric_scale(values)) == said
    assert describe_ends(symmetric_scale(values, 100)) == ""


def test_red_and_blue_in_the_words_of_the_task() -> None:
    assert describe_colours() == "red speaks for the class, blue against it, white is 0"
    assert describe_colours(is_trait=True) == "red raises the prediction, blue lowers it, white is 0"


def test_hundred_clips_nothing() -> None:
    scale = symmetric_scale(np.array([-3.0, 1.0]), 100)
    assert (scale.limit, scale.clipped) == (3.0, False)


def test_sparse_relevance_is_not_drawn_on_a_scale_of_zero() -> None:
    values = np.zeros(10_000)
    values[3] = -2.0
    assert symmetric_scale(values).limit == 2.0


def test_all_zero_still_gives_a_scale() -> None:
    assert symmetric_scale(np.zeros(4)).limit == 1.0


@pytest.mark.parametrize("percentile", [0, -1, 101])
def test_percentile_out_of_range(percentile: float) -> None:
    with pytest.raises(DataError, match=rf"should lie in \(0, 100\]\. Found {percentile}\. Try 99\.5\."):
        symmetric_scale(np.ones(3), percentile)
