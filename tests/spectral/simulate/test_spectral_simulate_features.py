import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.simulate import PlantedFeature
from lrprism.spectral.simulate.features import Role, check_fwhm, place_features, stack_profiles

NM = np.linspace(400.0, 1000.0, 121)  # 5 nm apart
ALL = np.ones(121, dtype=bool)


def test_a_profile_has_its_width_at_half_of_its_height() -> None:
    feature = PlantedFeature(500.0, 40.0, "class")
    np.testing.assert_allclose(feature.profile([500.0, 480.0, 520.0, 460.0]), [1, 0.5, 0.5, 1 / 16])
    assert stack_profiles([], NM).shape == (0, 121)


@pytest.mark.parametrize("seed", range(5))
def test_drawn_features_keep_apart_from_each_other_the_ends_and_unusable_bands(seed: int) -> None:
    usable = ALL.copy()
    usable[60] = False  # 700 nm
    centres: list[tuple[float | None, Role]] = [(None, "class")] * 3 + [(None, "decoy")] * 4
    features = place_features(centres, 30.0, NM, usable, np.random.default_rng(seed))
    nm = np.sort([feature.centre for feature in features])
    assert [feature.role for feature in features] == ["class"] * 3 + ["decoy"] * 4
    assert np.diff(nm).min() >= 48
    assert nm.min() >= 430
    assert nm.max() <= 970
    assert np.abs(nm - 700).min() >= 30


def test_named_features_stay_where_they_are_and_the_others_keep_away() -> None:
    centres: list[tuple[float | None, Role]] = [(501.0, "class"), (None, "decoy"), (541.0, "class")]
    for seed in range(20):
        features = place_features(centres, 30.0, NM, ALL, np.random.default_rng(seed))
        assert [features[0].centre, features[2].centre] == [501, 541]
        assert min(abs(features[1].centre - nm) for nm in (501, 541)) >= 48


@pytest.mark.parametrize(
    ("centres", "fwhm", "message"),
    [
        (
            [None] * 20,
            30.0,
            "20 features of 30 nm should fit 1.6 widths apart into the bands. Found room for",
        ),
        (
            [300.0],
            30.0,
            "a feature should lie within the bands that are not noise, 405 to 1000 nm. Found 300",
        ),
        ([500.0, 520.0], 30.0, "features should be 30 nm apart or more, their width. Found 500 and 520 nm"),
    ],
)
def test_features_without_room_are_refused(centres: list[float | None], fwhm: float, message: str) -> None:
    usable = ALL.copy()
    usable[0] = False
    with pytest.raises(InputError, match=message):
        place_features([(centre, "class") for centre in centres], fwhm, NM, usable, np.random.default_rng(0))


@pytest.mark.parametrize("fwhm", [4.0, 301.0, np.nan])
def test_a_width_below_a_band_or_above_half_of_all_is_refused(fwhm: float) -> None:
    check_fwhm(5.0, NM)
    check_fwhm(300.0, NM)
    with pytest.raises(
        InputError, match=r"the width of a feature should be 5 nm, .* to 300 nm, half of their"
    ):
        check_fwhm(fwhm, NM)
