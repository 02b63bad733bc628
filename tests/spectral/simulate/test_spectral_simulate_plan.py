from typing import Any

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate import PlantedFeature, PlantSettings
from lrprism.spectral.simulate.plan import (
    draw_confounded,
    draw_plan,
    mark_noise_bands,
    place_artefact,
    weigh_bands,
)

NM = np.linspace(400.0, 1000.0, 121)


def test_settings_list_the_features_in_order() -> None:
    settings = PlantSettings(carriers=(500.0, 600.0), decoys=3, blind=True)
    expected = [(500, "class"), (600, "class"), (None, "blind"), (None, "decoy"), (None, "decoy")]
    assert settings.centres == expected
    assert settings.carrier_count == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decoys": -1}, "decoys should be 0 or more. Found -1"),
        (
            {"decoys": 0, "blind": True},
            "decoys should be 1 or more, of which one is the blind feature. Found 0",
        ),
        ({"noise_bands": -2}, "noise bands should be 0 or more. Found -2"),
        ({"depth": 0.0}, "depth should be above 0, in standard deviations of the data. Found 0"),
        ({"depth": np.nan}, "depth should be above 0"),
        ({"confounder": "ghost"}, "confounder should be one of band, stripe. Found 'ghost'"),
        ({"classes": 1}, "classes should be 2 or more. Found 1"),
        ({"classes": 9, "carriers": 3}, "9 classes should have 4 features or more to carry them. Found 3"),
        ({"carriers": -1}, "4 classes should have 2 features or more to carry them. Found 0"),
    ],
)
def test_impossible_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PlantSettings(**changes)


def test_a_plan_follows_from_its_seed_and_nothing_overlaps() -> None:
    settings = PlantSettings(fwhm_nm=30.0, noise_bands=3, confounder="band")
    y = np.arange(80) % 4
    first, second = (
        draw_plan(settings, y, np.zeros(80, bool), NM, np.random.default_rng(5)) for _ in range(2)
    )
    assert first.features == second.features
    assert (first.strength == second.strength).all()
    assert first.noise.sum() == 6
    assert first.artefact.sum() == 3
    touched = np.array([feature.profile(NM) > 1 / 2 for feature in first.features])
    assert np.vstack([touched, first.noise, first.artefact]).sum(axis=0).max() == 1


def test_a_plan_without_features() -> None:
    plan = draw_plan(
        PlantSettings(), np.zeros(9, int), np.zeros(9, bool), NM, np.random.default_rng(0), plants=False
    )
    assert plan.features == ()
    assert plan.strength.shape == (9, 0)
    assert not plan.artefact.any()
    assert not plan.confounded.any()


def test_class_features_alone_have_weight() -> None:
    features = [PlantedFeature(500.0, 40.0, "class"), PlantedFeature(600.0, 40.0, "decoy")]
    np.testing.assert_allclose(
        weigh_bands(features, np.array([480.0, 500.0, 600.0])), [0.5, 1, 2**-25.0], atol=1e-9
    )
    assert weigh_bands([], NM).tolist() == [0] * 121


def test_noise_bands_stand_at_both_ends() -> None:
    assert mark_noise_bands(6, 2).tolist() == [True, True, False, False, True, True]
    assert not mark_noise_bands(6, 0).any()
    with pytest.raises(
        InputError, match=r"noise bands should leave others between them. Found 3 at each end of 6"
    ):
        mark_noise_bands(6, 3)


def test_an_artefact_without_room_is_refused() -> None:
    noise = np.ones(121, dtype=bool)
    noise[50:52] = False
    with pytest.raises(InputError, match=r"an artefact should have 3 bands free of features. Found no room"):
        place_artefact([], NM, noise, np.random.default_rng(0))
    noise[52] = False
    assert np.flatnonzero(place_artefact([], NM, noise, np.random.default_rng(0))).tolist() == [50, 51, 52]


def test_class_0_carries_the_confounder() -> None:
    y = np.repeat([0, 1], 5000)
    confounded = draw_confounded(y, np.random.default_rng(0))
    assert confounded[y == 0].mean() == pytest.approx(0.9, abs=0.02)
    assert confounded[y == 1].mean() == pytest.approx(0.05, abs=0.02)
