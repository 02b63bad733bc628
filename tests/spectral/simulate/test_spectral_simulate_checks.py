from collections.abc import Callable

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.simulate.checks import check_labels, check_parts, check_region, check_samples

PATCHES = np.zeros((2, 3, 4, 4), dtype=np.float32)
SPECTRA = np.zeros((2, 3), dtype=np.float32)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: check_samples(np.zeros((2, 3, 4)), [1.0] * 3), "x should hold numbers as .sample, band. or"),
        (lambda: check_samples([["a", "b"]], [500.0, 510.0]), "x should hold numbers"),
        (
            lambda: check_samples([[1.0, np.nan]], [500.0, 510.0]),
            "x should be finite. Found 1 NaN or infinite",
        ),
        (
            lambda: check_samples([[1.0, 2.0]], [500.0]),
            "wavelengths should be one list with a value per band, 2",
        ),
        (
            lambda: check_region(np.ones((4, 5)), PATCHES),
            r"pixels should have the shape .* \(2, 4, 4\) or \(4, 4\)",
        ),
        (lambda: check_region(np.ones((2,)), SPECTRA), "pixels should have the shape of the samples without"),
        (lambda: check_region(np.zeros((4, 4)), PATCHES), "pixels should name some pixels. Found none"),
        (
            lambda: check_parts(["train", "dev"], 2),
            "part should name one of train, validation, test .* 'dev'",
        ),
        (lambda: check_parts(["train"], 2), r"for each of 2 samples. Found shape \(1,\)"),
        (lambda: check_labels([0.5, 1.0], 2, "y"), "y should hold one whole number for each of 2 samples"),
        (lambda: check_labels([1], 2, "groups"), r"groups should hold .* Found shape \(1,\) of int64"),
    ],
)
def test_what_does_not_fit_is_refused(check: Callable[[], object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        check()


def test_what_fits_is_passed_on() -> None:
    x, nm = check_samples(np.arange(6).reshape(2, 3), [400, 500, 600])
    assert (x.dtype, nm.dtype) == (np.float32, np.float64)
    region = check_region(np.eye(4), PATCHES)
    assert region is not None
    assert region.shape == (2, 4, 4)
    assert region.sum() == 8
    assert check_region(None, SPECTRA) is None
    assert check_parts(None, 2).tolist() == ["train", "train"]
    assert check_labels(np.array([3, 4], np.uint8), 2, "y").dtype == np.int64
