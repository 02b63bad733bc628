import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands import BandSamples
from lrprism.spectral.bands.selection.samples import find_varying, take_highest

SPECTRA = [[1.0, 5.0, 2.0], [2.0, 5.0, 1.0], [3.0, 5.0, 7.0]]
NM = [400.0, 500.0, 500.0]


def test_lists_become_arrays_and_constant_bands_are_known() -> None:
    samples = BandSamples(SPECTRA, [0, 1, 1], NM)
    assert samples.spectra.shape == (3, 3)
    assert samples.varying.tolist() == [0, 2]
    assert find_varying(np.ones((4, 2))).tolist() == []


def test_the_highest_come_first_and_the_first_of_equal_ones() -> None:
    assert take_highest(np.array([1.0, 3.0, 3.0, 2.0]), np.array([4, 6, 8, 9]), 3).tolist() == [6, 8, 9]


@pytest.mark.parametrize("k", [0, 3])
def test_more_bands_than_vary_are_refused(k: int) -> None:
    with pytest.raises(InputError, match=rf"k should be 1 to 2, .* vary; 1 of 3 are constant\. Found {k}\."):
        BandSamples(SPECTRA, [0, 1, 1], NM).check_count(k)


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError, match=r"mRMR should compare at least two classes\. Found class 4 alone"):
        BandSamples(SPECTRA, [4, 4, 4], NM).require_classes("mRMR")


@pytest.mark.parametrize(
    ("spectra", "labels", "nm", "message"),
    [
        ([[1.0, np.nan]], [0], [400.0, 410.0], r"finite\. Found 1 of 2 values NaN or infinite"),
        (SPECTRA, [0, 1], NM, r"a class per sample, 3 in all\. Found shape \(2,\)"),
        (SPECTRA, [0, 1, 1], NM[:2], r"a value per band, 3 in all\. Found shape \(2,\)"),
    ],
)
def test_what_does_not_fit(
    spectra: list[list[float]], labels: list[int], nm: list[float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        BandSamples(spectra, labels, nm)


@pytest.mark.parametrize(
    "relevance", [[1.0, 2.0, 3.0], [[1.0, 2.0]], [[1.0, -2.0, 3.0]], [[1.0, np.nan, 3.0]]]
)
def test_relevance_that_is_none(relevance: list[list[float]]) -> None:
    with pytest.raises(InputError, match=r"0 or more per class and band, 3 bands\. Found shape"):
        BandSamples(SPECTRA, [0, 1, 1], NM, relevance)
