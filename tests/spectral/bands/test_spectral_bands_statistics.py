from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import band_table, pooled, sample_spectra, top_bands, top_regions
from lrprism.spectral.cubes.cube import band_coords


def dataset(relevance: np.ndarray, target: list[int], names: list[str] | None = None) -> xr.Dataset:
    bands = relevance.shape[1]
    return xr.Dataset(
        {
            "relevance": (("sample", "band", "y", "x"), relevance.astype(np.float32)),
            "target": ("sample", target),
        },
        coords={
            **band_coords(bands, 400.0 + 10 * np.arange(bands), fwhm=np.full(bands, 9.0)),
            "class_name": ("class", names or ["a", "b", "c"]),
        },
    )


@pytest.fixture
def table() -> pd.DataFrame:
    """Class 2 has two samples, class 0 one; two bands of 1 x 2 pixels."""
    relevance = np.array([
        [[[1, 2]], [[0, -1]]],
        [[[5, 5]], [[1, 0]]],
        [[[-4, 3]], [[2, 2]]],
    ])  # fmt: skip
    return band_table(dataset(relevance, [2, 0, 2]))


def test_a_class_by_hand(table: pd.DataFrame) -> None:
    rows = table[table["class"] == 2]
    # band 0: samples sum to 3 and -1: mean 1, deviation 2; positive parts 3 and 3, negative 0 and -4
    # band 1: samples sum to -1 and 4: mean 1.5, deviation 2.5; positive parts 0 and 4, negative -1 and 0
    assert rows["sum"].tolist() == [1, 1.5]
    assert rows["std"].tolist() == [2, 2.5]
    assert rows["positive"].tolist() == [3, 2]
    assert rows["negative"].tolist() == [-2, -0.5]
    assert rows["rank"].tolist() == [2, 1]
    # magnitudes: band 0: 3 + 1 = 4, band 1: 1 + 4 = 5
    assert rows["share"].tolist() == [4 / 9, 5 / 9]
    # of two bands both are among the ten strongest of each sample
    assert rows["votes"].tolist() == [1, 1]
    # two samples: a quarter of the draws has one of them twice, -1 and 3, or -1 and 4; the distances of 2 and
    # 2.5 from the mean are widened by t / z * sqrt(2) = 12.7062 / 1.959964 * 1.414214 = 9.16817
    np.testing.assert_allclose(rows["low"], [1 - 2 * 9.16817, 1.5 - 2.5 * 9.16817], rtol=1e-5)
    np.testing.assert_allclose(rows["high"], [1 + 2 * 9.16817, 1.5 + 2.5 * 9.16817], rtol=1e-5)


def test_spectra_of_samples_by_hand() -> None:
    relevance = np.array([[[[1, -2]], [[0, -1]]], [[[-4, 3]], [[2, 2]]]])
    data = dataset(relevance, [2, 0])
    data["patch"] = data["relevance"] + 10
    spectra = sample_spectra(data)
    assert spectra["positive"].values.tolist() == [[1, 0], [3, 4]]
    assert spectra["negative"].values.tolist() == [[-2, -1], [-4, 0]]
    assert spectra["input"].values.tolist() == [[9.5, 9.5], [9.5, 12]]
    assert spectra.attrs["window"] == (1, 2)
    assert set(spectra.dims) == {"sample", "band", "class", "area"}
    assert sample_spectra(spectra) is spectra
    pd.testing.assert_frame_equal(band_table(spectra), band_table(data))


def test_a_threshold_of_plants_that_is_asked_for() -> None:
    data = dataset(np.ones((2, 2, 3, 3)), [0, 0]).assign_coords(wavelength=("band", [660.0, 800.0]))
    # NDVI (0.6 - 0.2) / 0.8 = 0.5 everywhere: of one kind, so that nothing would be proposed
    data["patch"] = data["relevance"] * xr.DataArray([0.2, 0.6], dims="band")
    assert "plant_ndvi" not in sample_spectra(data).attrs
    for threshold, share in ((0.4, 1.0), (0.6, 0.0)):
        spectra = sample_spectra(data.assign_attrs(plant_ndvi=threshold))
        assert spectra.attrs["plant_ndvi"] == threshold
        assert spectra["area_size"].sel(area="plant").values.tolist() == [share, share]


@pytest.mark.parametrize("side", [3, 360])
def test_spectra_of_samples_on_disk_are_those_in_memory(tmp_path: Path, side: int) -> None:
    # of large patches eight are read at a time, so that the ninth comes alone
    data = dataset(np.random.default_rng(0).normal(size=(9, 4, side, side)), [0, 1, 2] * 3)
    data.chunk(sample=2).to_zarr(tmp_path / "relevance.zarr", zarr_format=2)
    stored = xr.open_zarr(tmp_path / "relevance.zarr")
    pd.testing.assert_frame_equal(band_table(stored), band_table(data))


def test_a_missing_value_is_not_summed_over() -> None:
    relevance = np.zeros((1, 2, 2, 2))
    relevance[0, 1, 0, 0] = np.nan
    spectra = sample_spectra(dataset(relevance, [0]))
    assert np.isnan(spectra["positive"].values).tolist() == [[False, True]]


