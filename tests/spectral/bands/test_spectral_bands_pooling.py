import dask.array
import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import pooled
from lrprism.spectral.bands.pooling import build_box, joins_bands, pick_peaks

VNIR_SWIR = np.r_[np.arange(900, 1000, 10.0), np.arange(965, 1100, 9.0)]  # two detectors, 965 to 990 twice
GAP = np.r_[np.arange(1300, 1360, 10.0), np.arange(1412, 1500, 10.0)]


def build_relevance(wavelength: np.ndarray, shape: tuple[int, ...] = (3,), seed: int = 0) -> xr.DataArray:
    values = np.random.default_rng(seed).normal(size=(*shape, len(wavelength)))
    dims = ("sample", "y", "x")[: len(shape)]
    coords = {"wavelength": ("band", wavelength)}
    return xr.DataArray(values, dims=(*dims, "band"), coords=coords, attrs={"units": "logit"})


def pool_slowly(values: np.ndarray, wavelength: np.ndarray, nm: float) -> np.ndarray:
    """Deal the relevance of one band after the other out to the bands of its box."""
    summed = np.zeros_like(values)
    for band, centre in enumerate(wavelength):
        box = [other for other, nearby in enumerate(wavelength) if abs(nearby - centre) <= nm / 2 + 1e-6]
        for other in box:
            summed[..., other] += values[..., band] / len(box)
    return summed


def test_four_bands_by_hand() -> None:
    # W = 20: the first and last band share with one neighbour, the others with two
    # band 0: 4/2 + 3/3 = 3; band 1: 4/2 + 3/3 + 0 = 3; band 2: 3/3 + 0 + 2/2 = 2; band 3: 0 + 2/2 = 1
    wavelength = np.array([500.0, 510.0, 520.0, 530.0])
    relevance = xr.DataArray([4.0, 3.0, 0.0, 2.0], dims="band", coords={"wavelength": ("band", wavelength)})
    assert pooled(relevance, nm=20).values.tolist() == [3, 3, 2, 1]


@pytest.mark.parametrize("nm", [0.0, 5.0, 20.0, 63.0, 5000.0])
@pytest.mark.parametrize("wavelength", [VNIR_SWIR, GAP, VNIR_SWIR[::-1], np.linspace(387.12, 1023.5, 300)])
def test_every_band_is_dealt_out_and_the_total_is_kept(wavelength: np.ndarray, nm: float) -> None:
    relevance = build_relevance(wavelength)
    result = pooled(relevance, nm=nm)
    np.testing.assert_allclose(result, pool_slowly(relevance.values, wavelength, nm), atol=1e-12)
    np.testing.assert_allclose(result.sum("band"), relevance.sum("band"), atol=1e-12)
    assert result.attrs == {"units": "logit", "pooled_nm": nm}


def test_a_box_of_fifteen_steps_holds_fifteen_bands_of_a_regular_sensor() -> None:
    wavelength = np.linspace(387.12, 1023.5, 300)
    step = wavelength[1] - wavelength[0]
    for steps in (14, 15):  # the ends of an even number of steps belong to the box, whatever the rounding
        held = (build_box(wavelength, steps * step) > 0).sum(axis=0)
        assert set(held[7:-7]) == {15}


def test_a_gap_is_crossed_by_nm_alone() -> None:
    # 1350 and 1412 nm are neighbours by index, 62 nm apart
    lone = xr.zeros_like(build_relevance(GAP, shape=()))
    lone[5] = 1.0
    assert pooled(lone, nm=120)[GAP > 1400].values.tolist() == [0] * 9
    assert (pooled(lone, nm=124)[GAP > 1400].values > 0).sum() == 1


def test_bands_of_two_detectors_at_one_wavelength_share() -> None:
    wavelength = np.array([990.0, 1000.0, 1000.0, 1010.0])
    relevance = xr.DataArray([0.0, 6.0, 0.0, 0.0], dims="band", coords={"wavelength": ("band", wavelength)})
    assert pooled(relevance, nm=5).values.tolist() == [0, 3, 3, 0]


