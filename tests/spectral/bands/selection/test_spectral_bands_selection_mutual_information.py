import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.bands import BandSamples, select_by_mrmr
from lrprism.spectral.bands.selection.mutual_information import mutual_information


def test_mutual_information_by_hand() -> None:
    a = np.array([0, 0, 1, 1])
    assert mutual_information(a, a) == 1
    assert mutual_information(a, np.array([0, 1, 0, 1])) == 0
    # p = 1/2 for (0, 0), 1/4 for (1, 0), 1/4 for (1, 1): 1/2 log2(4/3) + 1/4 log2(2/3) + 1/4 log2(2)
    expected = np.log2(4 / 3) / 2 + np.log2(2 / 3) / 4 + 1 / 4
    assert mutual_information(a, np.array([0, 0, 0, 1])) == pytest.approx(expected)


def make_samples() -> BandSamples:
    """Four classes by two bits: bands 0 to 2 say the first, band 3 the second, less clearly."""
    draw = np.random.default_rng(0)
    labels = np.arange(400) % 4
    first, second = labels // 2, labels % 2
    x = np.stack([first, first, first, 0.6 * second, 0 * first], 1) + draw.normal(0, 0.2, (400, 5))
    x[:, 1:3] = x[:, :1] + draw.normal(0, 0.01, (400, 2))
    return BandSamples(x, labels, np.arange(5) * 10.0 + 500)


def test_redundant_bands_wait() -> None:
    chosen = select_by_mrmr(make_samples(), 5).tolist()
    assert chosen[0] in {0, 1, 2}
    assert chosen[1] == 3
    assert set(chosen) == {0, 1, 2, 3, 4}


def test_constant_bands_and_one_class() -> None:
    samples = make_samples()
    samples.spectra[:, 4] = 1
    assert set(select_by_mrmr(samples, 4).tolist()) == {0, 1, 2, 3}
    with pytest.raises(InputError, match=r"1 of 5 are constant"):
        select_by_mrmr(samples, 5)
    with pytest.raises(InputError, match=r"mRMR should compare at least two classes"):
        select_by_mrmr(BandSamples([[0.0], [1.0]], [2, 2], [500.0]), 1)
