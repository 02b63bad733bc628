import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.bands import BandSamples, select_equal, select_random


def make_samples(nm: list[float], seed: int = 0) -> BandSamples:
    x = np.random.default_rng(0).normal(size=(5, len(nm)))
    return BandSamples(x, np.arange(5) % 2, nm, seed=seed)


def test_spacing_is_in_nm_whatever_the_order_and_the_density() -> None:
    # dense below 430 nm, and not in order: wanted are 400, 500 and 600 nm
    samples = make_samples([600.0, 400, 410, 420, 430, 505, 480])
    assert select_equal(samples, 3).tolist() == [1, 5, 0]
    assert select_equal(samples, 1).tolist() == [5]  # the middle, 500 nm


def test_twins_are_not_selected_twice_and_all_bands_can_be() -> None:
    samples = make_samples([400.0, 400, 500, 500])
    assert sorted(select_equal(samples, 4).tolist()) == [0, 1, 2, 3]
    # wanted 400, 450, 500: 450 is as far from either
    assert len(set(select_equal(samples, 3).tolist())) == 3


def test_a_gap_takes_its_nearest_edge() -> None:
    assert select_equal(make_samples([400.0, 410, 590, 600]), 3).tolist()[1] in {1, 2}


def test_random_bands_follow_the_seed() -> None:
    nm = np.arange(400.0, 450).tolist()
    first = select_random(make_samples(nm), 10)
    assert first.tolist() == select_random(make_samples(nm), 10).tolist()
    assert first.tolist() != select_random(make_samples(nm, seed=1), 10).tolist()
    assert select_random(make_samples(nm), 4).tolist() == first[:4].tolist()
    assert len(set(first.tolist())) == 10


def test_each_band_is_drawn_alike() -> None:
    nm = [501.0, 502, 503, 504]
    counts = np.bincount([select_random(make_samples(nm, seed), 1)[0] for seed in range(400)], minlength=4)
    assert counts.min() > 70  # 100 expected, deviation 8.7


@pytest.mark.parametrize("select", [select_equal, select_random])
def test_too_many(select: object) -> None:
    with pytest.raises(InputError, match=r"k should be 1 to 2, the number of bands that vary\. Found 3"):
        select(make_samples([501.0, 502.0]), 3)  # type: ignore[operator]
