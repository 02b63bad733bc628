from dataclasses import replace

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate import PlantSettings, plant
from lrprism.spectral.simulate.features import stack_profiles

NM = np.linspace(400.0, 1000.0, 61)


@pytest.fixture
def natural() -> np.ndarray:
    return np.random.default_rng(3).normal(0.3, 0.1, (400, 61)).astype(np.float32)


def test_what_is_added_is_depth_times_spread_times_strength_times_profile(natural: np.ndarray) -> None:
    before = natural.copy()
    data = plant(natural, None, NM, depth=0.7, fwhm_nm=40.0, classes=2)
    centre = [int(np.abs(NM - feature.centre).argmin()) for feature in data.truth.features]
    height = 0.7 * natural[:, centre].std(axis=0, dtype=np.float64) * data.truth.strength
    expected = natural + height @ stack_profiles(data.truth.features, NM)
    np.testing.assert_allclose(data.x, expected, atol=1e-6)
    assert (natural == before).all()
    assert data.truth.parameters["fwhm_nm"] == 40


def test_the_classes_lie_in_the_class_features_and_nowhere_else(natural: np.ndarray) -> None:
    old = np.random.default_rng(0).integers(0, 3, 400)
    natural += 0.5 * old[:, None]
    data = plant(natural, old, NM, depth=1.0, fwhm_nm=30.0)
    counts = np.array([[np.sum((old == a) & (data.y == b)) for b in range(4)] for a in range(3)])
    assert np.ptp(counts, axis=1).max() <= 1, "old classes say nothing about new ones"
    # a class feature is told by its strength, the nearest of the four rows of signs
    signs = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]])
    nearest = ((data.truth.strength[:, None, :3] - signs) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == data.y).mean() > 0.96


def test_the_same_seed_gives_the_same_and_another_does_not(natural: np.ndarray) -> None:
    first, again, other = (plant(natural, None, NM, seed=seed) for seed in (1, 1, 2))
    assert (first.x == again.x).all()
    assert (first.y == again.y).all()
    assert first.truth.features == again.truth.features
    assert first.truth.features != other.truth.features


def test_all_samples_of_a_group_get_one_class(natural: np.ndarray) -> None:
    groups = np.arange(400) // 10
    data = plant(natural, None, NM, groups=groups)
    assert all(len(set(data.y[groups == number])) == 1 for number in range(40))


def test_pixels_outside_the_region_stay_as_they_are() -> None:
    x = np.random.default_rng(0).random((40, 61, 3, 3), dtype=np.float32)
    pixels = np.zeros((3, 3), dtype=bool)
    pixels[1] = True
    data = plant(x, None, NM, pixels=pixels)
    assert (data.x[:, :, [0, 2]] == x[:, :, [0, 2]]).all()
    assert (np.abs(data.x[:, :, 1] - x[:, :, 1]).max(axis=1) > 0).all()
    assert data.truth.region is not None
    assert data.truth.region.shape == (40, 3, 3)


def test_noise_bands_and_an_artefact_are_where_the_truth_says(natural: np.ndarray) -> None:
    changes = {"noise_bands": 2, "confounder": "band", "fwhm_nm": 30.0}
    data = plant(natural, None, NM, **changes)
    clean = plant(natural, None, NM, **{**changes, "confounder": None})
    assert clean.truth.features == data.truth.features
    assert (data.x[:, 2:-2] - natural[:, 2:-2])[data.truth.confounded][
        :, data.truth.confounder[2:-2]
    ].min() > 0.15
    assert np.abs(np.corrcoef(data.x[:, 0], natural[:, 0])[0, 1]) < 0.2
    assert data.truth.confounder.sum() == 3
    assert not clean.truth.confounded.any()


def test_wavelengths_need_not_rise(natural: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(61)
    data = plant(natural[:, order], None, NM[order], fwhm_nm=30.0)
    bands = NM[order][data.truth.bands]
    centres = [feature.centre for feature in data.truth.features if feature.role == "class"]
    assert all(min(abs(nm - centre) for centre in centres) <= 15 for nm in bands)
    assert len(bands) == 9  # 3 features over 3 bands of 10 nm


def test_a_setting_that_does_not_fit_is_refused(natural: np.ndarray) -> None:
    with pytest.raises(InputError, match="a stripe should be planted into leaves with a background"):
        plant(natural, None, NM, replace(PlantSettings(), confounder="stripe"))
    with pytest.raises(InputError, match=r"samples should be 16 or more, 4 for each of 4 classes. Found 10"):
        plant(natural[:10], None, NM)
