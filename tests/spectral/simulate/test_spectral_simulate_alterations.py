import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.simulate import PlantedFeature
from lrprism.spectral.simulate.alterations import (
    add_artefact,
    add_features,
    measure_spread,
    replace_by_noise,
)

NM = np.array([480.0, 500.0, 520.0])
FEATURE = PlantedFeature(500.0, 40.0, "class")


def test_features_are_added_inside_the_region_alone() -> None:
    x = np.ones((2, 3, 1, 2), dtype=np.float32)
    region = np.array([[[True, False]], [[True, True]]])
    # height 2 and -1, profile 1/2, 1, 1/2
    planted = add_features(x, np.array([[2.0], [-1.0]]), [FEATURE], NM, region)
    np.testing.assert_allclose(planted[0, :, 0], [[2, 1], [3, 1], [2, 1]])
    np.testing.assert_allclose(planted[1, :, 0], [[0.5, 0.5], [0, 0], [0.5, 0.5]])
    assert (x == 1).all()
    np.testing.assert_allclose(add_features(x[:, :, 0, 0], np.ones((2, 1)), [FEATURE], NM)[0], [1.5, 2, 1.5])


def test_the_spread_is_that_of_the_nearest_band_in_the_region() -> None:
    x = np.zeros((2, 3, 1, 2), dtype=np.float32)
    x[:, 1, 0, 0] = [1, 5]  # mean 3, standard deviation 2
    region = np.array([[[True, False]]] * 2)
    near = PlantedFeature(507.0, 40.0, "class")
    assert measure_spread(x, region, [near], NM) == pytest.approx([2])
    # over all pixels 1, 0, 5, 0: mean square 26 / 4, square of the mean 9 / 4
    assert measure_spread(x, None, [near], NM) == pytest.approx([np.sqrt(17) / 2])


def test_a_constant_band_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"should vary over the samples. Found one value throughout at 500 nm"
    ):
        measure_spread(np.ones((4, 3), np.float32), None, [FEATURE], NM)


def test_noise_keeps_mean_and_spread_and_nothing_else() -> None:
    x = np.random.default_rng(0).normal([1, 2, 3], [0.1, 0.2, 0.3], (5000, 3)).astype(np.float32)
    before = x.copy()
    replace_by_noise(x, np.array([True, False, False]), np.random.default_rng(1))
    assert (x[:, 1:] == before[:, 1:]).all()
    assert x[:, 0].mean() == pytest.approx(1, abs=0.01)
    assert x[:, 0].std() == pytest.approx(0.1, rel=0.05)
    assert abs(np.corrcoef(x[:, 0], before[:, 0])[0, 1]) < 0.05


def test_an_artefact_raises_its_bands_in_its_samples_by_two_standard_deviations() -> None:
    x = np.array([[0, 1, 5], [0, 5, 1]], dtype=np.float32)
    add_artefact(x, np.array([False, True, True]), np.array([True, False]))
    # bands 1 and 2 hold 1, 5, 5, 1: standard deviation 2
    np.testing.assert_allclose(x, [[0, 5, 9], [0, 5, 1]])
    add_artefact(x, np.zeros(3, bool), np.array([True, True]))
    np.testing.assert_allclose(x, [[0, 5, 9], [0, 5, 1]])