def test_the_columns_and_rows_of_bands_csv(table: pd.DataFrame) -> None:
    assert table.columns.tolist() == [
        "class", "class_name", "band", "original_band", "wavelength_nm", "fwhm_nm",
        "sum", "positive", "negative", "std", "rank", "low", "high", "share", "votes",
    ]  # fmt: skip
    assert table["class"].tolist() == [0, 0, 2, 2]
    assert table["class_name"].tolist() == ["a", "a", "c", "c"]
    assert table["wavelength_nm"].tolist() == [400, 410, 400, 410]
    assert table["original_band"].tolist() == ["0", "1", "0", "1"]
    assert table["fwhm_nm"].tolist() == [9, 9, 9, 9]


def test_parts_add_up_and_bands_account_for_all_relevance() -> None:
    relevance = np.random.default_rng(0).normal(size=(20, 7, 3, 3))
    targets = np.arange(20) % 3
    table = band_table(dataset(relevance, targets.tolist()))
    np.testing.assert_allclose(table["sum"], table["positive"] + table["negative"], atol=1e-12)
    for target in range(3):
        total = relevance[targets == target].sum(axis=(1, 2, 3)).mean()
        assert table.loc[table["class"] == target, "sum"].sum() == pytest.approx(total, abs=1e-5)
        assert sorted(table.loc[table["class"] == target, "rank"]) == [1, 2, 3, 4, 5, 6, 7]


def test_top_bands_come_in_order() -> None:
    relevance = np.array([3.0, 9.0, -20.0, 5.0]).reshape(1, 4, 1, 1)
    table = band_table(dataset(relevance, [1]))
    assert top_bands(table, 1)["band"].tolist() == [1, 3, 0]
    assert top_bands(table, 1, 1)["wavelength_nm"].tolist() == [410]
    assert len(top_bands(table, 1, 99)) == 4


def test_equal_bands_get_different_ranks() -> None:
    assert band_table(dataset(np.ones((1, 3, 1, 1)), [0]))["rank"].tolist() == [1, 2, 3]


def test_a_class_beyond_the_names_still_has_one() -> None:
    table = band_table(dataset(np.ones((1, 1, 1, 1)), [1], names=["only"]))
    assert table["class_name"].tolist() == ["class 1"]


def test_a_dataset_that_lacks_something() -> None:
    relevance = dataset(np.ones((1, 1, 1, 1)), [0])
    with pytest.raises(DataError, match=r"a relevance dataset should hold .* Found no target, wavelength"):
        band_table(relevance.drop_vars(["target", "wavelength"]))
    with pytest.raises(DataError, match=r"at least one sample. Found no sample"):
        band_table(relevance.isel(sample=[]))


def test_a_class_that_was_not_explained(table: pd.DataFrame) -> None:
    with pytest.raises(
        DataError, match=r"class should be one of \[0, 2\] and n at least 1. Found class 1, n 3"
    ):
        top_bands(table, 1)
    with pytest.raises(DataError, match=r"Found class 2, n 0"):
        top_bands(table, 2, 0)


def test_pooled_columns_by_hand() -> None:
    # one pixel, bands 10 nm apart, W = 20: samples (3, 0, 0, 0) and (0, 0, 0, 4) of one class
    # sample 0: band 0 has two bands in its box: (1.5, 1.5, 0, 0); sample 1: (0, 0, 2, 2)
    relevance = np.array([[3, 0, 0, 0], [0, 0, 0, 4]]).reshape(2, 4, 1, 1)
    data = dataset(relevance, [0, 0]).assign_attrs(resolution_nm=20.0)
    table = band_table(data)
    assert table["pooled_sum"].tolist() == [0.75, 0.75, 1, 1]
    assert table["pooled_std"].tolist() == [0.75, 0.75, 1, 1]
    assert set(table["pooled_nm"]) == {20}
    assert table["sum"].tolist() == [1.5, 0, 0, 2]
    assert table["pooled_sum"].sum() == table["sum"].sum()
    pd.testing.assert_frame_equal(band_table(sample_spectra(data)), table)


@pytest.mark.parametrize("width", [None, 0.0])
def test_without_a_width_nothing_is_pooled(width: float | None) -> None:
    data = dataset(np.ones((1, 2, 1, 1)), [0])
    data.attrs |= {} if width is None else {"resolution_nm": width}
    assert not [column for column in band_table(data).columns if "pooled" in column]


def test_relevance_that_is_pooled_is_not_pooled_again() -> None:
    data = dataset(np.ones((1, 4, 1, 1)), [0]).assign_attrs(resolution_nm=20.0)
    summed = data.assign(relevance=pooled(data["relevance"], nm=20))
    assert "pooled_sum" not in band_table(summed).columns


def test_top_regions_lie_a_width_apart() -> None:
    relevance = np.zeros((1, 12, 1, 1))
    relevance[0, [2, 3, 9], 0, 0] = [4, 5, 3]
    table = band_table(dataset(relevance, [1]).assign_attrs(resolution_nm=20.0))
    regions = top_regions(table, 1, 2)
    assert regions["wavelength_nm"].tolist() == [
        420,
        480,
    ]  # 420 and 430 are equal, 490 lies in the box of 480
    assert regions["pooled_sum"].tolist() == [3, 1]


def test_regions_need_pooled_relevance(table: pd.DataFrame) -> None:
    with pytest.raises(
        DataError, match=r"should hold pooled_sum and pooled_nm\. Found neither\. .*--pool NM"
    ):
        top_regions(table, 0)
