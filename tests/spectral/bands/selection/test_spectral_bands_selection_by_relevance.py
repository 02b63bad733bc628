import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.bands import BandSamples, select_by_relevance


def make_samples(relevance: list[list[float]] | None, nm: list[float] | None = None) -> BandSamples:
    bands = 6 if nm is None else len(nm)
    x = np.random.default_rng(0).normal(size=(20, bands))
    return BandSamples(x, np.arange(20) % 2, nm or np.arange(6) * 10.0 + 500, relevance)


def test_the_most_relevant_band_of_each_stretch_of_equal_relevance() -> None:
    # over both classes 4, 2, 1, 1, 3, 1 of 12: shares reached 4, 6, 7, 8, 11, 12 twelfths
    samples = make_samples([[4.0, 0, 1, 0, 1, 1], [0.0, 2, 0, 1, 2, 0]])
    # stretches of 4: band 0; bands 1, 2, 3; bands 4, 5
    assert select_by_relevance(samples, 3).tolist() == [0, 4, 1]
    # stretches of 6: bands 0, 1; the rest
    assert select_by_relevance(samples, 2).tolist() == [0, 4]
    assert select_by_relevance(samples, 1).tolist() == [0]


def test_bands_are_taken_in_the_order_of_their_wavelengths() -> None:
    # at 500, 510, 520, 530 nm the relevance is 3, 2, 1, 4: stretches of 5 hold 500, 510 and 520, 530 nm
    samples = make_samples([[2.0, 4, 3, 1]], [510.0, 530, 500, 520])
    assert select_by_relevance(samples, 2).tolist() == [1, 2]


def test_a_wide_stretch_of_like_bands_gets_as_many_as_its_relevance_asks_for() -> None:
    # 30 bands of 2 and 10 bands of 1: 60 of 70 relevance, 6 of 7 bands
    samples = make_samples([[2.0] * 30 + [1.0] * 10], [400.0 + 10 * band for band in range(40)])
    chosen = select_by_relevance(samples, 7)
    assert (chosen < 30).sum() == 6
    assert np.diff(np.sort(chosen)).min() >= 4


def test_a_band_of_several_stretches_leaves_room_for_the_next_ones() -> None:
    # band 2 holds 8 of 13 and ends in the last of four stretches; none ends in the second and the third
    samples = make_samples([[1.0, 1, 8, 1, 1.5, 0.5]])
    assert select_by_relevance(samples, 4).tolist() == [2, 0, 4, 1]
    assert set(select_by_relevance(samples, 6).tolist()) == set(range(6))


def test_no_relevance_at_all_spreads_the_bands_evenly() -> None:
    assert select_by_relevance(make_samples([[0.0] * 6]), 3).tolist() == [0, 2, 4]


def test_constant_bands_are_left_out_and_relevance_is_needed() -> None:
    samples = make_samples([[9.0, 1, 1, 1, 1, 2]])
    samples.spectra[:, 0] = 3
    # of the other five, 6 in all: bands 1, 2, 3 and bands 4, 5
    assert select_by_relevance(samples, 2).tolist() == [5, 1]
    with pytest.raises(InputError, match=r"relevance of each class and band\. Found none\. Explain"):
        select_by_relevance(make_samples(None), 3)