def test_the_order_of_bands_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(len(VNIR_SWIR))
    relevance = build_relevance(VNIR_SWIR)
    xr.testing.assert_allclose(
        pooled(relevance.isel(band=order), nm=30), pooled(relevance, nm=30).isel(band=order)
    )


def test_dimensions_dtype_and_laziness_stay() -> None:
    relevance = build_relevance(GAP, shape=(4, 2, 3)).astype(np.float32).transpose("sample", "band", "y", "x")
    result = pooled(relevance.chunk(sample=1, band=4), nm=40)
    assert isinstance(result.data, dask.array.Array)
    assert result.dims == relevance.dims
    assert result.dtype == np.float32
    expected = pool_slowly(relevance.transpose(..., "band").values.astype(float), GAP, 40)
    np.testing.assert_allclose(result.transpose(..., "band"), expected, atol=1e-6)


def test_a_missing_value_is_missing_in_its_box_alone() -> None:
    relevance = build_relevance(np.arange(500, 600, 10.0), shape=())
    full = pooled(relevance, nm=20)
    relevance[4] = np.nan
    result = pooled(relevance, nm=20)
    assert np.flatnonzero(result.isnull()).tolist() == [3, 4, 5]
    np.testing.assert_allclose(result[[0, 1, 2, 6, 7, 8, 9]], full[[0, 1, 2, 6, 7, 8, 9]])


def test_a_narrow_artefact_is_smaller_in_the_pooled_map() -> None:
    relevance = xr.zeros_like(build_relevance(np.arange(500, 700, 10.0), shape=()))
    relevance[9:12] = 1.0
    # each of the 3 bands is dealt out to 7: the middle one gets 3 / 7
    assert float(pooled(relevance, nm=60)[10]) == pytest.approx(3 / 7)


def test_whole_numbers_are_not_cut_off() -> None:
    relevance = xr.DataArray([1, 0], dims="band", coords={"wavelength": ("band", [500.0, 510.0])})
    assert pooled(relevance, nm=20).values.tolist() == [0.5, 0.5]


def test_a_box_that_joins_bands() -> None:
    assert joins_bands([500, 520, 600], 40)
    assert not joins_bands([500, 520, 600], 39)
    assert not joins_bands([500, 500], 0)


def test_peaks_lie_apart_and_equal_ones_come_in_order() -> None:
    assert pick_peaks([1, 3, 2, 3, 0], [500, 510, 520, 530, 540], nm=20, count=3) == [1]
    assert pick_peaks([1, 3, 2, 3, 0], [500, 510, 520, 530, 540], nm=19, count=3) == [1, 3]


def test_the_slope_beside_a_peak_is_none() -> None:
    # 540 nm lies apart from the peak at 500, but on its slope
    assert pick_peaks([9, 8, 7, 6, 5, 1, 2], np.arange(500, 570, 10), nm=30, count=3) == [0, 6]


@pytest.mark.parametrize(
    ("relevance", "nm", "message"),
    [
        (build_relevance(GAP), -1.0, r"width to pool over should be 0 nm or more\. Found -1\.0"),
        (build_relevance(GAP), np.nan, r"Found nan\. Leave it out for the default"),
        (build_relevance(GAP), np.inf, r"Found inf"),
        (build_relevance(GAP).drop_vars("wavelength"), 20.0, r"the coordinate wavelength along it, in nm\."),
        (np.zeros(3), 20.0, r"should be an xarray\.DataArray with wavelengths\. Found ndarray\. Try"),
        (xr.DataArray(1.0), 20.0, r"Found dimensions none and coordinates none"),
        (build_relevance(GAP / 1000), 20.0, r"look like µm"),
        (pooled(build_relevance(GAP), nm=20), 20.0, r"pooled once, .* Found it pooled over 20 nm"),
    ],
)  # fmt: skip
def test_bad_input(relevance: xr.DataArray, nm: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        pooled(relevance, nm=nm)
