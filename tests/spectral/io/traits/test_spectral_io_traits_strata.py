import numpy as np

from lrprism.spectral.io.traits.strata import stratify


def test_forty_values_lie_in_five_strata_of_eight() -> None:
    values = np.random.default_rng(0).permutation(np.arange(40.0))
    stratum, names = stratify(values, "N")
    assert np.bincount(stratum).tolist() == [8] * 5
    # each stratum lies above the one before
    assert [values[stratum == number].min() for number in range(5)] == [0, 8, 16, 24, 32]
    assert names == ["N 0 to 7", "N 8 to 15", "N 16 to 23", "N 24 to 31", "N 32 to 39"]


def test_few_samples_are_one_stratum_and_missing_ones_none() -> None:
    stratum, names = stratify(np.array([1.0, np.nan, 3.0]), "N")
    assert stratum.tolist() == [0, -1, 0]
    assert names == ["N 1 to 3"]
    stratum, names = stratify(np.full((2, 2), np.nan), "N")
    assert stratum.tolist() == [[-1, -1], [-1, -1]]
    assert names == []


def test_equal_values_stay_together() -> None:
    values = np.repeat([0.0, 1.0], [36, 4])
    stratum, names = stratify(values, "N")
    assert len(set(zip(values.tolist(), stratum.tolist(), strict=True))) == 2
    assert len(names) == len(np.unique(stratum))
