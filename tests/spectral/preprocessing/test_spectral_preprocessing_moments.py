"""Statistics over batches: against numpy, far from zero, and what is refused."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from lrprism.errors import DataError, InputError
from lrprism.spectral.preprocessing.moments import hide_constant, measure_moments

X = torch.randn(8, 3, 2, 2, generator=torch.Generator().manual_seed(0)) + 10_000
SPECTRA = X.double().movedim(1, -1).reshape(-1, 3).numpy()


def batches() -> Iterator[Tensor]:
    yield from X.split([1, 5, 2])


@pytest.mark.parametrize("as_one_tensor", [True, False])
def test_they_are_numpy_s_in_double_precision(as_one_tensor: bool) -> None:
    moments = measure_moments(X if as_one_tensor else batches(), pairs=True)
    assert (moments.count, moments.dtype) == (32, torch.float32)
    np.testing.assert_allclose(moments.mean, SPECTRA.mean(0), rtol=1e-14)
    np.testing.assert_allclose(moments.squares / 31, np.cov(SPECTRA, rowvar=False), rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(moments.low, SPECTRA.min(0))
    np.testing.assert_array_equal(moments.high, SPECTRA.max(0))
    np.testing.assert_allclose(measure_moments(batches()).std, SPECTRA.std(0), rtol=1e-9)


def test_no_batch_is_refused() -> None:
    with pytest.raises(DataError, match=r"should hold at least one batch\. Found none\. Give it anew\."):
        measure_moments([])


def test_batches_of_other_bands_are_refused() -> None:
    with pytest.raises(DataError, match=r"^batches should have the same bands\. Found 3 and 2\. Fit on"):
        measure_moments([X, X[:, :2]])


@pytest.mark.parametrize(
    ("batch", "shown"),
    [(X.int(), r"torch\.int32 \(8, 3, 2, 2\)"), (X[0, 0, 0], r"torch\.float32 \(2,\)"), ([1.0], "list")],
)
def test_what_is_no_float_tensor_is_refused(batch: Tensor, shown: str) -> None:
    with pytest.raises(
        InputError, match=rf"^batches should be float tensors \[N, band, \.\.\.\]\. Found {shown}\."
    ):
        measure_moments([batch])


@pytest.mark.parametrize(
    ("batch", "shown"),
    [(X[:0], r"shape \(0, 3, 2, 2\)\. L"), (X[:1] * torch.nan, r"shape \(1, 3, 2, 2\), with NaN or inf\. L")],
)
def test_pixels_without_values_are_refused(batch: Tensor, shown: str) -> None:
    with pytest.raises(InputError, match=rf"^batches should hold pixels with finite values\. Found {shown}"):
        measure_moments(batch)


def test_a_constant_band_is_divided_by_infinity_whatever_rounding_makes_of_its_deviation() -> None:
    x = torch.rand(7, 3, 2, 2, dtype=torch.float64)
    x[:, 1] = 0.1  # of which the mean of 28 is another number
    moments = measure_moments(x)
    assert moments.std[1] > 0
    assert hide_constant(moments.std, moments).isinf().tolist() == [False, True, False]


def test_data_without_any_varying_band_are_refused() -> None:
    moments = measure_moments(torch.ones(4, 3))
    with pytest.raises(DataError, match=r"should vary over the training part\. Found each of 3 constant\. C"):
        hide_constant(moments.std, moments)
