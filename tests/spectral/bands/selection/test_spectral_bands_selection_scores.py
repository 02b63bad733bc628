import numpy as np
import pytest
from scipy.stats import f_oneway

from lrprism.errors import InputError
from lrprism.spectral.bands import BandSamples, select_by_anova, select_by_entropy, select_by_variance
from lrprism.spectral.bands.selection.scores import band_entropy

NM = np.arange(4) * 10.0 + 500


def test_variance_by_hand() -> None:
    # variances 1, 0 (constant), 4, 0.25
    samples = BandSamples([[0, 5, 4, 1], [2, 5, 0, 2]], [0, 1], NM)
    assert select_by_variance(samples, 3).tolist() == [2, 0, 3]
    with pytest.raises(InputError, match=r"k should be 1 to 3"):
        select_by_variance(samples, 4)


def test_entropy_by_hand() -> None:
    # two values of four samples each: 1 bit; four values of two each: 2 bits; 7 and 1 of 8: 0.5436 bits
    values = np.array(
        [[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0], [1, 2, 0], [1, 2, 0], [1, 3, 0], [1, 3, 9.0]]
    )
    expected = [1, 2, 3 - 7 / 8 * np.log2(7)]
    np.testing.assert_allclose(band_entropy(values), expected)
    np.testing.assert_allclose(band_entropy(values, 64), expected)
    np.testing.assert_allclose(band_entropy(values, 2), [1, 1, expected[2]])
    assert select_by_entropy(BandSamples(values, np.arange(8), NM[:3]), 3).tolist() == [1, 0, 2]


def test_distinct_values_of_floats_say_nothing() -> None:
    draw = np.random.default_rng(0)
    np.testing.assert_allclose(band_entropy(draw.normal(size=(32, 3)) * [1, 5, 9]), 5)


def test_anova_ranks_by_f_of_scipy() -> None:
    draw = np.random.default_rng(0)
    labels = np.arange(60) % 3
    x = draw.normal(size=(60, 4)) + labels[:, None] * [0.2, 2, 0.7, 1.2]
    f = f_oneway(*(x[labels == name] for name in range(3))).statistic
    assert select_by_anova(BandSamples(x, labels, NM), 4).tolist() == np.argsort(-f).tolist()


def test_a_band_that_is_constant_within_classes_is_the_best() -> None:
    x = [[0.0, 1, 1, 3], [0.0, 2, 1, 1], [0.1, 9, 2, 4], [0.1, 8, 2, 5]]
    assert select_by_anova(BandSamples(x, [0, 0, 1, 1], NM), 3).tolist()[:2] == [0, 2]


def test_classes_of_an_analysis_of_variance() -> None:
    with pytest.raises(
        InputError, match=r"variance should compare at least two classes\. Found class 0 alone"
    ):
        select_by_anova(BandSamples([[0.0] * 4, [1.0] * 4], [0, 0], NM), 1)
    with pytest.raises(InputError, match=r"more samples than classes\. Found 2 of both"):
        select_by_anova(BandSamples([[0.0] * 4, [1.0] * 4], [0, 1], NM), 1)
