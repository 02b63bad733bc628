import numpy as np
import pytest

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands import filter_bands

NM = np.arange(400, 1001, 1.0)


def test_weights_by_hand() -> None:
    # at half the width the response is 1/2: weights 1/4, 1/2, 1/4
    assert filter_bands([[4.0, 8, 20]], [490, 500, 510], [500], 20).tolist() == [[10.0]]


def test_a_flat_spectrum_stays_flat_and_axes_stay() -> None:
    flat = filter_bands(np.full((2, 3, len(NM)), 0.4), NM, [450, 550, 700.5], [10, 40, 3])
    np.testing.assert_allclose(flat, 0.4)
    assert flat.shape == (2, 3, 3)


def test_a_gaussian_seen_by_a_gaussian() -> None:
    # the widths add in squares: 30 and 40 nm give 50 nm, and the peak falls to 30 / 50
    line = np.exp(-4 * np.log(2) * ((NM - 700) / 30) ** 2)
    assert filter_bands(line, NM, [700], 40)[0] == pytest.approx(30 / 50, rel=1e-6)
    assert filter_bands(line, NM, [725], 40)[0] == pytest.approx(30 / 50 / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("spectra", "centres", "fwhm", "error", "message"),
    [
        ([1.0, 2.0, 3.0], [500], 0, InputError, r"fwhm should be positive"),
        ([1.0, 2.0, 3.0], [700], 10, InputError, r"within 490 to 510 nm, .*Found 700 nm"),
        ([1.0, 2.0], [500], 10, DataError, r"a value per band, 2 in all"),
        ([1.0, 2.0, 3.0], [500, 505], [1, 2, 3], DataError, r"Found shapes \(2,\) and \(3,\)"),
        ([1.0, 2.0, 3.0], [np.nan], 10, DataError, r"finite, in nm"),
        (1.0, [500], 10, DataError, r"bands on their last axis\. Found shape \(\)"),
    ],
)
def test_bad_input(
    spectra: list[float], centres: list[float], fwhm: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        filter_bands(spectra, [490, 500, 510], centres, fwhm)
