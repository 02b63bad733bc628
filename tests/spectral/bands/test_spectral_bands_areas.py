import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.bands.areas import PlantMask, mark_areas, measure_areas, split_in_two

NM = [450.0, 660.0, 680.0, 800.0]


def patches(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(
        values.astype(np.float32), dims=("sample", "band", "y", "x"), coords={"wavelength": ("band", NM)}
    )


def leaf_and_soil(rng: np.random.Generator, samples: int = 6) -> tuple[xr.DataArray, np.ndarray]:
    """Leaves of NDVI about 0.8 on the left two columns of four, soil of about 0.2 on the right."""
    leaf, soil = np.array([0.04, 0.05, 0.05, 0.45]), np.array([0.1, 0.2, 0.2, 0.3])
    values = np.empty((samples, 4, 4, 4))
    values[..., :2] = leaf[:, None, None]
    values[..., 2:] = soil[:, None, None]
    mask = np.zeros((samples, 4, 4), dtype=bool)
    mask[..., :2] = True
    return patches(values * rng.normal(1, 0.02, values.shape)), mask


def test_plants_are_told_from_soil() -> None:
    patch, leaf = leaf_and_soil(np.random.default_rng(0))
    mask = PlantMask.propose(patch)
    assert mask is not None
    assert (mask.red, mask.nir) == ((1, 2), (3,))
    assert 0.3 < mask.threshold < 0.7
    assert (mask.mark(patch).values == leaf).all()


def test_nothing_is_proposed_where_nothing_can_be_told() -> None:
    rng = np.random.default_rng(1)
    meadow = rng.normal([0.1, 0.1, 0.1, 0.4], 0.02, (5, 6, 6, 4)).transpose(0, 3, 1, 2)
    assert PlantMask.propose(patches(meadow)) is None
    visible = leaf_and_soil(rng)[0].assign_coords(wavelength=("band", [450.0, 550.0, 600.0, 640.0]))
    assert PlantMask.propose(visible) is None
    assert PlantMask.propose(patches(np.zeros((2, 4, 3, 3)))) is None


def test_ndvi_by_hand() -> None:
    # red (0.1 + 0.3) / 2 = 0.2, near infrared 0.6: 0.4 / 0.8; a pixel without light has none
    patch = patches(np.array([[[[9.0, 0.0]], [[0.1, 0.0]], [[0.3, 0.0]], [[0.6, 0.0]]]]))
    ndvi = PlantMask(0.0, (1, 2), (3,)).measure_ndvi(patch).values
    assert ndvi[0, 0, 0] == pytest.approx(0.5)
    assert np.isnan(ndvi[0, 0, 1])


def test_two_humps_are_split_between_them_and_one_is_not() -> None:
    rng = np.random.default_rng(2)
    low, high = rng.normal(0.1, 0.03, 4000), rng.normal(0.8, 0.03, 1000)
    threshold = split_in_two(np.concatenate([low, high]))
    assert threshold is not None
    assert 0.25 < threshold < 0.65
    assert split_in_two(rng.normal(0.5, 0.1, 5000)) is None
    assert split_in_two(np.concatenate([low, high[:10]])) is None
    assert split_in_two(np.full(5, 0.3)) is None


@pytest.mark.parametrize(
    ("side", "pixels"),
    [
        (1, {}),
        (2, {"centre": 4, "border": 4}),
        (3, {"centre": 1, "border": 8}),
        (4, {"centre": 4, "border": 12}),
        (5, {"centre": 1, "ring 1": 8, "border": 16}),
        (8, {"centre": 4, "ring 1": 12, "ring 2": 20, "border": 28}),
    ],
)
def test_rings_by_their_distance_from_the_centre(side: int, pixels: dict[str, int]) -> None:
    areas = mark_areas(patches(np.ones((2, 4, side, side))), None)
    assert {name: int(mask.sum()) for name, mask in areas.items()} == pixels
    if side > 2:
        # every pixel lies in one ring
        assert (sum(mask.astype(int) for mask in areas.values()) == 1).all()


def test_patches_that_are_not_square_have_no_rings_between() -> None:
    areas = mark_areas(patches(np.ones((1, 4, 5, 9))), None)
    assert {name: int(mask.sum()) for name, mask in areas.items()} == {"centre": 1, "border": 24}


def test_a_ring_by_brute_force() -> None:
    rng = np.random.default_rng(4)
    patch = patches(rng.random((3, 4, 7, 7)))
    relevance = patches(rng.normal(size=(3, 4, 7, 7)))
    net = measure_areas(relevance, patch, None)["area_net"].sel(area="ring 2")
    expected = np.zeros((3, 4))
    for y in range(7):
        for x in range(7):
            if max(abs(y - 3), abs(x - 3)) == 2:
                expected += relevance.values[:, :, y, x]
    np.testing.assert_allclose(net, expected, rtol=1e-5, atol=1e-6)


def test_a_threshold_that_is_known() -> None:
    patch, leaf = leaf_and_soil(np.random.default_rng(5))
    assert (PlantMask.at(np.array(NM), 0.5).mark(patch).values == leaf).all()
    assert not PlantMask.at(np.array(NM), 0.95).mark(patch).any()
    with pytest.raises(
        lp.InputError, match=r"650 to 685 and in 760 to 860 nm\. Found 450 to 680 nm with 2 a"
    ):
        PlantMask.at(np.array(NM[:3]), 0.5)


def test_relevance_by_area_by_hand() -> None:
    patch, leaf = leaf_and_soil(np.random.default_rng(3), samples=2)
    relevance = xr.zeros_like(patch)
    relevance[0, 1, 2, 0], relevance[0, 1, 1, 1], relevance[1, 3, 1, 3] = 2.0, -0.5, 4.0
    measured = measure_areas(relevance, patch, PlantMask.propose(patch))
    net = measured["area_net"].transpose("sample", "area", "band")
    assert net.sel(area="plant").values.tolist() == [[0, 1.5, 0, 0], [0, 0, 0, 0]]
    assert net.sel(area="background").values.tolist() == [[0, 0, 0, 0], [0, 0, 0, 4]]
    assert net.sel(area="centre").values.tolist() == [[0, -0.5, 0, 0], [0, 0, 0, 0]]
    assert net.sel(area="border").values.tolist() == [[0, 2, 0, 0], [0, 0, 0, 4]]
    assert measured["area_size"].sel(area="plant").values.tolist() == leaf.mean((1, 2)).tolist()
    assert measured["centre_plant"].values.tolist() == [0.5, 0.5]
    assert not measure_areas(relevance[..., :1, :1], patch[..., :1, :1], None).data_vars
