import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.bands import BandSamples, select_by_relevance


def make_samples(relevance: list[list[float]] | None) -> BandSamples:
    """Three groups of two like bands: 0 and 1, 2 and 3, 4 and 5."""
    draw = np.random.default_rng(0)
    x = np.repeat(draw.normal(size=(200, 3)), 2, axis=1) + draw.normal(0, 0.05, (200, 6))
    return BandSamples(x, np.arange(200) % 2, np.arange(6) * 10.0 + 500, relevance)


def test_one_band_per_group_by_relevance_over_classes() -> None:
    # sums 9, 8, 3, 7, 1, 2: band 1 is suppressed by 0, band 2 by 3, band 4 by 5
    samples = make_samples([[9.0, 0, 3, 0, 1, 1], [0.0, 8, 0, 7, 0, 1]])
    assert select_by_relevance(samples, 3).tolist() == [0, 3, 5]
    assert select_by_relevance(samples, 2).tolist() == [0, 3]


def test_more_bands_than_groups_cut_the_groups() -> None:
    samples = make_samples([[9.0, 8, 3, 7, 1, 2]])
    chosen = select_by_relevance(samples, 5).tolist()
    # of the three groups two are cut, the looser ones; each group has its band before any has two
    assert {0, 3, 5} < set(chosen)
    assert len(set(chosen)) == 5
    assert select_by_relevance(samples, 6).tolist() == [0, 1, 3, 2, 5, 4]


def test_equal_bands_fill_up_by_relevance() -> None:
    samples = make_samples([[1.0, 2, 3, 4, 5, 6]])
    x = samples.spectra[:, [0, 0, 0, 2, 2, 2]]
    same = BandSamples(x, samples.labels, samples.wavelength, samples.relevance)
    assert select_by_relevance(same, 4).tolist() == [5, 2, 4, 3]


def test_constant_bands_are_left_out_and_relevance_is_needed() -> None:
    samples = make_samples([[9.0, 8, 3, 7, 1, 2]])
    samples.spectra[:, 0] = 3
    assert select_by_relevance(samples, 3).tolist() == [1, 3, 5]
    with pytest.raises(InputError, match=r"relevance of each class and band\. Found none\. Explain"):
        select_by_relevance(make_samples(None), 3)
