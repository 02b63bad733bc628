import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.bands import area_table
from lrprism.spectral.bands.statistics import sample_spectra
from lrprism.spectral.cubes.cube import band_coords

NM = np.array([660.0, 800.0])


def dataset(relevance: np.ndarray, target: list[int], patch: np.ndarray | None = None) -> xr.Dataset:
    dims = ("sample", "band", "y", "x")
    values = np.ones(relevance.shape) if patch is None else patch
    return xr.Dataset(
        {
            "relevance": (dims, relevance.astype(np.float32)),
            "patch": (dims, values.astype(np.float32)),
            "target": ("sample", target),
        },
        coords={**band_coords(2, NM, fwhm=np.full(2, 10.0)), "class_name": ("class", ["a", "b"])},
    )


def test_areas_by_hand() -> None:
    relevance = np.zeros((2, 2, 3, 3))
    # sample 0: 2 in the centre, 4 and -1 on the border; sample 1: 1 on the border
    relevance[0, 0, 1, 1], relevance[0, 0, 0, 0], relevance[0, 1, 2, 1] = 2, 4, -1
    relevance[1, 0, 2, 2] = 1
    rows = area_table(dataset(relevance, [1, 1])).set_index("area")
    assert rows.index.tolist() == ["centre", "border"]
    assert set(rows["class_name"]) == {"b"}
    # means over samples and sums over bands: 2 / 2 and (4 - 1 + 1) / 2
    assert rows["sum"].tolist() == [1, 2]
    # means per band: centre (1, 0), border (2.5, -0.5): 1 of 4 in all
    assert rows["share"].tolist() == [0.25, 0.75]
    np.testing.assert_allclose(rows["pixels_share"], [1 / 9, 8 / 9])
    # two samples: a quarter of the draws has one of them twice, 0 and 2, or 1 and 3; the distances of 1 from
    # the mean are widened by t / z * sqrt(2) = 12.7062 / 1.959964 * 1.414214 = 9.16817
    np.testing.assert_allclose(rows["low"], [1 - 9.16817, 2 - 9.16817], rtol=1e-5)
    np.testing.assert_allclose(rows["high"], [1 + 9.16817, 2 + 9.16817], rtol=1e-5)


def test_rings_add_up() -> None:
    rng = np.random.default_rng(0)
    # half of the pixels are plants of NDVI 0.8, the others soil of 0.2
    leaf = rng.random((8, 1, 7, 7)) < 0.5
    patch = np.where(leaf, np.array([0.05, 0.45])[:, None, None], np.array([0.2, 0.3])[:, None, None])
    data = dataset(rng.normal(size=(8, 2, 7, 7)), [0, 1] * 4, patch)
    table, spectra = area_table(data), sample_spectra(data)
    for number, rows in table.groupby("class"):
        chosen = spectra.isel(sample=spectra["target"].values == number)
        total = float((chosen["positive"] + chosen["negative"]).sum("band").mean())
        rings = rows[~rows["area"].isin(["plant", "background"])]
        assert rings["area"].tolist() == ["centre", "ring 1", "ring 2", "border"]
        assert rings["sum"].sum() == pytest.approx(total, rel=1e-5)
        assert rings["pixels_share"].sum() == pytest.approx(1)


def test_no_relevance_has_no_share() -> None:
    assert area_table(dataset(np.zeros((2, 2, 3, 3)), [0, 0]))["share"].tolist() == [0, 0]


def test_single_spectra_have_no_areas() -> None:
    with pytest.raises(
        lp.DataError, match=r"several pixels to have areas\. Found relevance of single spectra"
    ):
        area_table(dataset(np.ones((2, 2, 1, 1)), [0, 0]))
